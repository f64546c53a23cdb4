"""A small site of its own for tests that change its documents: its folder, its library, and a client before its guard."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from starlette.applications import Starlette
from starlette.testclient import TestClient

from bot.pace import Pace
from bot.pages import routes
from bot.settings import SAMPLE_DOCUMENTS, Settings
from bot.shelf import Shelf
from bot.web import Guard
from index.embed import load_embedder
from index.sync import SyncReport, sync

NAP = "浙江省校园午休管理办法.md"
ENROL = "德清县2026年义务教育招生入学通知.txt"
ADDRESS = "http://testserver"
OURS = {"origin": ADDRESS}


@dataclass(frozen=True)
class SmallSite:
    """Two sample files in a folder, synced and served."""

    settings: Settings
    shelf: Shelf
    client: TestClient

    @property
    def folder(self) -> Path:
        return self.settings.documents_folder

    def sync(self) -> SyncReport:
        report = sync([self.folder], self.settings.home, load_embedder(None), progress=False)
        self.shelf.refresh()
        return report


def small_site(tmp_path: Path, **settings: object) -> SmallSite:
    documents = tmp_path / "documents"
    documents.mkdir()
    for name in (NAP, ENROL):
        (documents / name).write_bytes((SAMPLE_DOCUMENTS / name).read_bytes())
    chosen = Settings(**{"home": tmp_path / "home", "documents": documents, **settings})  # type: ignore[arg-type]
    sync([documents], chosen.home, load_embedder(None), progress=False)
    shelf = Shelf(chosen)
    return SmallSite(chosen, shelf, client_of(shelf))


def client_of(shelf: Shelf) -> TestClient:
    guarded = Guard(Starlette(routes=list(routes(shelf))), Pace(0, 0))
    return TestClient(guarded, base_url=ADDRESS, follow_redirects=False)
