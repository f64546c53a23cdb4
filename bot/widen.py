"""Where one passage is not the whole answer: sibling headings of a list, rows of a table, responsibility tails."""

from __future__ import annotations

import re
from collections.abc import Sequence

from bot.extractive import Quote
from bot.records import Hit, Question
from index.records import Article, PolicyDocument, Table
from index.tables import row_sentence
from index.tokens import fold

_TAIL = re.compile(r"[（(](?:牵头|责任|配合)(?:单位|部门)[：:][^）)]*[）)]")
LEAST_CHILDREN = 2


def responsible_tail(document: PolicyDocument, article: Article) -> list[Quote]:
    """The words in which an article names its responsible departments."""
    found = _TAIL.search(document.text, article.start, article.end)
    return [Quote(document, article, found.start(), found.end())] if found else []


def matching_rows(
    question: Question, hit: Hit, document: PolicyDocument, article: Article, tables: Sequence[Table]
) -> list[Quote]:
    """All rows of the hit's table that have a cell of the hit's row which the question names."""
    table = next((t for t in tables if t.start <= hit.chunk.start < t.end), None)
    if table is None or question.answer_type not in ("list", "count"):
        return []
    index = next((i for i, (start, _) in enumerate(table.spans) if start == hit.chunk.start), None)
    if index is None:
        return []
    asked = fold(question.search)
    named = {i for i, cell in enumerate(table.rows[index]) if len(fold(cell)) >= 2 and fold(cell) in asked}
    if not named:
        return []
    same = [r for r, row in enumerate(table.rows) if all(row[c] == table.rows[index][c] for c in named)]
    return [Quote(document, article, *table.spans[r], row=row_sentence(table, r)) for r in same]


def child_headings(hit: Hit, document: PolicyDocument, articles: Sequence[Article]) -> list[Quote]:
    """The headings under the hit's article, where it has no text of its own but a list of headed items."""
    article = articles[hit.chunk.article]
    children = [a for a in articles if a.path.startswith(f"{article.path} / ") and a.level == article.level + 1]
    own = document.text[article.body : article.end].strip()
    if own or len(children) < LEAST_CHILDREN:
        return []
    return [
        Quote(document, c, c.start, c.start + len(document.text[c.start : c.body].rstrip()))
        for c in children
        if c.heading
    ]
