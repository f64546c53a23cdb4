"""Generations in Milvus: a collection each, with the vectors and a BM25 index a field, through langchain-milvus (the only importer of
langchain_milvus and pymilvus; the extra `youju[milvus]`).

The words are the same uni- and bigrams that tantivy gets, joined by blanks, which Milvus' standard tokenizer takes apart again: jieba's
words find less (ADR 2). A term's weight is how often it stands in the query, since BM25 adds up over the words of a query.
"""

from __future__ import annotations

import logging
import os
import threading
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from index.catalogue import Catalogue
from index.dense import DenseIndex
from index.errors import ServerAway, SettingsError
from index.lexical import FIELDS
from index.manifest import Manifest
from index.probe import finds_itself
from index.records import Chunk
from index.stores import Found, Pair, asking
from index.tokens import grams

_PREFIX = "youju_"
_CONNECT, _SECONDS = 5.0, 30.0
_BATCH = 500  # chunks a request
_LONGEST = 65_000  # bytes of a field: Milvus takes 65,535
_DEEP = 4  # times as many as are wanted are looked up in each field, at least
_AT_LEAST = 400
_STEPS = 20  # a weight is so many words of the query for each 1
_DENSE = {"index_type": "HNSW", "metric_type": "COSINE", "params": {"M": 16, "efConstruction": 100}}
_BM25 = {
    "index_type": "SPARSE_INVERTED_INDEX",
    "metric_type": "BM25",
    "params": {"bm25_k1": 1.2, "bm25_b": 0.75, "inverted_index_algo": "DAAT_MAXSCORE"},
}
_WORDS = {"tokenizer": "standard"}
_AWAY = "Milvus 连不上，暂时改用文件库自带的索引检索，内容不受影响；请检查 Milvus。"
_LACKING = "Milvus 里没有这一版文件库，暂时改用文件库自带的索引检索，内容不受影响；请运行 sync。"
_UNFILLED = "Milvus 连不上或者没有收下新的索引，没有更新；原来的文件库没有变动，请检查 Milvus 后再运行 sync。"
_MISSING = "设置了 YOUJU_MILVUS_URI，但没有安装 Milvus 的客户端，请安装 youju[milvus]。"


class MilvusVectors:
    """Vectors of chunks in a collection."""

    def __init__(self, client: Any, name: str) -> None:
        self._client, self._name = client, name
        self._size: int | None = None

    def search(self, vector: NDArray[np.float32], k: int) -> Found:
        """The `k` nearest chunks with their cosine similarity, best first."""
        size = self.count()
        if not size or k < 1:
            return []
        with asking(_AWAY):
            found = self._client.search(
                self._name, [vector.tolist()], anns_field="dense", limit=min(k, size), timeout=_SECONDS,
                search_params={"metric_type": "COSINE", "params": {"ef": max(200, k)}},
            )[0]  # fmt: skip
        return [(str(hit["id"]), float(hit["distance"])) for hit in found]

    def vectors(self, ids: Sequence[str]) -> list[NDArray[np.float32]]:
        with asking(_AWAY):
            rows = self._client.get(self._name, list(ids), output_fields=["dense"], timeout=_SECONDS) if ids else []
        return [np.asarray(row["dense"], dtype=np.float32) for row in rows]

    def ids(self) -> set[str]:
        return _ids(self._client, self._name)

    def count(self) -> int:
        if self._size is None:
            self._size = _count(self._client, self._name)
        return self._size


