"""Generations on a real Chroma server: filled whole, switched, collected; what happens while it is away."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from chromadb import HttpClient
from starlette.testclient import TestClient

from bot.settings import SAMPLE_DOCUMENTS, Settings
from bot.shelf import Shelf
from eval.chroma_run import ChromaRun
from index.archive import backup, restore
from index.chroma_server import ChromaServer
from index.dense import DenseIndex
from index.embed import load_embedder
from index.errors import ServerAway
from index.generation import current, discard
from index.library import open_library
from index.manifest import read_manifest
from index.stores import RETRY
from index.sync import sync
from tests.small_site import NAP, client_of
from tests.test_sync import EMBEDDER, NOTICE


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ChromaRun]:
    with ChromaRun(tmp_path_factory.mktemp("server")) as server:
        yield server


@pytest.fixture
def server(running: ChromaRun) -> ChromaServer:
    return ChromaServer(running.url)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "documents").mkdir()
    _amount(tmp_path / "documents", 300)
    return tmp_path / "documents"


@pytest.fixture
def home(folder: Path, tmp_path: Path, server: ChromaServer) -> Iterator[Path]:
    sync([folder], tmp_path / "home", EMBEDDER, progress=False, server=server)
    yield tmp_path / "home"
    if (tmp_path / "home").exists():
        discard(tmp_path / "home", server)


def _amount(folder: Path, amount: int) -> None:
    (folder / "甲.txt").write_text(NOTICE.format(amount=amount), encoding="utf8")


def _collections(running: ChromaRun) -> set[str]:
    return {c.name for c in HttpClient(host=running.url).list_collections()}


def _named(home: Path) -> set[str]:
    return {f"youju-{read_manifest(p).fingerprint}" for p in (home / "generations").iterdir()}


def test_a_generation_is_a_collection_with_the_same_vectors(home: Path, running: ChromaRun) -> None:
    assert _collections(running) == _named(home)
    (collection,) = HttpClient(host=running.url).list_collections()
    assert collection.metadata["generation"] == 1
    own = DenseIndex(current(home) / "chroma")
    for _, ids, vectors in own.pages():
        for i, vector in zip(ids, vectors, strict=True):
            (held,) = collection.get(ids=[i], include=["embeddings"])["embeddings"]
            assert np.allclose(held, vector, atol=1e-6)  # Chroma makes them one long, once more at each place


def test_generations_are_collected_like_their_folders(
    home: Path, folder: Path, running: ChromaRun, server: ChromaServer
) -> None:
    other = HttpClient(host=running.url).create_collection("youju-other", metadata={"owner": "another home"})
    for amount in (400, 500):
        _amount(folder, amount)
        sync([folder], home, EMBEDDER, progress=False, server=server)
    assert len(_named(home)) == 2
    assert _collections(running) == _named(home) | {"youju-other"}
    HttpClient(host=running.url).delete_collection(other.name)


def test_what_a_killed_build_left_is_removed(
    home: Path, folder: Path, running: ChromaRun, server: ChromaServer
) -> None:
    owner = (home / "ID").read_text(encoding="utf8")
    HttpClient(host=running.url).create_collection("youju-0123456789abcdef.a1b2c3", metadata={"owner": owner})
    sync([folder], home, EMBEDDER, progress=False, server=server)
    assert _collections(running) == _named(home)


def test_a_server_that_lost_the_generation_is_filled_again(
    home: Path, folder: Path, running: ChromaRun, server: ChromaServer
) -> None:
    discard(home, server)
    library = open_library(home, EMBEDDER, server)
    assert library.away is not None and "sync" in library.away.reason
    assert library.dense("班主任津贴", 1)
    sync([folder], home, EMBEDDER, progress=False, server=server)
    assert _collections(running) == _named(home)
    assert open_library(home, EMBEDDER, server).away is None


def test_a_restored_library_finds_its_collection(
    home: Path, tmp_path: Path, running: ChromaRun, server: ChromaServer
) -> None:
    backup(home, tmp_path / "saved.tar", {})
    restore(tmp_path / "saved.tar", tmp_path / "replica", EMBEDDER.name, {}, server=server)
    assert _collections(running) == _named(home)
    assert open_library(tmp_path / "replica", EMBEDDER, server).away is None
    discard(home, server)
    restore(tmp_path / "saved.tar", tmp_path / "anew", EMBEDDER.name, {}, server=server)
    assert open_library(tmp_path / "anew", EMBEDDER, server).away is None
    discard(tmp_path / "anew", server)


def test_nothing_is_published_while_the_server_is_away(home: Path, folder: Path) -> None:
    before = current(home)
    _amount(folder, 400)
    with pytest.raises(ServerAway, match="原来的文件库没有变动"):
        sync([folder], home, EMBEDDER, progress=False, server=ChromaServer("http://127.0.0.1:9"))
    assert current(home) == before
    assert [p.name for p in (home / "generations").iterdir()] == [before.name]


def test_questions_go_on_without_the_server_and_with_it_again(tmp_path: Path) -> None:
    documents = tmp_path / "documents"
    documents.mkdir()
    shutil.copy(SAMPLE_DOCUMENTS / NAP, documents)
    with ChromaRun(tmp_path / "server") as running:
        settings = Settings(home=tmp_path / "home", documents=documents, chroma_url=running.url)
        sync([documents], settings.home, load_embedder(None), progress=False, server=settings.servers.server())
        client = client_of(Shelf(settings))
        first = _answer(client)
        assert "60元" in first["answer"] and client.get("/healthz").json()["status"] == "ok"
        running.stop()
        assert _answer(client) == first
        health = client.get("/healthz").json()
        assert health["status"] == "degraded" and "服务器连不上" in health["trouble"]["reason"]
        started = client_of(Shelf(settings))  # a service also starts without its server
        assert _answer(started) == first
        running.start()
        time.sleep(RETRY)
        for each in (client, started):
            assert _answer(each) == first
            assert each.get("/healthz").json()["status"] == "ok"


def _answer(client: TestClient) -> dict[str, Any]:
    told: dict[str, Any] = client.get("/api/ask", params={"q": "学校午休可以收费吗"}).json()
    return {name: told[name] for name in ("answer", "citations")}
