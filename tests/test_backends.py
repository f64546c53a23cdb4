"""One suite for every place where chunks are searched: the folder of a generation, a Chroma server, Milvus."""

from __future__ import annotations

import importlib.util
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from bot.retrieve import BOOSTS
from eval.chroma_run import ChromaRun
from index.chroma_server import ChromaServer
from index.errors import ServerAway
from index.generation import discard
from index.library import Library, open_library
from index.milvus_server import MilvusServer
from index.stores import Server
from index.sync import sync
from index.tokens import grams
from tests.test_sync import EMBEDDER

MILVUS = importlib.util.find_spec("milvus_lite") is not None
LACKING = "youju[milvus] is not installed"
NOBODY = "http://127.0.0.1:9"
QUERIES = ["第3号办法 7日内公示", "某县第29号办法 第五条", "学校公示哪些内容"]
HOSTILE = ['"', "a AND b", "NEAR(x", "title:*", "^", "(((", "\x00", '"] or id != ""']


@pytest.fixture(scope="module")
def chroma(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ChromaRun]:
    with ChromaRun(tmp_path_factory.mktemp("chroma")) as running:
        yield running


@pytest.fixture(scope="module", params=["folder", "chroma", "milvus"])
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Server | None:
    """The server of a backend, None for the folder alone."""
    if request.param == "chroma":
        return ChromaServer(request.getfixturevalue("chroma").url)
    if request.param == "milvus":
        if not MILVUS:
            pytest.skip(LACKING)
        return MilvusServer(str(tmp_path_factory.mktemp("milvus") / "lite.db"))
    return None


@pytest.fixture(scope="module")
def home(built_many: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Path(shutil.copytree(built_many / "home", tmp_path_factory.mktemp("copy") / "home"))


@pytest.fixture(scope="module")
def embedded(home: Path) -> Library:
    return open_library(home, EMBEDDER)


@pytest.fixture(scope="module")
def library(server: Server | None, built_many: Path, home: Path) -> Iterator[Library]:
    sync([built_many / "documents"], home, EMBEDDER, progress=False, processes=1, server=server)
    library = open_library(home, EMBEDDER, server)
    assert library.away is None
    yield library
    discard(home, server)


def _terms(text: str) -> list[tuple[str, float]]:
    return [(term, 1.0) for term in grams(text)]


def test_it_is_whole(library: Library) -> None:
    assert library.whole()


@pytest.mark.parametrize("query", QUERIES)
def test_the_nearest_are_those_of_the_folder(library: Library, embedded: Library, query: str) -> None:
    expected, found = ([score for _, score in each.dense(query, 20)] for each in (embedded, library))
    assert found[0] == pytest.approx(expected[0], abs=1e-3)
    assert found == pytest.approx(
        expected, abs=0.05
    )  # both search a graph approximately, among very many that are alike


@pytest.mark.parametrize("query", QUERIES)
def test_the_words_find_what_the_folder_finds(library: Library, embedded: Library, query: str) -> None:
    expected, found = (each.lexical(_terms(query), 60, BOOSTS) for each in (embedded, library))
    assert [score for _, score in found[:10]] == pytest.approx([score for _, score in expected[:10]], rel=0.05)
    if expected[0][1] > 1.1 * expected[1][1]:  # nearly every document of this corpus is like another
        assert found[0][0] == expected[0][0]


def test_a_weight_counts(library: Library) -> None:
    light, heavy = (dict(library.lexical([("29", weight)], 20, {"text": 1.0})) for weight in (0.5, 1.0))
    assert light and light.keys() == heavy.keys()
    assert [2 * light[i] for i in light] == pytest.approx([heavy[i] for i in light], rel=1e-3)


def test_only_the_documents_asked_for_are_searched(library: Library) -> None:
    wanted = library.documents()[3].id
    ids = [i for i, _ in library.lexical(_terms("公示内容"), 10, BOOSTS, [wanted])]
    assert ids and {c.document_id for c in library.chunks(ids)} == {wanted}


@pytest.mark.parametrize("hostile", HOSTILE)
def test_terms_are_data(library: Library, hostile: str) -> None:
    assert library.lexical([(hostile, 1.0)], 5, BOOSTS) == []


def test_nothing_is_asked_for(library: Library) -> None:
    assert library.lexical([], 5) == [] and library.lexical([("津贴", 1.0)], 0) == []
    assert library.dense(np.ones(64, dtype=np.float32), 0) == []


@pytest.mark.parametrize("server_of", [ChromaServer, MilvusServer])
def test_a_server_that_is_away_is_a_sentence(server_of: Callable[[str], Server], home: Path) -> None:
    if server_of is MilvusServer and not MILVUS:
        pytest.skip(LACKING)
    with pytest.raises(ServerAway, match="原来的文件库没有变动"):
        server_of(NOBODY).fill(home, open_library(home, EMBEDDER).manifest, "nobody")
    away = open_library(home, EMBEDDER, server_of(NOBODY))
    assert away.away is not None and "连不上" in away.away.reason and "127.0.0.1" not in away.away.reason
    assert away.dense("津贴", 3)
