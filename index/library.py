"""One open, read-only generation: what questions are answered from."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from copy import copy
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from index.catalogue import Catalogue, FileEntry
from index.disk import Hold
from index.embed import Embedder
from index.errors import EmbedderMismatch, LibraryDamaged
from index.generation import current
from index.late import Tokens, tokenizer_version
from index.manifest import Manifest, read_manifest, verify
from index.records import Chunk, PolicyDocument
from index.relations import Relation, Succession
from index.removed import removed
from index.stores import Away, Server, open_stores


class Library:
    """A generation with its three stores. Documents are kept in memory, and what was last read of their outlines.

    `removed`: the ids of documents that are in the generation and were taken out since.
    """

    def __init__(self, folder: Path, manifest: Manifest, embedder: Embedder, server: Server | None = None) -> None:
        self.manifest = manifest
        self.folder = folder
        self.embedder = embedder
        self._hold = Hold(folder)  # it stays on disk as long as it is read
        self._catalogue = Catalogue(folder / "catalogue.db")
        self._stores = open_stores(folder, manifest, server)
        self._every = self._catalogue.documents()
        self.article = lru_cache(maxsize=20_000)(self._catalogue.article)
        self.articles = lru_cache(maxsize=200)(self._catalogue.articles)
        self.tables = lru_cache(maxsize=200)(self._catalogue.tables)
        self._hide(())

    def without(self, removed: Collection[str]) -> Library:
        """The same library, which answers as if it had none of these documents. Both share what is open."""
        other = copy(self)
        other._hide(removed)
        return other

    def _hide(self, removed: Collection[str]) -> None:
        self.removed = frozenset(d.id for d in self._every if d.id in removed)
        self._silent = {c.id for i in self.removed for c in self._catalogue.chunks_of(i)}
        self._documents = {d.id: d for d in self._every if d.id not in self.removed}
        self.succession = Succession(self._documents, self._heard(self._catalogue.relations("supersedes")))

    def documents(self) -> tuple[PolicyDocument, ...]:
        """All documents, by title."""
        return tuple(self._documents.values())

    def document(self, document_id: str, /) -> PolicyDocument:
        """One document. Raises KeyError where the library has none of this id."""
        return self._documents[document_id]

    def chunks(self, ids: Sequence[str]) -> list[Chunk]:
        return self._catalogue.chunks([i for i in ids if i not in self._silent])

    def chunks_of(self, document_id: str) -> list[Chunk]:
        return [] if document_id in self.removed else self._catalogue.chunks_of(document_id)

    def tokens(self, ids: Sequence[str]) -> list[Tokens]:
        """What late interaction reads of these chunks, as it was stored when they were indexed."""
        found = self._catalogue.tokens(ids)
        return [np.frombuffer(found[i], dtype=np.int32) for i in ids]

    def relations(self, document_id: str) -> tuple[Relation, ...]:
        """What a document supersedes, amends, issues, forwards or rests on, and what does so to it."""
        return self._heard(self._catalogue.relations_of(document_id))

    def _heard(self, relations: Sequence[Relation]) -> tuple[Relation, ...]:
        """Relations as they are without what was removed: nothing says them, or the library does not hold their target."""
        if not self.removed:
            return tuple(relations)
        said = (r for r in relations if r.source not in self.removed)
        return tuple(replace(r, target="") if r.target in self.removed else r for r in said)

    def files(self) -> dict[str, FileEntry]:
        """What is known of each source file, the refused ones too, by path."""
        return self._catalogue.files()

    def headings(self) -> list[str]:
        """Every heading once, of all documents."""
        return self._catalogue.headings(self.removed)

    def lexical(
        self,
        terms: Sequence[tuple[str, float]],
        k: int,
        boosts: Mapping[str, float] | None = None,
        documents: Collection[str] | None = None,
    ) -> list[tuple[str, float]]:
        """The `k` best (chunk id, BM25 score) for weighted terms."""
        wanted = k + len(self._silent)
        return self._kept(self._stores.ask(lambda stores: stores.lexical.search(terms, wanted, boosts, documents)), k)

    def dense(self, query: str | NDArray[np.float32], k: int) -> list[tuple[str, float]]:
        """The `k` nearest (chunk id, cosine) to a text or to a vector of the library's model."""
        vector = self.embedder.embed([query])[0] if isinstance(query, str) else query
        wanted = k + len(self._silent)
        return self._kept(self._stores.ask(lambda stores: stores.dense.search(vector, wanted)), k)

    def _kept(self, found: list[tuple[str, float]], k: int) -> list[tuple[str, float]]:
        return [(i, score) for i, score in found if i not in self._silent][:k] if self._silent else found

    @property
    def away(self) -> Away | None:
        """Why the server that is set is not searched now; None where it is, or none is set."""
        return self._stores.away

    def whole(self) -> bool:
        """Whether the three stores hold what the manifest says."""
        counts = {self._catalogue.chunk_count(), *self._stores.counts()}
        return len(self._every) == self.manifest.documents and counts == {self.manifest.chunks}


def open_library(home: Path, embedder: Embedder, server: Server | None = None) -> Library:
    """Open the current generation. Raises `NoLibrary`, `LibraryDamaged` or `EmbedderMismatch`."""
    return open_generation(home, current(home), embedder, server=server)


def open_generation(
    home: Path,
    folder: Path,
    embedder: Embedder,
    proved: Callable[[Path], None] = lambda _: None,
    *,
    server: Server | None = None,
) -> Library:
    """Open one generation of a home, once `proved` raises nothing about its folder; a `server` is searched in its place.

    Raises `LibraryDamaged`, or `EmbedderMismatch` where another model made it.
    """
    manifest = read_manifest(folder)
    require_model(manifest, embedder.name)
    verify(folder, manifest)
    proved(folder)
    try:
        library = Library(folder, manifest, embedder, server)
    except OSError as error:  # collected in this moment
        raise LibraryDamaged("文件库不完整，请重新运行 sync 重建索引。") from error
    if not library.whole():
        raise LibraryDamaged("文件库与清单不一致，请运行 sync 重建索引。")
    gone = removed(home)
    return library.without(gone) if gone else library


def require_model(manifest: Manifest, embedder: str) -> None:
    """Raises `EmbedderMismatch` where this model and tokenizer did not make a generation."""
    if manifest.embedder != embedder:
        raise EmbedderMismatch(
            f"文件库是用模型“{manifest.embedder}”建的，现在设置的是“{embedder}”。请改回原来的设置，或运行 sync 重建索引。"
        )
    if manifest.versions.get("tokenizer") != tokenizer_version():
        raise EmbedderMismatch("文件库是用自带模型的另一个版本建的，请运行 sync 重建索引。")