class MilvusWords:
    """Words of chunks in a collection."""

    def __init__(self, client: Any, name: str) -> None:
        self._client, self._name = client, name

    def search(
        self,
        terms: Sequence[tuple[str, float]],
        k: int,
        boosts: Mapping[str, float] | None = None,
        documents: Collection[str] | None = None,
    ) -> Found:
        """The `k` best (chunk id, score) for weighted terms over the fields, which Milvus searches one by one."""
        words = " ".join(term for term, weight in terms if term in grams(term) for _ in range(_times(weight)))
        if not words or k < 1:
            return []
        only = f"document_id in {_listed(documents)}" if documents is not None else ""
        depth = max(_AT_LEAST, _DEEP * k)
        fields = {f: b for f, b in (boosts or dict.fromkeys(FIELDS, 1.0)).items() if b > 0 and f in FIELDS}
        found = {field: self._in_field(field, words, depth, only) for field in fields}
        every = {chunk_id for scores in found.values() for chunk_id in scores}
        total: defaultdict[str, float] = defaultdict(float)
        for field, boost in fields.items():
            scores = found[field]
            missing = every - scores.keys() if len(scores) == depth else ()
            if missing:  # they have words in this field too, though they are none of its best
                scores |= self._in_field(field, words, len(missing), f"id in {_listed(missing)}")
            for chunk_id, score in scores.items():
                total[chunk_id] += boost * score / _STEPS
        return sorted(total.items(), key=lambda pair: (-pair[1], pair[0]))[:k]

    def _in_field(self, field: str, words: str, depth: int, only: str) -> dict[str, float]:
        with asking(_AWAY):
            hits = self._client.search(
                self._name, [words], anns_field=f"bm25_{field}", limit=depth, filter=only, timeout=_SECONDS,
                search_params={"metric_type": "BM25"},
            )[0]  # fmt: skip
        return {str(hit["id"]): abs(float(hit["distance"])) for hit in hits}  # Lite tells a negative distance

    def ids(self) -> set[str]:
        return _ids(self._client, self._name)

    def count(self) -> int:
        return _count(self._client, self._name)


class MilvusServer:
    """Milvus at a URI, or Milvus Lite in a `.db` file, which one process alone may open. Nothing is sent before the first call."""

    def __init__(self, uri: str, token: str | None = None) -> None:
        self._uri, self._token = uri, token or ""
        self._lock = threading.Lock()
        self._client: Any = None

    def fill(self, folder: Path, manifest: Manifest, owner: str) -> None:
        name = _PREFIX + manifest.fingerprint
        with asking(_UNFILLED):
            client = self._connected()
            if client.has_collection(name):
                client.load_collection(name)
                if _count(client, name) == manifest.chunks:
                    return
                client.drop_collection(name)
            partial = f"{name}_{os.urandom(3).hex()}"
            try:
                self._copy(folder, partial, owner)
                client.load_collection(partial)
                _compare(folder, MilvusVectors(client, partial))
                client.rename_collection(partial, name)
            except BaseException:
                with suppress(Exception):
                    client.drop_collection(partial)
                raise

    def open(self, folder: Path, manifest: Manifest) -> Pair:  # noqa: ARG002
        name = _PREFIX + manifest.fingerprint
        with asking(_AWAY):
            client = self._connected()
            if not client.has_collection(name, timeout=_SECONDS):
                raise ServerAway(_LACKING)
            client.load_collection(name)
            if _count(client, name) != manifest.chunks:
                raise ServerAway(_LACKING)
        return Pair(MilvusVectors(client, name), MilvusWords(client, name))

    def collect(self, owner: str, kept: Collection[str]) -> None:
        names = {_PREFIX + fingerprint for fingerprint in kept}
        with asking(_AWAY):
            client = self._connected()
            for name in set(client.list_collections()) - names:
                if name.startswith(_PREFIX) and client.describe_collection(name).get("description") == owner:
                    client.drop_collection(name)

    def _connected(self) -> Any:
        with self._lock:
            if self._client is None:
                try:
                    from pymilvus import MilvusClient
                except ImportError as error:
                    raise SettingsError(_MISSING) from error
                logging.getLogger("pymilvus").setLevel(logging.CRITICAL)  # it logs what it raises, with addresses
                self._client = MilvusClient(self._uri, token=self._token, timeout=_CONNECT)
            return self._client

    def _copy(self, folder: Path, name: str, owner: str) -> None:
        """Add the chunks of a folder in the order of their vectors."""
        with closing(DenseIndex(folder / "chroma")) as own:
            store: Any = None
            for _, ids, vectors in own.pages():
                for i in range(0, len(ids), _BATCH):
                    part = ids[i : i + _BATCH]
                    rows = list(_rows(folder, part))
                    store = store or self._store(name, owner)
                    texts = [row.pop("text") for row in rows]
                    store.add_embeddings(texts, vectors[i : i + _BATCH].tolist(), rows, ids=part)

    def _store(self, name: str, owner: str) -> Any:
        from langchain_core.embeddings import Embeddings
        from langchain_milvus import BM25BuiltInFunction, Milvus
        from pymilvus import DataType

        class Given(Embeddings):
            """Vectors come from `index.embed`, none from here."""

            def embed_documents(self, texts: list[str]) -> list[list[float]]:
                raise NotImplementedError

            def embed_query(self, text: str) -> list[float]:
                raise NotImplementedError

        words = {"max_length": 65_535, "enable_analyzer": True, "analyzer_params": _WORDS}
        return Milvus(
            embedding_function=Given(),
            collection_name=name,
            collection_description=owner,
            connection_args={"uri": self._uri, "token": self._token},
            primary_field="id",
            text_field="text",
            vector_field=["dense", *(f"bm25_{field}" for field in FIELDS)],
            builtin_function=[
                BM25BuiltInFunction(
                    input_field_names=field, output_field_names=f"bm25_{field}", analyzer_params=_WORDS,
                    function_name=f"words_{field}",
                )
                for field in FIELDS
            ],
            metadata_schema={f: {"dtype": DataType.VARCHAR, "kwargs": words} for f in FIELDS if f != "text"},
            index_params=[_DENSE, *(_BM25 for _ in FIELDS)],
        )  # fmt: skip


