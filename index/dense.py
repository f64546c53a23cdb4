"""Dense search: Chroma through langchain-chroma, vectors only (the only importer of chromadb and langchain_chroma).

The embedding function is None, since Chroma's default one downloads a model; vectors come in from `index.embed`. Texts stay in the
catalogue. Chroma is thread-safe but not safe for several processes, so only one process ever writes a folder, and none a served one.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from index.errors import LibraryDamaged, LibraryError
from index.view import make_view

_NAME = "chunks"
_BATCH = 5_000
_SPACE = {"hnsw": {"space": "cosine", "ef_search": 200, "ef_construction": 100, "max_neighbors": 16}}


class DenseIndex:
    """One Chroma collection of chunk vectors in a folder, let go of by `close` or when nobody holds the index any more.

    A reader leaves the folder as it is: see `index.view`.
    """

    def __init__(self, folder: Path, *, writable: bool = False) -> None:
        import chromadb
        from chromadb.config import Settings
        from langchain_chroma import Chroma

        if writable:
            folder.mkdir(parents=True, exist_ok=True)
        endings: list[Callable[[], None]] = []
        self._release = weakref.finalize(self, _let_go, endings)
        path = folder
        if not writable:
            path, drop = make_view(folder)
            endings.append(drop)
        settings = Settings(
            anonymized_telemetry=False,
            chroma_otel_collection_endpoint="",  # else Chroma takes it from the shell and sends traces there
            is_persistent=True,
            persist_directory=str(path),
        )
        with _translated(writing=writable):
            client: Any = chromadb.PersistentClient(path=str(path), settings=settings)
            # Chroma keeps one system a path for ever: without this each reopening leaves its memory and open files behind.
            endings.insert(0, client.close)
            store = Chroma(
                _NAME,
                embedding_function=None,
                client=client,
                collection_configuration=_SPACE,  # type: ignore[arg-type]
            )
        # langchain's add_texts would embed and store texts; the vectors are here already and the texts are in the catalogue.
        self._collection: Any = store._collection
        self._size: int | None = None

    def add(self, document_ids: Sequence[str], ids: Sequence[str], vectors: NDArray[np.float32]) -> None:
        """Add one vector a chunk."""
        self._size = None
        for i in range(0, len(ids), _BATCH):
            part = slice(i, i + _BATCH)
            metadatas = [{"document_id": d} for d in document_ids[part]]
            with _translated(writing=True):
                self._collection.add(ids=list(ids[part]), embeddings=vectors[part], metadatas=metadatas)

    def delete(self, ids: Iterable[str]) -> None:
        self._size = None
        gone = list(ids)
        for i in range(0, len(gone), _BATCH):
            with _translated(writing=True):
                self._collection.delete(ids=gone[i : i + _BATCH])

    def search(self, vector: NDArray[np.float32], k: int) -> list[tuple[str, float]]:
        """The `k` nearest chunks with their cosine similarity, best first."""
        size = self.count()
        if not size or k < 1:
            return []
        with _translated():
            found = self._collection.query(
                query_embeddings=[vector.tolist()], n_results=min(k, size), include=["distances"]
            )
        pairs = zip(found["ids"][0], found["distances"][0], strict=True)
        return [(chunk_id, 1.0 - float(distance)) for chunk_id, distance in pairs]

    def count(self) -> int:
        if self._size is None:  # Chroma counts anew each time, which takes longer than a search
            with _translated():
                self._size = int(self._collection.count())
        return self._size

    def ids(self) -> set[str]:
        """All chunk ids."""
        with _translated():
            return set(self._collection.get(include=[])["ids"])

    def vectors(self, ids: Sequence[str]) -> list[NDArray[np.float32]]:
        """The vectors of these chunks, in no particular order."""
        with _translated():
            found = self._collection.get(ids=list(ids), include=["embeddings"])["embeddings"] if ids else []
        return [np.asarray(v, dtype=np.float32) for v in found]

    def close(self) -> None:
        """Let go of the folder and its memory. Calling it again does nothing."""
        self._release()


def _let_go(endings: Sequence[Callable[[], None]]) -> None:
    for end in endings:
        end()


@contextmanager
def _translated(*, writing: bool = False) -> Iterator[None]:
    from chromadb.errors import ChromaError

    try:
        yield
    except (ChromaError, ValueError, RuntimeError) as error:
        if writing:
            raise LibraryError(
                "向量索引写不进磁盘，请检查磁盘空间和文件夹权限后再试；原来的文件库没有变动。"
            ) from error
        raise LibraryDamaged("向量索引读不出来，请运行 sync 重建索引。") from error
