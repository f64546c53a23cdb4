"""A damaged generation: the last good one answers, and the service says so."""

from __future__ import annotations

import logging
import shutil
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.settings import SAMPLE_DOCUMENTS
from bot.shelf import Shelf
from eval.damage import flip, swell, truncate
from index.errors import EmbedderMismatch, LibraryDamaged
from index.fallback import open_sound
from index.generation import current, numbered
from index.sync import sync
from tests.small_site import NAP, SmallSite, client_of, small_site
from tests.test_sync import EMBEDDER, NOTICE, HashedGrams

OTHER = "三台县2026年义务教育招生入学通知.txt"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Two generations of one notice: 300元, then 450元."""
    folder, home = tmp_path / "documents", tmp_path / "home"
    folder.mkdir()
    for amount in (300, 450):
        (folder / "甲.txt").write_text(NOTICE.format(amount=amount), encoding="utf8")
        sync([folder], home, EMBEDDER, progress=False)
    return home


@pytest.mark.parametrize(
    ("pattern", "damage"),
    [
        ("manifest.json", Path.unlink),
        ("chroma/chroma.sqlite3", flip),
        ("chroma/chroma.sqlite3", swell),
        ("lexical/*.idx", truncate),
    ],
)
def test_the_last_good_generation_is_opened(home: Path, pattern: str, damage: Callable[[Path], None]) -> None:
    damage(next(current(home).glob(pattern)))
    began = time.monotonic()
    opened = open_sound(home, EMBEDDER)
    assert time.monotonic() - began < 10
    assert opened.library.manifest.generation == 1
    assert opened.trouble and str(home) not in opened.trouble


@pytest.mark.parametrize("pointer", [b"", b"\xff\xff", b"../../elsewhere", b"000009-aaaaaa", None])
def test_a_lost_pointer_leaves_the_newest_generation(home: Path, pointer: bytes | None) -> None:
    if pointer is None:
        (home / "CURRENT").unlink()
    else:
        (home / "CURRENT").write_bytes(pointer)
    opened = open_sound(home, EMBEDDER)
    assert opened.trouble and opened.library.manifest.generation == 2


def test_without_a_good_generation_the_fault_of_the_current_one_is_told(home: Path) -> None:
    for folder in numbered(home):
        truncate(folder / "catalogue.db")
    with pytest.raises(LibraryDamaged):
        open_sound(home, EMBEDDER)


def test_another_model_is_no_damage(home: Path) -> None:
    with pytest.raises(EmbedderMismatch):
        open_sound(home, HashedGrams("other"))


def test_a_generation_that_is_read_stays_until_nobody_reads_it(home: Path, tmp_path: Path) -> None:
    library = open_sound(home, EMBEDDER).library
    for amount in (500, 550):
        (tmp_path / "documents" / "甲.txt").write_text(NOTICE.format(amount=amount), encoding="utf8")
        sync([tmp_path / "documents"], home, EMBEDDER, progress=False)
    assert [p.name[:6] for p in numbered(home)] == ["000002", "000003", "000004"]
    assert library.dense("班主任津贴", 1)
    del library
    (tmp_path / "documents" / "甲.txt").write_text(NOTICE.format(amount=600), encoding="utf8")
    sync([tmp_path / "documents"], home, EMBEDDER, progress=False)
    assert [p.name[:6] for p in numbered(home)] == ["000004", "000005"]


def test_the_good_generation_is_kept_when_a_damaged_one_is_built_anew(home: Path, tmp_path: Path) -> None:
    good = numbered(home)[0]
    truncate(current(home) / "catalogue.db")
    sync([tmp_path / "documents"], home, EMBEDDER, progress=False)
    assert numbered(home) == [good, current(home)]


@pytest.fixture
def site(tmp_path: Path) -> SmallSite:
    return small_site(tmp_path)


def _add(site: SmallSite) -> None:
    (site.folder / OTHER).write_bytes((SAMPLE_DOCUMENTS / OTHER).read_bytes())
    sync([site.folder], site.settings.home, site.shelf.embedder, progress=False)


def test_a_running_service_keeps_what_it_has_and_says_so(site: SmallSite, caplog: pytest.LogCaptureFixture) -> None:
    assert site.client.get("/healthz").json()["status"] == "ok"
    _add(site)
    flip(current(site.settings.home) / "catalogue.db")
    with caplog.at_level(logging.WARNING, "youju"):
        site.shelf.refresh()
    health = site.client.get("/healthz").json()
    assert (health["status"], health["generation"], health["trouble"]["wanted"]) == ("degraded", "1", 2)
    assert health["trouble"]["since"] and "sync" in health["trouble"]["reason"]
    assert caplog.messages == [f"generation 2 is not served: {health['trouble']['reason']}"]
    assert "60元" in site.client.get("/api/ask", params={"q": "学校午休可以收费吗"}).json()["answer"]
    started = client_of(Shelf(site.settings)).get("/healthz").json()
    assert (started["status"], started["generation"]) == ("degraded", "1")
    sync([site.folder], site.settings.home, site.shelf.embedder, progress=False)
    site.shelf.refresh()
    assert site.client.get("/healthz").json()["status"] == "ok"


def test_a_running_service_outlives_its_folder_and_forgets_what_was_removed(site: SmallSite) -> None:
    home = site.settings.home
    (site.folder / NAP).unlink()
    sync([site.folder], home, site.shelf.embedder, progress=False)
    flip(current(home) / "catalogue.db")
    site.shelf.refresh()
    assert "60元" not in site.client.get("/api/ask", params={"q": "学校午休可以收费吗"}).text
    shutil.rmtree(home)
    site.shelf.refresh()
    assert site.client.get("/healthz").json()["status"] == "degraded"
    assert "2026年6月20日" in site.client.get("/api/ask", params={"q": "德清县随迁子女什么时候报名"}).json()["answer"]


def test_questions_go_on_while_generations_are_swapped(site: SmallSite) -> None:
    notice = site.folder / "津贴.txt"
    errors: list[Exception] = []
    told: list[str] = []
    done = threading.Event()

    def ask() -> None:
        while not done.is_set():
            try:
                told.append(site.shelf.answerer.ask("学校午休可以收费吗").text)
            except Exception as error:
                errors.append(error)

    asking = threading.Thread(target=ask)
    asking.start()
    for amount in (300, 450):
        notice.write_text(NOTICE.format(amount=amount), encoding="utf8")
        site.sync()
    done.set()
    asking.join()
    assert errors == []
    assert told and all("60元" in answer for answer in told)
    assert "450元" in site.shelf.answerer.ask("某县班主任津贴每人每月多少元").text
