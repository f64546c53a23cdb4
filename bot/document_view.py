"""A document as its page shows it: facts, outline, and every article as marked paragraphs, tables and stated gaps."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Any

from markupsafe import Markup, escape

from bot.citations import Texts
from bot.language import Language, said, translated
from bot.messages import message
from bot.validity import state_of
from index.records import Article, Fix, Mark, PolicyDocument, Table
from index.relations import Relation
from index.versions import version_date

Span = tuple[int, int]
NOWHERE: Span = (0, 0)
_RELATIONS = (
    *("supersedes", "supersedes_later", "supersedes_by", "supersedes_by_later", "amends", "amends_by"),
    *("issues", "issues_by", "forwards", "forwards_by", "based_on", "based_on_by"),
)
_NAMES = ("doc_no", "index_no", "sources")  # stay as they are written, in any language


@dataclass(frozen=True, slots=True)
class Link:
    """Another document as it is named on a page: `document_id` is empty where the library does not hold it."""

    title: str
    document_id: str
    day: str
    basis: str


Related = tuple[tuple[str, tuple[Link, ...]], ...]
"""The documents that one relates to, by the words for how: 取代, 已被取代, 依据, …."""


@dataclass(frozen=True, slots=True)
class DocumentView:
    """What the template shows. `blocks` of a section are dicts with one of the keys `heading`, `html`, `table`, `gap`."""

    document: PolicyDocument
    facts: tuple[tuple[str, str], ...]
    fixes: tuple[tuple[str, int], ...]
    damaged: int
    newer: PolicyDocument | None
    related: Related
    sections: tuple[dict[str, Any], ...]


def view(
    document: PolicyDocument,
    articles: Sequence[Article],
    tables: Sequence[Table],
    *,
    on: date,
    newer: PolicyDocument | None = None,
    quoted: Span = NOWHERE,
    related: Related = (),
    language: Language = "zh-CN",
) -> DocumentView:
    """The view of a document on a day, its text as it is. `quoted` is the span that a citation points at."""
    overlay = Overlay(document.text, document.marks, quoted, language)
    sections = tuple(
        _section(document, a, [t for t in tables if a.start <= t.start < a.end], overlay) for a in articles
    )
    fixes = Counter(fix_label(f.name, language) for f in document.fixes if f.confidence != "damaged")
    return DocumentView(
        document,
        facts=tuple(_facts(document, state_of(document, on, newer).text, language)),
        fixes=tuple(fixes.most_common()),
        damaged=len({f.line for f in document.fixes if f.confidence == "damaged"}),
        newer=newer,
        related=related,
        sections=sections,
    )


def links(
    document: PolicyDocument, relations: Sequence[Relation], library: Texts, *, on: date, language: Language = "zh-CN"
) -> Related:
    """The documents that one relates to and that relate to it, in the order of `_RELATIONS`."""
    found: dict[str, list[Link]] = {}
    for relation in relations:
        outward = relation.source == document.id
        other = relation.target if outward else relation.source
        held = library.document(other) if other else None
        key = relation.kind if outward else f"{relation.kind}_by"
        day = str((held and version_date(held)) or "")
        if relation.since and relation.since > on:
            key, day = f"{key}_later", said("from_day", language, date=relation.since)
        found.setdefault(key, []).append(Link(held.title if held else relation.title, other, day, relation.basis))
    return tuple((said(f"relation_{key}", language), tuple(found[key])) for key in _RELATIONS if key in found)


def fix_label(name: str, language: Language = "zh-CN") -> str:
    """A repair's name in words."""
    try:
        return said(f"fix_{name}", language)
    except KeyError:
        return said("fix_other", language)


