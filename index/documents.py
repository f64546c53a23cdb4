"""A repaired page to its documents: boundaries, metadata, paragraphs, located repairs and known gaps."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

from index import metadata
from index.boundaries import Line, Part, after_title, bare, split_page
from index.dates import only_date, parse_date
from index.gaps import find_gaps
from index.header import Header, read_header
from index.history import Event, first_issue, in_force, law_level, lawmakers, newest, published, read_history
from index.in_force import effective_date, expiry_date, period, stated_period
from index.layout import mend_page_breaks, one_sentence_a_line, rejoin
from index.marks import marks_of
from index.records import DocumentKind, PolicyDocument, RepairedText, SourceFile
from index.tables import rebuild_cell_runs

_FILE_DATE = re.compile(r"[（(](\d{4}-\d{1,2}-\d{1,2})[）)]$")
_ADDRESSEE = re.compile(r"^([^。；《》]{2,260}?[：:])(?=[^：:])")
_ADDRESSED = re.compile(r"各|局|厅|委|政府|单位|部门|办|校|院")


def split_documents(source: SourceFile, repaired: RepairedText) -> list[PolicyDocument]:
    """The documents of one file, in order. Metadata that a document does not state stay None.

    `text` holds the title, the header as 【key】value lines, then one paragraph a line. For a law `written` is the
    newest date of its history (the version) and `published` the date in the file name if there is one; `effective` is
    what its last article says, which for an amended law is when it first came into force.
    """
    lines = [(n, text.strip()) for n, text in enumerate(repaired.text.split("\n"), 1) if text.strip()]
    parts = split_page(lines)
    many = len(parts) > 1
    torn = one_sentence_a_line([text for _, text in lines])
    ends = [*(part.first for part in parts[1:]), len(repaired.text) + 2][: len(parts)]
    ranges = zip(parts, ends, strict=True)
    return [_document(part, end, source, repaired, torn=torn, many=many) for part, end in ranges]


def _document(
    part: Part, end: int, source: SourceFile, repaired: RepairedText, *, torn: bool, many: bool
) -> PolicyDocument:
    header = read_header(part.lines, part.title)
    title, rest = _title(part.title, header, source)
    body = [text for _, line in rest for text in _front_lines(line, title)]
    kind = metadata.kind_of(title, body, headed=bool(header.fields), strict=many)
    history = read_history(_above_articles(body)) if kind == "law" else ()
    paragraphs = _paragraphs(body, torn=torn)
    text = "\n".join([title, *header.lines, *paragraphs])
    blank = _blank(title, kind, text, source)
    document = blank if kind == "third_party" else _described(blank, header, paragraphs, history)
    read, fixes = ([f for f in of if part.first <= f.line < end] for of in (source.fixes, repaired.fixes))
    final = repaired.text.split("\n")
    return replace(
        document,
        id=_identity(title, paragraphs),
        script=repaired.script,
        fixes=(*read, *fixes),
        marks=marks_of(fixes, text, final),
        gaps=find_gaps(text, header.empty, (*read, *fixes), final, excerpt=part.excerpt),
    )


def _title(known: str, header: Header, source: SourceFile) -> tuple[str, tuple[Line, ...]]:
    """The title and the lines below it without its repetitions."""
    stated = known or header.fields.get("title", "")
    title, rest = (stated, header.rest) if stated else metadata.take_title(header.rest, _stem(source))
    copies = [i for i, (_, text) in enumerate(rest[:12]) if bare(text.removeprefix("正文")) == bare(title)]
    return title, tuple(line for i, line in enumerate(rest) if i not in copies)


def _stem(source: SourceFile) -> str:
    return _FILE_DATE.sub("", source.path.stem).strip() or source.path.stem


def _front_lines(text: str, title: str) -> list[str]:
    """A line into which title, number, addressee and first sentence were glued, cut into those; others as they are."""
    if text == metadata.INFO_END:
        return [text]
    text = re.sub(r"^#+\s*", "", text)
    glued = after_title(text.removeprefix("正文"), title)
    if not glued:
        return [text]
    lines = []
    number = re.match(r"^[（(]?[一-龥]{1,16}[〔\[【（(]\d{4}[〕\]】)）]\s*\d{1,5}\s*号[）)]?", glued)
    if number:
        lines.append(number.group())
        glued = glued[number.end() :]
    addressee = _ADDRESSEE.match(glued)
    if addressee and _ADDRESSED.search(addressee.group(1)):
        lines.append(addressee.group(1))
        glued = glued[addressee.end() :]
    return [*lines, glued] if number or addressee or re.match("作者|【|文章属性", glued) else [text]


def _paragraphs(body: Sequence[str], *, torn: bool) -> list[str]:
    """Final paragraphs: tables rebuilt, sentences put together, torn paragraphs mended."""
    lines = rebuild_cell_runs([text for text in body if text != metadata.INFO_END])
    front = next((i for i, text in enumerate(lines) if text.endswith("。")), len(lines))
    if torn and sum(text.count("。") > 2 for text in lines) <= 0.2 * len(lines):
        return [*lines[:front], *rejoin(lines[front:])]
    return mend_page_breaks([text for text in lines if text.strip()])


def _above_articles(body: Sequence[str]) -> list[str]:
    stop = next(
        (i for i, text in enumerate(body[:60]) if text == metadata.INFO_END or re.match("第一[章条编]", text)), 20
    )
    return list(body[:stop])


def _blank(title: str, kind: DocumentKind, text: str, source: SourceFile) -> PolicyDocument:
    """A document that says nothing about itself, as a third party's text is left: no issuer, number, date or place."""
    return PolicyDocument(
        id="",
        title=title,
        kind=kind,
        issuers=(),
        doc_no=None,
        written=None,
        published=None,
        effective=None,
        expires=None,
        validity=None,
        level=None,
        topics=(),
        index_no=None,
        place=None,
        text=text,
        sources=(source.path.name,),
    )


