"""Generations on a Chroma server: a collection each, filled from the folder of the generation (importer of chromadb beside `index.dense`).

A collection is filled under a name of its own and renamed once it was verified, so one that is found under the name of a generation is
whole. The name comes from the content of the generation: restored elsewhere, it finds its collection. The server ignores its settings
for authentication: what keeps others out is a proxy before it.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Collection, Iterator
from contextlib import AbstractContextManager, closing, suppress
from pathlib import Path
from typing import Any

from index.dense import SPACE, DenseIndex, Vectors
from index.errors import ServerAway
from index.lexical import LexicalIndex
from index.manifest import Manifest
from index.probe import finds_itself
from index.stores import Pair, asking

_PREFIX = "youju-"
_CONNECT, _READ = 3.0, 20.0  # seconds
_PAGE = 100  # collections a request
_BATCH = 1_000  # vectors a request: the server refuses more than 40 MB
_AWAY = "向量服务器连不上，暂时改用文件库自带的索引检索，内容不受影响，只是慢一些；请检查服务器。"
_LACKING = "向量服务器上没有这一版文件库，暂时改用文件库自带的索引检索，内容不受影响；请运行 sync。"
_UNFILLED = "向量服务器连不上或者没有收下新的索引，没有更新；原来的文件库没有变动，请检查服务器后再运行 sync。"


class ServedVectors(Vectors):
    """Vectors in a collection of a server. Raises `ServerAway` where it does not answer."""

    batch = _BATCH

    @staticmethod
    def _translated(*, writing: bool = False) -> AbstractContextManager[None]:
        return asking(_UNFILLED if writing else _AWAY)


class ChromaServer:
    """A Chroma server at a URL; `token` is sent as a bearer token, for the proxy before it. Nothing is sent before the first call."""

    def __init__(self, url: str, token: str | None = None) -> None:
        self._url, self._token = url, token
        self._lock = threading.Lock()
        self._client: Any = None

    def fill(self, folder: Path, manifest: Manifest, owner: str) -> None:
        name = _PREFIX + manifest.fingerprint
        with asking(_UNFILLED):
            client = self._connected()
            if any(c.name == name and c.count() == manifest.chunks for c in _collections(client)):
                return
            metadata = {"owner": owner, "generation": manifest.generation, "created": manifest.created}
            partial = f"{name}.{os.urandom(3).hex()}"
            collection = client.create_collection(
                partial, embedding_function=None, metadata=metadata, configuration=SPACE
            )
            try:
                _copy(folder, ServedVectors(collection))
                with suppress(_not_found()):
                    client.delete_collection(name)  # one that was found not to be whole
                collection.modify(name=name)
            except BaseException:
                with suppress(Exception):
                    client.delete_collection(partial)
                raise

    def open(self, folder: Path, manifest: Manifest) -> Pair:
        with asking(_AWAY):
            client = self._connected()
            try:
                vectors = ServedVectors(client.get_collection(_PREFIX + manifest.fingerprint, embedding_function=None))
            except _not_found() as error:
                raise ServerAway(_LACKING) from error
        if vectors.count() != manifest.chunks:
            raise ServerAway(_LACKING)
        return Pair(vectors, LexicalIndex(folder / "lexical"))

    def collect(self, owner: str, kept: Collection[str]) -> None:
        names = {_PREFIX + fingerprint for fingerprint in kept}
        with asking(_AWAY):
            client = self._connected()
            for collection in _collections(client):
                ours = collection.name.startswith(_PREFIX) and (collection.metadata or {}).get("owner") == owner
                if ours and collection.name not in names:
                    client.delete_collection(collection.name)

    def _connected(self) -> Any:
        """The client, made at the first call that finds the server."""
        with self._lock:
            if self._client is None:
                self._client = _client(self._url, self._token)
            return self._client


def _client(url: str, token: str | None) -> Any:
    import chromadb
    import httpx
    from chromadb.config import Settings

    headers = {"Authorization": f"Bearer {token}"} if token else {}
    times = httpx.Timeout(_READ, connect=_CONNECT)
    # Chroma's client waits without a limit while it is made, so someone else knocks first.
    httpx.get(f"{url.rstrip('/')}/api/v2/heartbeat", headers=headers, timeout=times).raise_for_status()
    settings = Settings(anonymized_telemetry=False)
    client: Any = chromadb.HttpClient(
        host=url.rstrip("/"), ssl=url.startswith("https"), headers=headers, settings=settings
    )
    client._server._session.timeout = times
    return client


def _collections(client: Any) -> Iterator[Any]:
    start = 0
    while page := client.list_collections(limit=_PAGE, offset=start):
        yield from page
        start += len(page)


def _copy(folder: Path, vectors: ServedVectors) -> None:
    """Add the vectors of a folder in their order, so that both indexes are built alike, and compare them."""
    with closing(DenseIndex(folder / "chroma")) as own:
        for page in own.pages():
            vectors.add(*page)
        ids = own.ids()
    if ids != vectors.ids() or not finds_itself(vectors, sorted(ids)):
        raise ServerAway(_UNFILLED)


def _not_found() -> type[Exception]:
    from chromadb.errors import NotFoundError

    return NotFoundError
