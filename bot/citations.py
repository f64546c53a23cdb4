"""Citations: quotes by offset, and the check that every quote and every figure of an answer is proved before it leaves."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date
from functools import lru_cache
from typing import Protocol

from bot.arithmetic import recompute
from bot.figures import ANY_PERIOD, Fact, figures_in
from bot.messages import message
from bot.records import Citation, Computation, Statement
from bot.validity import state_of
from index.records import Article, PolicyDocument
from index.tables import parse_tables, row_sentence

_DATE_LABELS = (("written", "成文"), ("published", "公布"), ("effective", "施行"), ("expires", "失效"))


class Texts(Protocol):
    """Where documents are looked up (a library)."""

    def document(self, document_id: str, /) -> PolicyDocument: ...


def cite(
    label: int, document: PolicyDocument, article: Article, start: int, end: int, *, on: date,
    newer: PolicyDocument | None = None,
) -> Citation:  # fmt: skip
    """A citation of `document.text[start:end]` under `article`, valid as of `on`; `newer` has taken its place by then."""
    state = state_of(document, on, newer)
    return Citation(
        label=label,
        document_id=document.id,
        title=document.title,
        path=article.path,
        anchor=article.anchor,
        place=document.place.full_name if document.place else "",
        issuers=document.issuers,
        doc_no=document.doc_no,
        dates=tuple(
            (name, value.isoformat()) for key, name in _DATE_LABELS if (value := getattr(document, key)) is not None
        ),
        validity=state.text,
        binding=state.binding,
        kind=document.kind,
        quote=document.text[start:end],
        start=start,
        end=end,
        source=document.sources[0],
        remarks=(message("recognised"),) if document.recognised else (),
    )


def figures(text: str) -> Counter[Fact]:
    """Every fact that the figures of a text prove, with how often.

    >>> figures("每人400元") == figures("每人４００ 元"), figures("400元")[figures_in("400万元")[0].fact]
    (True, 0)
    """
    return Counter(fact for figure in figures_in(text) for fact in figure.proves())


def proved(statements: Sequence[Statement], citations: Sequence[Citation], texts: Texts) -> tuple[Statement, ...]:
    """The statements that hold: each has citations, each quote equals its slice, each figure stands in a cited quote.

    A figure must have the value, unit, bound and period that it has in the quote, in whatever notation, and stand in the
    statement no more often than there. A quoted table row also proves its sentence with column names, units and years.
    What the citation shows beside the quote (title, heading path, 文号, dates) proves figures too. The result of a
    computation is a proved figure where the operands are and computing again gives it.
    """
    unsound = {c.label for c in citations if not _equals_slice(c, texts)}
    sound = {c.label: c for c in citations if c.label not in unsound}
    return tuple(
        s
        for s in statements
        if s.labels and sound.keys() >= set(s.labels) and _holds(s, [sound[n] for n in set(s.labels)], texts)
    )


def _equals_slice(citation: Citation, texts: Texts) -> bool:
    try:
        text = texts.document(citation.document_id).text
    except KeyError:
        return False
    return bool(citation.quote) and text[citation.start : citation.end] == citation.quote


def _holds(statement: Statement, cited: Sequence[Citation], texts: Texts) -> bool:
    words = [(c.quote.strip(), *_rows_in_words(texts.document(c.document_id), c)) for c in cited]
    if not statement.computed and any(statement.text in own for own in words):
        return True  # the quote itself, or a quoted row in words: nothing is left to prove
    quoted: Counter[Fact] = Counter()
    for quote, *rows in words:
        quoted += figures(quote) | figures("\n".join(rows))
    results: set[Fact] = set()
    for computation in statement.computed:
        result = recompute(computation)
        if result is None or not _operands_stand(computation, quoted, results, words):
            return False
        results |= result.proves()
    beside = (_beside(c.title, c.path, c.doc_no or "", *(day for _, day in c.dates)) for c in cited)
    return _covered((figure.fact for figure in figures_in(statement.text)), quoted, results.union(*beside))


def _covered(stated: Iterable[Fact], quoted: Counter[Fact], further: set[Fact]) -> bool:
    """Whether every fact is among the further ones or, as often as it is stated, in the quotes. A quoted figure without a
    period proves one with any.
    """
    facts = Counter(fact for fact in stated if fact not in further)
    whatever: Counter[Fact] = Counter()
    for fact, n in facts.items():
        whatever[(*fact[:3], "")] += n
        if n > quoted[fact] + (quoted[(*fact[:3], ANY_PERIOD)] if fact[3] else 0):
            return False
    return whatever <= quoted


@lru_cache(maxsize=4096)
def _beside(title: str, path: str, *more: str) -> frozenset[Fact]:
    """What the shown title, headings, 文号 and dates of a citation prove; their numbering is no figure."""
    lines = "\n".join((title, *path.split(" / "), *more))
    return frozenset(fact for figure in figures_in(lines) for fact in figure.proves())


def _rows_in_words(document: PolicyDocument, citation: Citation) -> list[str]:
    """The quoted table rows as sentences, after the table's caption: read from the document as far as the quote goes."""
    if not any(line.lstrip().startswith("|") for line in citation.quote.split("\n")):
        return []
    first = _table_start(document.text, citation.start)
    piece = replace(document, text=document.text[first : citation.end])
    lines = []
    for table in parse_tables(piece, ()):
        lines.append(piece.text[table.start : piece.text.index("|", table.start)])
        lines += [row_sentence(table, i) for i, (_, end) in enumerate(table.spans) if end + first > citation.start]
    return lines


def _table_start(text: str, position: int) -> int:
    """Where the line above the table at `position` begins."""
    start = text.rfind("\n", 0, position) + 1
    while start and text[start : start + 20].lstrip().startswith("|"):
        start = text.rfind("\n", 0, start - 1) + 1
    return start


def _operands_stand(
    computation: Computation, quoted: Counter[Fact], results: set[Fact], words: Sequence[Sequence[str]]
) -> bool:
    """Whether the operands stand in the quotes or are results of what was computed before."""
    if computation.operation == "count":
        counted = Counter(computation.operands).items()
        return all(n <= sum(max(text.count(word) for text in own) for own in words) for word, n in counted)
    return _covered((f.fact for operand in computation.operands for f in figures_in(operand)), quoted, results)
