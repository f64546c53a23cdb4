"""Citations: quotes by offset, and the check that every quote and every figure of an answer is proved before it leaves."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from typing import Protocol

from bot.records import Citation, Statement
from bot.validity import state_of
from index.records import Article, PolicyDocument
from index.tokens import fold

_FIGURE = re.compile(
    r"\d+(?:[.:：]\d+)*|[〇零一二两三四五六七八九十百千]+[万亿]?(?=[万亿]?[年月日天岁元名人所个次倍成周小])"
)
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
    )


def figures(text: str) -> set[str]:
    """Every figure in a text as comparable strings: Arabic numbers and Chinese numerals before a unit."""
    return set(_FIGURE.findall(fold(text)))


def proved(statements: Sequence[Statement], citations: Sequence[Citation], texts: Texts) -> tuple[Statement, ...]:
    """The statements that hold: each has a citation, each quote equals its slice, each figure stands in a cited quote.

    A quote also proves the figures of its own heading path and document title, which the citation shows beside it.
    """
    by_label = {c.label: c for c in citations if texts.document(c.document_id).text[c.start : c.end] == c.quote}
    kept = []
    for statement in statements:
        cited = [by_label[label] for label in statement.labels if label in by_label]
        if len(cited) != len(statement.labels) or not cited:
            continue
        ground: set[str] = set()
        for c in cited:
            ground |= figures(c.quote) | figures(c.path) | figures(c.title) | figures(c.doc_no or "")
            ground |= {n.lstrip("0") for _, value in c.dates for n in value.split("-")}
        if figures(statement.text) <= ground:
            kept.append(statement)
    return tuple(kept)
