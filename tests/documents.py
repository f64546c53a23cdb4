"""Documents made for tests out of plain text."""

from __future__ import annotations

from index.records import PolicyDocument


def document_of(text: str, title: str = "某市办学办法", doc_no: str | None = None) -> PolicyDocument:
    """A document with `text` and nothing else stated."""
    return PolicyDocument(
        id="d",
        title=title,
        kind="policy",
        issuers=("某市教育局",),
        doc_no=doc_no,
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
        sources=("d.txt",),
    )