def excerpts(fix: Fix, width: int = 24) -> tuple[str, str]:
    """The line before and after a repair, from shortly before where they part.

    >>> from index.records import Fix
    >>> excerpts(Fix("glued_dates", 3, "自2023年9月1起施行", "自2023年9月1日起施行", "proved"), width=12)
    ('年9月1起施行', '年9月1日起施行')
    """
    before, after = fix.before.strip(), fix.after.strip()
    same = next((i for i, (a, b) in enumerate(zip(before, after, strict=False)) if a != b), 0)
    begin = max(0, same - width // 3) if same > width // 2 else 0
    return before[begin : begin + width], after[begin : begin + width]


def _facts(document: PolicyDocument, state: str, language: Language) -> Iterator[tuple[str, str]]:
    """What is known of a document, named in the reader's language; what was set by hand says so."""
    years = dict.fromkeys(map(str, document.period or ()))
    values = {
        "kind": message(f"kind_{document.kind}"),
        "place": document.place.full_name if document.place else None,
        "issuers": "、".join(document.issuers),
        "doc_no": document.doc_no,
        "written": document.written,
        "published": document.published,
        "effective": document.effective,
        "expires": document.expires,
        "year" if len(years) == 1 else "period": years and said("fact_years", language, years="—".join(years)),
        "validity": state,
        "level": document.level,
        "topics": "、".join(document.topics),
        "index_no": document.index_no,
        "sources": "、".join(document.sources),
    }
    for name, value in values.items():
        if value:
            shown = str(value) if name in _NAMES else translated(str(value), language)
            corrected = name in document.corrected
            yield said(f"fact_{name}", language), said("fact_corrected", language, value=shown) if corrected else shown


class Overlay:
    """A text with spans to be marked: repaired ones with what the source had there, and the quoted one."""

    def __init__(self, text: str, marks: Sequence[Mark], quoted: Span = NOWHERE, language: Language = "zh-CN") -> None:
        self._text, self._quoted, self.language = text, quoted, language
        self._marks = sorted((m for m in marks if m.start < m.end), key=lambda m: m.start)
        self._starts = [m.start for m in self._marks]
        self._ends = [m.end for m in self._marks]

    def html(self, start: int, end: int) -> Markup:
        """`text[start:end]` escaped, with the marks that fall into it."""
        marks = self.marks(start, end)
        edges = [start, end, *self._quoted, *(e for m in marks for e in (m.start, m.end))]
        cuts = sorted({min(max(e, start), end) for e in edges})
        return Markup("").join(self._piece(a, b, marks) for a, b in pairwise(cuts))

    def marks(self, start: int, end: int) -> list[Mark]:
        return self._marks[bisect_right(self._ends, start) : bisect_left(self._starts, end)]

    def quotes(self, start: int, end: int) -> bool:
        return self._quoted[0] < end and start < self._quoted[1]

    def _piece(self, start: int, end: int, marks: Sequence[Mark]) -> Markup:
        piece = escape(self._text[start:end])
        mark = next((m for m in marks if m.start <= start and end <= m.end), None)
        if mark is not None:
            piece = Markup('<mark class="repair" title="{}">{}</mark>').format(repair_title(mark, self.language), piece)
        return Markup('<mark class="quoted">{}</mark>').format(piece) if self.quotes(start, end) else piece


def repair_title(mark: Mark, language: Language = "zh-CN") -> str:
    """What a repaired span had in the source."""
    if not mark.original.strip():
        return said("repair_inserted", language)
    return said("repair_title", language, original=mark.original)


def _section(document: PolicyDocument, article: Article, tables: Sequence[Table], overlay: Overlay) -> dict[str, Any]:
    return {
        "anchor": article.anchor,
        "level": min(max(article.level, 1), 4),
        "kind": article.kind,
        "label": f"{article.number}{' ' if article.number.startswith('第') else ''}{article.heading}".strip(),
        "page": article.page,
        "blocks": list(_blocks(document, article, tables, overlay)),
    }


def _blocks(
    document: PolicyDocument, article: Article, tables: Sequence[Table], overlay: Overlay
) -> Iterator[dict[str, Any]]:
    at = article.start
    for table in tables:
        yield from _paragraphs(document, article, (at, table.start), overlay)
        above = document.text[article.start : table.start]
        yield {
            "table": table,
            "caption": "" if table.caption in above else table.caption,
            "rows": _rows(table, overlay),
        }
        at = table.end
    yield from _paragraphs(document, article, (at, article.end), overlay)
    for gap in document.gaps:
        if article.start <= gap.position < article.end or gap.position == article.end == len(document.text):
            yield {"gap": said("gap_here", overlay.language, what=gap.what), "basis": gap.basis}


def _rows(table: Table, overlay: Overlay) -> list[dict[str, Any]]:
    return [
        {
            "cells": cells,
            "quoted": overlay.quotes(*span),
            "title": next((repair_title(m, overlay.language) for m in overlay.marks(*span)), ""),
        }
        for cells, span in zip(table.rows, table.spans, strict=True)
    ]


def _paragraphs(document: PolicyDocument, article: Article, span: Span, overlay: Overlay) -> Iterator[dict[str, Any]]:
    """The lines of a span. A heading on a line of its own is a heading; one that runs on into its text is emphasised."""
    at, text = span[0], document.text
    for line in text[span[0] : span[1]].splitlines(keepends=True):
        end = at + len(line.rstrip())
        if line.strip() and text[at:end] != document.title:
            if at == article.start and article.body >= end:
                yield {"heading": overlay.html(at, end)}
            elif at == article.start and article.body > at:
                head = Markup("<strong>{}</strong>").format(overlay.html(at, article.body))
                yield {"html": head + overlay.html(article.body, end)}
            else:
                yield {"html": overlay.html(at, end)}
        at += len(line)
