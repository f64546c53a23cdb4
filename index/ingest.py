"""One file → its documents with everything derived from them: the visible chain of the stages."""

from __future__ import annotations

from pathlib import Path

from index.articles import parse_articles
from index.chunks import make_chunks
from index.claims import claims_of
from index.documents import split_documents
from index.read import read_file
from index.records import ParsedDocument, PolicyDocument
from index.repair import repair
from index.tables import parse_tables


def parse_file(path: Path, *, max_bytes: int = 20_000_000) -> list[ParsedDocument]:
    """Read, repair, split and structure one file. Raises `UnreadableFile`."""
    source = read_file(path, max_bytes=max_bytes)
    return [parse_document(d) for d in split_documents(source, repair(source.text))]


def parse_document(document: PolicyDocument) -> ParsedDocument:
    """Outline, tables, chunks and claims of a document."""
    articles = tuple(parse_articles(document))
    tables = tuple(parse_tables(document, articles))
    chunks = tuple(make_chunks(document, articles, tables))
    return ParsedDocument(document, articles, tables, chunks, claims_of(document))
