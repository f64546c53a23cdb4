"""Outline → chunks: slices of one article each, cut between sentences; a table gives one chunk a row."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from index.records import Article, Chunk, PolicyDocument, Table
from index.sentences import sentence_spans
from index.tables import row_sentence

SHORTEST, LONGEST = 120, 400
WHOLE_ARTICLE = 500  # a 条 of a law stays in one piece up to here
LONGEST_SENTENCE = 1200
_DATES = (("成文日期", "written"), ("公布日期", "published"), ("施行日期", "effective"), ("失效日期", "expires"))
_HEADINGS_INDEXED = 40  # headings under a heading without text that are indexed with it


@dataclass(frozen=True, slots=True)
class _Slice:
    article: Article
    start: int
    end: int
    indexed: str = ""


def make_chunks(document: PolicyDocument, articles: Sequence[Article], tables: Sequence[Table]) -> tuple[Chunk, ...]:
    """All chunks of a document in text order. `chunk.text` is `document.text[start:end]`; an id is stable while document,
    path and text stay the same, wherever the text stands.
    """
    slices = [piece for article in articles for piece in _slices(document.text, article, articles, tables)]
    if slices:
        first = next((i for i, piece in enumerate(slices) if piece.article.kind == "front"), 0)
        named = f"{identity(document)} {slices[first].indexed}".strip()
        slices[first] = _Slice(slices[first].article, slices[first].start, slices[first].end, named)
    seen: Counter[tuple[str, str]] = Counter()
    chunks = []
    for piece in slices:
        key = (piece.article.path, document.text[piece.start : piece.end])
        seen[key] += 1
        chunks.append(_chunk(document, piece, seen[key]))
    return tuple(chunks)


def identity(document: PolicyDocument) -> str:
    """What a document is, in words: title, 文号, issuers, dates, validity, place."""
    stated = [
        ("文号", document.doc_no or ""),
        ("发布机关", "、".join(document.issuers)),
        *(
            (name, f"{day.year}年{day.month}月{day.day}日")
            for name, field in _DATES
            if (day := getattr(document, field))
        ),
        ("时效性", document.validity or ""),
        ("效力级别", document.level or ""),
        ("主题", "、".join(document.topics)),
        ("索引号", document.index_no or ""),
        ("适用地区", document.place.full_name if document.place else ""),
    ]
    return " ".join([document.title, *(f"{name} {value}" for name, value in stated if value)])


def _slices(text: str, article: Article, articles: Sequence[Article], tables: Sequence[Table]) -> Iterator[_Slice]:
    """The article's text around its tables in pieces, the tables row by row."""
    at = article.start
    for table in tables:
        if not article.start <= table.start < article.end:
            continue
        yield from _text_slices(text, article, at, table.start, articles)
        yield from _table_slices(text, article, table)
        at = table.end
    yield from _text_slices(text, article, at, article.end, articles)


def _table_slices(text: str, article: Article, table: Table) -> Iterator[_Slice]:
    """Caption and header; then each row as its sentence, with the caption where the path does not have it."""
    header_end = text.find("\n", text.index("|", table.start), table.end)
    yield _Slice(article, table.start, header_end, f"{table.caption} {'、'.join(filter(None, table.columns))}".strip())
    shown = not table.caption or table.caption in article.path
    for i, (start, end) in enumerate(table.spans):
        sentence = row_sentence(table, i)
        yield _Slice(article, start, end, sentence if shown else f"{sentence}（{table.caption}）")


def _text_slices(text: str, article: Article, start: int, end: int, articles: Sequence[Article]) -> Iterator[_Slice]:
    longest = WHOLE_ARTICLE if article.kind == "article" else LONGEST
    pieces = _packed(text, _sentences(text, start, end), article, longest)
    own = text[article.body : article.end].strip()
    under = "" if own or article.kind in ("front", "tail") else _headings_under(article, articles)
    for first, last in pieces:
        yield _Slice(article, first, last, under)


def _headings_under(article: Article, articles: Sequence[Article]) -> str:
    """The headings one level below a heading without text of its own: what its part of the document is about."""
    under: list[str] = []
    for at in range(article.ordinal + 1, len(articles)):
        other = articles[at]
        if not other.path.startswith(f"{article.path} / ") or len(under) == _HEADINGS_INDEXED:
            break
        if other.level == article.level + 1 and other.heading:
            under.append(other.heading)
    return "；".join(under)


def _sentences(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """Spans that are never cut: sentences and clauses; one that is longer than any passage is cut at its commas."""
    spans: list[tuple[int, int]] = []
    for first, last in sentence_spans(text, start, end, clauses=True):
        at = first
        while last - at > LONGEST_SENTENCE:
            comma = max(text.rfind(mark, at + 1, at + LONGEST_SENTENCE) for mark in "，、：,. ") + 1
            cut = comma if comma > at else at + LONGEST_SENTENCE
            spans.append((at, cut))
            at = cut
        spans.append((at, last))
    return spans


def _packed(text: str, spans: Sequence[tuple[int, int]], article: Article, longest: int) -> list[tuple[int, int]]:
    """Neighbouring sentences together, about equally long pieces of at most `longest` where sentences allow it."""
    if not spans:
        return []
    total = spans[-1][1] - spans[0][0]
    if total <= longest:
        return [(spans[0][0], spans[-1][1])]
    wanted = total / -(-total // LONGEST)
    pieces = [spans[0]]
    for first, last in spans[1:]:
        start, end = pieces[-1]
        full = end - start >= wanted and (_ends_paragraph(text, end) or last - start > wanted * 1.25)
        heading_only = end <= article.body
        if not heading_only and (last - start > LONGEST or full):
            pieces.append((first, last))
        else:
            pieces[-1] = (start, last)
    if (
        len(pieces) > 1
        and pieces[-1][1] - pieces[-1][0] < SHORTEST
        and pieces[-1][1] - pieces[-2][0] <= LONGEST + SHORTEST
    ):
        pieces[-2:] = [(pieces[-2][0], pieces[-1][1])]
    return pieces


def _ends_paragraph(text: str, end: int) -> bool:
    return text[end : end + 1] in ("", "\n")


def _chunk(document: PolicyDocument, piece: _Slice, occurrence: int) -> Chunk:
    text = document.text[piece.start : piece.end]
    key = "\x1f".join((document.id, piece.article.path, text, str(occurrence)))
    return Chunk(
        id=hashlib.sha256(key.encode()).hexdigest()[:16],
        document_id=document.id,
        article=piece.article.ordinal,
        path=piece.article.path,
        text=text,
        indexed=piece.indexed,
        responsible=piece.article.responsible,
        start=piece.start,
        end=piece.end,
    )
