"""Dense search: Chroma through langchain-chroma, vectors only (the only importer of chromadb and langchain_chroma).

The embedding function is None, since Chroma's default one downloads a model; vectors come in from `index.embed`. Texts stay in the
catalogue. Chroma is thread-safe but not safe for several processes, so only one process ever writes a folder, and none a served one.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from index.errors import LibraryDamaged

_NAME = "chunks"
_BATCH = 5_000
_SPACE = {"hnsw": {"space": "cosine", "ef_search": 200, "ef_construction": 128, "max_neighbors": 24}}


class DenseIndex:
    """One Chroma collection of chunk vectors in a folder."""

    def __init__(self, folder: Path) -> None:
        os.environ.setdefault("ANONYMIZED_TELEMETRY", "False")
        import chromadb
        from chromadb.config import Settings
        from chromadb.errors import ChromaError
        from langchain_chroma import Chroma

        folder.mkdir(parents=True, exist_ok=True)
        settings = Settings(anonymized_telemetry=False, is_persistent=True, persist_directory=str(folder))
        try:
            self._client: Any = chromadb.PersistentClient(path=str(folder), settings=settings)
            store = Chroma(
                _NAME,
                embedding_function=None,
                client=self._client,
                collection_configuration=_SPACE,  # type: ignore[arg-type]
            )
        except (ChromaError, ValueError, RuntimeError) as error:
            raise LibraryDamaged("向量索引打不开，请重新运行 sync 重建索引。") from error
        # langchain's add_texts would embed and store texts; the vectors are here already and the texts are in the catalogue.
        self._collection: Any = store._collection

    def add(self, document_ids: Sequence[str], ids: Sequence[str], vectors: NDArray[np.float32]) -> None:
        """Add one vector a chunk."""
        for i in range(0, len(ids), _BATCH):
            part = slice(i, i + _BATCH)
            metadatas = [{"document_id": d} for d in document_ids[part]]
            self._collection.add(ids=list(ids[part]), embeddings=vectors[part], metadatas=metadatas)

    def delete(self, ids: Iterable[str]) -> None:
        gone = list(ids)
        for i in range(0, len(gone), _BATCH):
            self._collection.delete(ids=gone[i : i + _BATCH])

    def search(self, vector: NDArray[np.float32], k: int) -> list[tuple[str, float]]:
        """The `k` nearest chunks with their cosine similarity, best first."""
        size = self._collection.count()
        if not size or k < 1:
            return []
        found = self._collection.query(
            query_embeddings=[vector.tolist()], n_results=min(k, size), include=["distances"]
        )
        pairs = zip(found["ids"][0], found["distances"][0], strict=True)
        return [(chunk_id, 1.0 - float(distance)) for chunk_id, distance in pairs]

    def ids(self) -> set[str]:
        """All chunk ids."""
        return set(self._collection.get(include=[])["ids"])

    def close(self) -> None:
        """Let go of the folder: Chroma keeps one system a path, which would otherwise serve a later opener stale data."""
        self._client.clear_system_cache()
