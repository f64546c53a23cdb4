"""One file → its documents with everything derived from them: the visible chain of the stages, run in a process of its own."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from index.apart import apart
from index.articles import parse_articles
from index.chunks import make_chunks
from index.claims import claims_of
from index.documents import split_documents
from index.errors import EmptyFile, ScannedPdf
from index.overrides import Override, apply_overrides
from index.read import NO_TEXT, read_file
from index.read.scan import RapidRecogniser, installed, limits
from index.records import ParsedDocument, PolicyDocument
from index.repair import repair
from index.tables import parse_tables

if TYPE_CHECKING:
    from index.read.pdf import Pictures


def parse_file(
    path: Path, *, max_bytes: int = 20_000_000, overrides: Sequence[Override] = (), pictures: Pictures = "leave"
) -> list[ParsedDocument]:
    """Read, repair, split, correct and structure one file. Raises `UnreadableFile`."""
    source = read_file(path, max_bytes=max_bytes, pictures=pictures)
    documents = split_documents(source, repair(source.text))
    if not documents:  # nothing but what repair takes away
        raise EmptyFile(NO_TEXT)
    return [parse_document(apply_overrides(d, overrides)) for d in documents]


def parse_apart(path: Path, *, max_bytes: int = 20_000_000, overrides: Sequence[Override] = ()) -> list[ParsedDocument]:
    """`parse_file` where a file can do no harm: for every file that somebody else made. Raises `UnreadableFile`.

    Scanned pages are recognised where the extra for it is installed, under limits of their own.
    """
    reader = RapidRecogniser if installed() else None
    try:
        return apart(parse_file)(
            path, max_bytes=max_bytes, overrides=overrides, pictures="refuse" if reader else "leave"
        )
    except ScannedPdf:
        if reader is None:
            raise
    return apart(parse_file, limits())(path, max_bytes=max_bytes, overrides=overrides, pictures=reader)


def parse_document(document: PolicyDocument) -> ParsedDocument:
    """Outline, tables, chunks and claims of a document."""
    articles = tuple(parse_articles(document))
    tables = tuple(parse_tables(document, articles))
    chunks = tuple(make_chunks(document, articles, tables))
    return ParsedDocument(document, articles, tables, chunks, claims_of(document))