def _described(
    blank: PolicyDocument, header: Header, paragraphs: Sequence[str], history: Sequence[Event]
) -> PolicyDocument:
    """The document with what its header, front, signature and history state."""
    fields, title, kind = header.fields, blank.title, blank.kind
    signers, signed = metadata.signature(paragraphs)
    names = lawmakers(history) or metadata.issuers(fields.get("issuer"), title, signers)
    number = metadata.own_number(fields.get("doc_no"), paragraphs) if kind == "policy" else None
    dated = replace(
        blank,
        written=header.date("written")
        or newest(history)
        or (None if signed is None else only_date(paragraphs[signed])),
        published=header.date("published") or _file_date(blank.sources[0]) or published(history),
    )
    return replace(
        _in_force(dated, header, "\n".join(paragraphs), history),
        issuers=names,
        doc_no=number,
        validity=fields.get("validity"),
        level=fields.get("level") or (law_level(names, title) if kind == "law" else None),
        topics=tuple(topic for topic in re.split(r"[,，;；\s]+", fields.get("topic", "")) if topic),
        index_no=fields.get("index_no"),
        place=metadata.place(names, title, number, kind, blank.text),
        period=period(title) or (stated_period(blank.text) if re.search("规划|计划|方案|纲要", title) else None),
    )


def _in_force(document: PolicyDocument, header: Header, body: str, history: Sequence[Event]) -> PolicyDocument:
    issued = document.written or document.published
    begun = first_issue(history) if history else issued
    effective = header.date("effective") or effective_date(body, begun) or in_force(history)
    expires = header.date("expires") or expiry_date(body, effective or issued)
    return replace(document, effective=effective, expires=expires)


def _file_date(name: str) -> date | None:
    match = _FILE_DATE.search(Path(name).stem)
    return parse_date(match.group(1)) if match else None


def _identity(title: str, paragraphs: Sequence[str]) -> str:
    """An id from title and body alone: header, source and widths differ between reposts of one document."""
    return hashlib.sha256(f"{bare(title)}\n{bare(''.join(paragraphs))}".encode()).hexdigest()[:16]


def merge_reposts(documents: Iterable[PolicyDocument]) -> list[PolicyDocument]:
    """Documents of one text become one with all sources; the one that states most about itself speaks for them."""
    merged: dict[str, PolicyDocument] = {}
    for document in documents:
        other = merged.get(document.id)
        if other is None:
            merged[document.id] = document
            continue
        best = max(other, document, key=_stated)
        merged[document.id] = replace(best, sources=tuple(sorted({*other.sources, *document.sources})))
    return list(merged.values())


def _stated(document: PolicyDocument) -> int:
    d = document
    return sum(
        map(bool, (d.issuers, d.doc_no, d.written, d.published, d.effective, d.validity, d.level, d.topics, d.place))
    )
