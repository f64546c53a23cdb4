"""One open, read-only generation: what questions are answered from."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from index.catalogue import Catalogue, FileEntry
from index.dense import DenseIndex
from index.embed import Embedder
from index.errors import EmbedderMismatch, LibraryDamaged
from index.generation import current
from index.late import Tokens, tokenizer_version
from index.lexical import LexicalIndex
from index.manifest import Manifest, read_manifest, verify
from index.records import Chunk, PolicyDocument
from index.relations import Relation, Succession


class Library:
    """A generation with its three stores. Documents are kept in memory, and what was last read of their outlines."""

    def __init__(self, folder: Path, manifest: Manifest, embedder: Embedder) -> None:
        self.manifest = manifest
        self._name = folder.name
        self._home = folder.parent.parent
        self.embedder = embedder
        self._catalogue = Catalogue(folder / "catalogue.db")
        self._lexical = LexicalIndex(folder / "lexical")
        self._dense = DenseIndex(folder / "chroma")
        self._documents = {d.id: d for d in self._catalogue.documents()}
        self.succession = Succession(self._documents, self._catalogue.relations("supersedes"))
        self.article = lru_cache(maxsize=20_000)(self._catalogue.article)
        self.articles = lru_cache(maxsize=200)(self._catalogue.articles)
        self.tables = lru_cache(maxsize=200)(self._catalogue.tables)

    def documents(self) -> tuple[PolicyDocument, ...]:
        """All documents, by title."""
        return tuple(self._documents.values())

    def document(self, document_id: str, /) -> PolicyDocument:
        """One document. Raises KeyError where the library has none of this id."""
        return self._documents[document_id]

    def chunks(self, ids: Sequence[str]) -> list[Chunk]:
        return self._catalogue.chunks(ids)

    def chunks_of(self, document_id: str) -> list[Chunk]:
        return self._catalogue.chunks_of(document_id)

    def tokens(self, ids: Sequence[str]) -> list[Tokens]:
        """What late interaction reads of these chunks, as it was stored when they were indexed."""
        found = self._catalogue.tokens(ids)
        return [np.frombuffer(found[i], dtype=np.int32) for i in ids]

    def relations(self, document_id: str) -> tuple[Relation, ...]:
        """What a document supersedes, amends, issues, forwards or rests on, and what does so to it."""
        return self._catalogue.relations_of(document_id)

    def files(self) -> dict[str, FileEntry]:
        """What is known of each source file, the refused ones too, by path."""
        return self._catalogue.files()

    def headings(self) -> list[str]:
        """Every heading once, of all documents."""
        return self._catalogue.headings()

    def lexical(
        self,
        terms: Sequence[tuple[str, float]],
        k: int,
        boosts: Mapping[str, float] | None = None,
        documents: Collection[str] | None = None,
    ) -> list[tuple[str, float]]:
        """The `k` best (chunk id, BM25 score) for weighted terms."""
        return self._lexical.search(terms, k, boosts, documents)

    def dense(self, query: str | NDArray[np.float32], k: int) -> list[tuple[str, float]]:
        """The `k` nearest (chunk id, cosine) to a text or to a vector of the library's model."""
        return self._dense.search(self.embedder.embed([query])[0] if isinstance(query, str) else query, k)

    def counts(self) -> set[int]:
        """How many chunks each of the three stores holds; a sound library has one number."""
        return {self._catalogue.chunk_count(), self._lexical.count(), self._dense.count()}

    def stale(self) -> bool:
        """Whether a newer generation has been published since this one was opened."""
        return (self._home / "CURRENT").read_text(encoding="utf8").strip() != self._name


def open_library(home: Path, embedder: Embedder) -> Library:
    """Open the current generation. Raises `NoLibrary`, `LibraryDamaged` or `EmbedderMismatch`."""
    folder = current(home)
    manifest = read_manifest(folder)
    if manifest.embedder != embedder.name:
        raise EmbedderMismatch(
            f"文件库是用模型“{manifest.embedder}”建的，现在设置的是“{embedder.name}”。请改回原来的设置，或运行 sync 重建索引。"
        )
    if manifest.versions.get("tokenizer") != tokenizer_version():
        raise EmbedderMismatch("文件库是用自带模型的另一个版本建的，请运行 sync 重建索引。")
    verify(folder, manifest)
    library = Library(folder, manifest, embedder)
    if len(library.documents()) != manifest.documents or library.counts() != {manifest.chunks}:
        raise LibraryDamaged("文件库与清单不一致，请运行 sync 重建索引。")
    return library
