"""Folders are watched: changes are told once, when they are over; reading tells nothing; what failed is tried again."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from index import watch as watching
from index.errors import LibraryBusy, YoujuError
from index.watch import Watch, keep_in_step

QUIET = 0.3


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "documents" / "县").mkdir(parents=True)
    (tmp_path / "documents" / "甲.txt").write_text("甲", encoding="utf8")
    return tmp_path / "documents"


@pytest.fixture
def watch(folder: Path) -> Iterator[Watch]:
    opened = Watch([folder], quiet=QUIET)
    yield opened
    opened.close()


def _later(*calls: object) -> threading.Thread:
    def run() -> None:
        for call in calls:
            time.sleep(0.1)
            call()  # type: ignore[operator]

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def _took(watch: Watch, at_most: float) -> float:
    began = time.monotonic()
    watch.wait(at_most)
    return time.monotonic() - began


def test_changes_are_told_once_when_they_are_over(folder: Path, watch: Watch) -> None:
    writes = [lambda n=n: (folder / "县" / f"{n}.txt").write_text("新", encoding="utf8") for n in range(5)]
    writer = _later(*writes)
    assert 0.5 <= _took(watch, 20) < 10
    writer.join()
    assert len(list((folder / "县").iterdir())) == 5
    assert _took(watch, 0.5) >= 0.5


@pytest.mark.parametrize("change", [lambda p: p.unlink(), lambda p: p.rename(p.with_name("乙.txt"))])
def test_removing_and_renaming_are_changes(folder: Path, watch: Watch, change: object) -> None:
    _later(lambda: change(folder / "甲.txt")).join()  # type: ignore[operator]
    assert _took(watch, 20) < 10


def test_reading_is_no_change(folder: Path, watch: Watch) -> None:
    assert (folder / "甲.txt").read_text(encoding="utf8") == "甲"
    assert list(folder.iterdir())
    assert _took(watch, 1) >= 1


def test_a_folder_that_is_replaced_is_watched(folder: Path, watch: Watch, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "_LOOK", 0.1)
    folder.rename(folder.with_name("old"))
    assert _took(watch, 20) < 10
    folder.mkdir()
    watch.wait(1)
    watch.wait(0.5)
    _later(lambda: (folder / "丙.txt").write_text("丙", encoding="utf8")).join()
    assert _took(watch, 20) < 10


def test_what_failed_is_told_and_tried_again(monkeypatch: pytest.MonkeyPatch, folder: Path, watch: Watch) -> None:
    monkeypatch.setattr(watching, "_RETRY", 0.05)
    outcomes = iter([LibraryBusy("忙"), None, KeyboardInterrupt()])
    told: list[YoujuError] = []

    def change() -> None:
        outcome = next(outcomes)
        if outcome is not None:
            raise outcome
        (folder / "丁.txt").write_text("丁", encoding="utf8")

    with pytest.raises(KeyboardInterrupt):
        keep_in_step(change, watch, told.append)
    assert [str(error) for error in told] == ["忙"]
