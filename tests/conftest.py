"""Shared fixtures: the real sample library, built once, and the team's shared corpora where they are present."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from filelock import FileLock
from hypothesis import settings as hypothesis_settings

from bot.answer import Answerer
from bot.settings import ROOT, SAMPLE_DOCUMENTS, Settings
from eval.rules import write_rules
from index.embed import load_embedder
from index.library import Library, open_library
from index.sync import sync
from tests.postgres import Server, running
from tests.public_site import PublicSite, public_site

# The same examples on every run: whether the suite passes must depend on the code alone.
hypothesis_settings.register_profile("suite", derandomize=True)
hypothesis_settings.load_profile("suite")

SHARED = ROOT.parent / "shared"


@pytest.fixture(scope="session")
def pages() -> Path:
    """The real damaged pages; the test is skipped where they are not at hand."""
    folder = SHARED / "corpus" / "pages"
    if not folder.is_dir():
        pytest.skip("../shared/corpus/pages is not here")
    return folder


@pytest.fixture(scope="session")
def laws() -> Path:
    """The real laws; the test is skipped where they are not at hand."""
    folder = SHARED / "corpus" / "laws"
    if not folder.is_dir():
        pytest.skip("../shared/corpus/laws is not here")
    return folder


@pytest.fixture(scope="session")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """No limits of pace: tests ask faster than people do."""
    return Settings(home=tmp_path_factory.mktemp("home"), documents=SAMPLE_DOCUMENTS, burst=0, per_hour=0)


@pytest.fixture(scope="session")
def library(settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    """The sample library, really built: SQLite, tantivy, Chroma and the embedded model."""
    embedder = load_embedder(None)
    built = _once(tmp_path_factory, "samples", lambda home: sync([SAMPLE_DOCUMENTS], home, embedder, progress=False))
    shutil.copytree(built, settings.home, dirs_exist_ok=True)
    yield open_library(settings.home, embedder)


@pytest.fixture(scope="session")
def answerer(library: Library, settings: Settings) -> Answerer:
    return Answerer(library, settings)


@pytest.fixture(scope="session")
def built_many(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`documents` and `home` of over a thousand chunks, more than one page of vectors. To be copied."""
    from tests.test_sync import EMBEDDER

    def build(root: Path) -> None:
        write_rules(root / "documents")
        sync([root / "documents"], root / "home", EMBEDDER, progress=False, processes=1)

    return _once(tmp_path_factory, "many", build)


def _once(tmp_path_factory: pytest.TempPathFactory, name: str, build: Callable[[Path], object]) -> Path:
    """A folder that one process of the run builds for all of them."""
    shared = tmp_path_factory.getbasetemp()
    shared = shared.parent if "PYTEST_XDIST_WORKER" in os.environ else shared
    with FileLock(shared / f"{name}.lock"):
        if not (shared / name).exists():
            (part := shared / f"{name}.part").mkdir()
            build(part)
            part.rename(shared / name)
    return shared / name


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """A real PostgreSQL; the test is skipped where none is installed."""
    with running() as server:
        yield server


@pytest.fixture(scope="session")
def public(library: Library, settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[PublicSite]:
    """The sample library as the public sees it, in a process of its own behind a proxy. Each test is a visitor of its own."""
    with public_site(settings.home, tmp_path_factory.mktemp("public")) as site:
        yield site
