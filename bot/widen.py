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
_BEHIND = re.compile(
    r"(?:哪(?:几|些|[一二两三四五六七八九十])|几)(?:大|个|样|类|种|项|条|块|方面的?)?([\u4e00-\u9fff]{1,4})"
)
_BEFORE = re.compile(r"([\u4e00-\u9fff]{2,4}?)(?:分别|各)?(?:都?有|都?是|包括|分为?)(?:哪|几|啥|什么)")
_VAGUE = ("要求", "内容", "规定", "方面", "地方", "学校", "条件", "情况", "人", "措施", "地", "时", "学", "事")
LEAST_CHILDREN, LEAST_SIBLINGS = 2, 3
MOST_SIBLINGS = 0.6  # of the headings must bear the word asked for


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
    own = document.text[article.body : article.end].strip()
    children = _children(article.path, article.level + 1, articles)
    return [] if own or len(children) < LEAST_CHILDREN else _heading_quotes(document, children)


def sibling_headings(
    question: Question, hit: Hit, document: PolicyDocument, articles: Sequence[Article]
) -> list[Quote]:
    """The headings beside the hit's own or above it, where they are what the question wants listed (哪几样权 → …自主权)."""
    nouns = listed_nouns(question.search)
    parent = articles[hit.chunk.article].path.rpartition(" / ")[0]
    while parent and nouns:
        level = parent.count(" / ") + 1
        siblings = [
            a for a in articles if a.path.startswith(f"{parent} / ") and a.path.count(" / ") == level and a.heading
        ]
        headings = [fold(a.heading) for a in siblings if a.kind != "table"]
        for noun in nouns if len(headings) >= LEAST_SIBLINGS else ():
            bearing = sum(noun in heading for heading in headings)
            if bearing >= MOST_SIBLINGS * len(headings) or noun in fold(parent.rpartition(" / ")[2]):
                return _heading_quotes(document, [a for a in siblings if a.kind != "table"])
        parent = parent.rpartition(" / ")[0]
    return []


def listed_nouns(folded: str) -> tuple[str, ...]:
    """What a question wants listed: the word behind 哪几样, or the one before 有哪些, longest first.

    >>> listed_nouns("到底把哪几样权放给学校了"), listed_nouns("基本原则有哪些")
    (('权放给学', '权放给', '权放', '权'), ('基本原则', '原则'))
    """
    behind = [m[1][:n] for m in _BEHIND.finditer(folded) for n in range(len(m[1]), 0, -1)]
    before = [noun for m in _BEFORE.finditer(folded) for noun in (m[1], m[1][-2:])]
    return tuple(noun for noun in dict.fromkeys([*behind, *before]) if noun not in _VAGUE)


def _children(path: str, level: int, articles: Sequence[Article]) -> list[Article]:
    return [a for a in articles if a.path.startswith(f"{path} / ") and a.level == level]


def _heading_quotes(document: PolicyDocument, articles: Sequence[Article]) -> list[Quote]:
    return [
        Quote(document, a, a.start, a.start + len(document.text[a.start : a.body].rstrip()))
        for a in articles
        if a.heading
    ]