def _rows(folder: Path, ids: Sequence[str]) -> Iterator[dict[str, str]]:
    """What is searched of each chunk, by field."""
    catalogue = Catalogue(folder / "catalogue.db")
    try:
        chunks, titles = catalogue.chunks(ids), {d.id: d.title for d in catalogue.documents(texts=False)}
    finally:
        catalogue.close()
    for chunk in chunks:
        fields = zip(FIELDS, (titles[chunk.document_id], *_fields(chunk)), strict=True)
        yield {"document_id": chunk.document_id} | {field: _words(text) for field, text in fields}


def _fields(chunk: Chunk) -> tuple[str, ...]:
    return chunk.path, f"{chunk.text} {chunk.indexed}", " ".join(chunk.responsible), ""


def _words(text: str) -> str:
    return " ".join(grams(text)).encode()[:_LONGEST].decode(errors="ignore")


def _times(weight: float) -> int:
    return max(1, round(_STEPS * weight)) if weight > 0 else 0


def _listed(values: Collection[str]) -> str:
    return "[" + ",".join(f'"{value}"' for value in values if '"' not in value and "\\" not in value) + "]"


def _count(client: Any, name: str) -> int:
    with asking(_AWAY):
        counted = client.query(name, output_fields=["count(*)"], consistency_level="Strong", timeout=_SECONDS)
        return int(counted[0]["count(*)"])


def _ids(client: Any, name: str) -> set[str]:
    found: set[str] = set()
    with asking(_AWAY):
        pages = client.query_iterator(name, batch_size=1_000, output_fields=["id"])
        while page := pages.next():
            found |= {str(row["id"]) for row in page}
        pages.close()
    return found


def _compare(folder: Path, vectors: MilvusVectors) -> None:
    catalogue = Catalogue(folder / "catalogue.db")
    try:
        ids = catalogue.chunk_ids()
    finally:
        catalogue.close()
    if ids != vectors.ids() or not finds_itself(vectors, sorted(ids)):
        raise ServerAway(_UNFILLED)
