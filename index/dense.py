"""Dense search: Chroma through langchain-chroma, vectors only (the only importer of langchain_chroma; `index.chroma_server` is for servers).

The embedding function is None, since Chroma's default one downloads a model; vectors come in from `index.embed`. Texts stay in the
catalogue. Chroma is thread-safe but not safe for several processes, so only one process ever writes a folder, and none a served one.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from index.errors import LibraryDamaged, LibraryError
from index.view import make_view

_NAME = "chunks"
# The graph is written whenever something was added: what is not in it is put in at each opening, in no fixed order, so that a library
# of 237 chunks found others in 1 to 3 of 100 questions each time.
SPACE = {
    "hnsw": {
        "space": "cosine", "ef_search": 200, "ef_construction": 100, "max_neighbors": 16, "batch_size": 2, "sync_threshold": 2,
    }
}  # fmt: skip


class Vectors:
    """Vectors of chunks in a Chroma collection, wherever that is."""

    batch = 5_000  # vectors a call

    def __init__(self, collection: Any) -> None:
        self._collection = collection
        self._size: int | None = None

    def add(self, document_ids: Sequence[str], ids: Sequence[str], vectors: NDArray[np.float32]) -> None:
        """Add one vector a chunk."""
        self._size = None
        for i in range(0, len(ids), self.batch):
            part = slice(i, i + self.batch)
            metadatas = [{"document_id": d} for d in document_ids[part]]
            with self._translated(writing=True):
                self._collection.add(ids=list(ids[part]), embeddings=vectors[part], metadatas=metadatas)

    def delete(self, ids: Iterable[str]) -> None:
        self._size = None
        gone = list(ids)
        for i in range(0, len(gone), self.batch):
            with self._translated(writing=True):
                self._collection.delete(ids=gone[i : i + self.batch])

    def search(self, vector: NDArray[np.float32], k: int) -> list[tuple[str, float]]:
        """The `k` nearest chunks with their cosine similarity, best first."""
        size = self.count()
        if not size or k < 1:
            return []
        with self._translated():
            found = self._collection.query(
                query_embeddings=[vector.tolist()], n_results=min(k, size), include=["distances"]
            )
        pairs = zip(found["ids"][0], found["distances"][0], strict=True)
        return [(chunk_id, 1.0 - float(distance)) for chunk_id, distance in pairs]

    def count(self) -> int:
        if self._size is None:  # Chroma counts anew each time, which takes longer than a search
            with self._translated():
                self._size = int(self._collection.count())
        return self._size

    def ids(self) -> set[str]:
        """All chunk ids."""
        with self._translated():
            return set(self._collection.get(include=[])["ids"])

    def vectors(self, ids: Sequence[str]) -> list[NDArray[np.float32]]:
        """The vectors of these chunks, in no particular order."""
        with self._translated():
            found = self._collection.get(ids=list(ids), include=["embeddings"])["embeddings"] if ids else []
        return [np.asarray(v, dtype=np.float32) for v in found]

    def pages(self) -> Iterator[tuple[list[str], list[str], NDArray[np.float32]]]:
        """Everything in the order it was added: ids of documents, ids of chunks, vectors; a batch at a time."""
        for start in range(0, self.count(), self.batch):
            with self._translated():
                page = self._collection.get(limit=self.batch, offset=start, include=["embeddings", "metadatas"])
            documents = [str(metadata["document_id"]) for metadata in page["metadatas"]]
            yield documents, page["ids"], np.asarray(page["embeddings"], dtype=np.float32)

    @staticmethod
    def _translated(*, writing: bool = False) -> AbstractContextManager[None]:
        """Turns what Chroma raises into a sentence."""
        return _on_disk(writing=writing)


class DenseIndex(Vectors):
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
        with self._translated(writing=writable):
            client: Any = chromadb.PersistentClient(path=str(path), settings=settings)
            # Chroma keeps one system a path for ever: without this each reopening leaves its memory and open files behind.
            endings.insert(0, client.close)
            store = Chroma(
                _NAME,
                embedding_function=None,
                client=client,
                collection_configuration=SPACE,  # type: ignore[arg-type]
            )
        # langchain's add_texts would embed and store texts; the vectors are here already and the texts are in the catalogue.
        super().__init__(store._collection)

    def close(self) -> None:
        """Let go of the folder and its memory. Calling it again does nothing."""
        self._release()


def _let_go(endings: Sequence[Callable[[], None]]) -> None:
    for end in endings:
        end()


@contextmanager
def _on_disk(*, writing: bool = False) -> Iterator[None]:
    from chromadb.errors import ChromaError

    try:
        yield
    except (ChromaError, ValueError, RuntimeError) as error:
        if writing:
            raise LibraryError(
                "向量索引写不进磁盘，请检查磁盘空间和文件夹权限后再试；原来的文件库没有变动。"
            ) from error
        raise LibraryDamaged("向量索引读不出来，请运行 sync 重建索引。") from error
