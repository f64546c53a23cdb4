"""Generations survive: builds killed at file operations, damaged files, leftovers, rolling back."""

from __future__ import annotations

import itertools
import json
import multiprocessing
import os
import shutil
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from eval.damage import flip, swell, truncate
from index.errors import LibraryBusy, LibraryDamaged, NoLibrary
from index.generation import KEPT, current, earlier, roll_back, writing
from index.library import open_library
from index.manifest import read_manifest, verify
from index.sync import sync
from tests.test_sync import EMBEDDER, NOTICE, texts
from tests.thorough import THOROUGH

FILE_EVENTS = {
    "open",
    "os.rename",
    "os.mkdir",
    "os.remove",
    "os.rmdir",
    "shutil.copytree",
    "shutil.rmtree",
    "sqlite3.connect",
}
POINTS = 12 if THOROUGH else 3
AROUND = (-3, 7, 1 if THOROUGH else 2)  # operations around the first one that publishes
MENDED_EVERY = 4


def _sync(folder: Path, home: Path) -> None:
    sync([folder], home, EMBEDDER, progress=False)


def _write_notice(folder: Path, amount: int) -> None:
    (folder / "甲.txt").write_text(NOTICE.format(amount=amount), encoding="utf8")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "documents"
    path.mkdir()
    _write_notice(path, 300)
    return path


@pytest.fixture
def home(folder: Path, tmp_path: Path) -> Path:
    _sync(folder, tmp_path / "home")
    return tmp_path / "home"


@pytest.fixture
def many(built_many: Path, tmp_path: Path) -> Path:
    shutil.copytree(built_many / "home", tmp_path / "home")
    return tmp_path / "home"


def _sync_and_die(folder: Path, home: Path, step: int, told: Path) -> None:
    """In a child: sync, and be killed at the `step`-th file operation below `home`.

    0 lives, and writes the number of the first operation that publishes and how many there were.
    """
    steps = itertools.count(1)
    last, publishing = 0, 0

    def hook(event: str, arguments: tuple[object, ...]) -> None:
        nonlocal last, publishing
        if event in FILE_EVENTS and any(str(home) in str(a) for a in arguments[:2]):
            last = next(steps)
            if last == step:
                os.kill(os.getpid(), signal.SIGKILL)
            if not publishing and "CURRENT.new" in str(arguments[0]):
                publishing = last

    sys.addaudithook(hook)
    _sync(folder, home)
    told.write_text(f"{publishing} {last}", encoding="utf8")


def test_a_build_killed_at_any_step_leaves_old_or_new_whole(folder: Path, home: Path, tmp_path: Path) -> None:
    processes = multiprocessing.get_context("forkserver")
    processes.set_forkserver_preload(["chromadb", "langchain_chroma", "index.sync", "index.ingest", "index.library"])
    _write_notice(folder, 888)
    told = tmp_path / "told"

    def run(step: int) -> tuple[Path, int | None]:
        copy = tmp_path / f"home{step}"
        shutil.copytree(home, copy)
        child = processes.Process(target=_sync_and_die, args=(folder, copy, step, told))
        child.start()
        child.join()
        return copy, child.exitcode

    finished, status = run(0)
    assert (status, "888元" in texts(finished)) == (0, True)
    publishing, total = map(int, told.read_text(encoding="utf8").split())
    # spread over the build, and at each operation around the one that publishes
    steps = {1 + i * total // POINTS for i in range(POINTS)} | {publishing + i for i in range(*AROUND)}
    outcomes = set()
    for number, step in enumerate(sorted(steps)):
        copy, status = run(step)
        assert status == -signal.SIGKILL
        found = texts(copy)
        assert ("300元" in found) != ("888元" in found), f"killed at operation {step} of {total}"
        outcomes.add("888元" in found)
        if number % MENDED_EVERY:
            continue  # the next sync is the same from most of them
        _sync(folder, copy)
        assert "888元" in texts(copy)
        assert len(list((copy / "generations").iterdir())) <= KEPT
    assert outcomes == {False, True}, "kills must fall on both sides of publishing"


@pytest.mark.parametrize(
    ("pattern", "damage"),
    [
        ("manifest.json", truncate),
        ("catalogue.db", flip),
        ("lexical/*.idx", flip),
        ("lexical/meta.json", Path.unlink),
        ("chroma/*/data_level0.bin", flip),
        ("chroma/*/data_level0.bin", truncate),
        ("chroma/*/index_metadata.pickle", lambda p: os.truncate(p, 0)),
        ("chroma/*/link_lists.bin", swell),
        ("chroma/chroma.sqlite3", truncate),
        ("chroma/chroma.sqlite3", lambda p: os.truncate(p, 0)),
    ],
)
def test_damage_is_a_sentence(many: Path, tmp_path: Path, pattern: str, damage: Callable[[Path], None]) -> None:
    damage(next(current(many).glob(pattern)))
    with pytest.raises(LibraryDamaged) as caught:
        open_library(many, EMBEDDER)
    assert str(tmp_path) not in str(caught.value)


@pytest.mark.parametrize(("pattern", "damage"), [("catalogue.db", flip), ("chroma/*/link_lists.bin", swell)])
def test_the_next_sync_mends_what_is_damaged(
    built_many: Path, many: Path, pattern: str, damage: Callable[[Path], None]
) -> None:
    damage(next(current(many).glob(pattern)))
    sync([built_many / "documents"], many, EMBEDDER, progress=False, processes=1)
    assert len(open_library(many, EMBEDDER).dense("公示内容", 5)) == 5


def test_opening_and_searching_leave_a_generation_verifiable(many: Path) -> None:
    for _ in range(2):
        library = open_library(many, EMBEDDER)
        assert library.dense("公示内容", 3)
        del library
    verify(current(many), read_manifest(current(many)))


def test_a_library_of_another_layout_is_refused_and_rebuilt(folder: Path, home: Path) -> None:
    path = current(home) / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text(encoding="utf8")) | {"schema": 0}), encoding="utf8")
    with pytest.raises(LibraryDamaged):
        open_library(home, EMBEDDER)
    _sync(folder, home)
    assert "300元" in texts(home)


@pytest.mark.parametrize("pointer", ["", "../../elsewhere", "000009-aaaaaa"])
def test_a_pointer_that_names_no_generation_is_damage(home: Path, pointer: str) -> None:
    (home / "CURRENT").write_text(pointer, encoding="utf8")
    with pytest.raises(LibraryDamaged):
        current(home)


def test_a_copied_home_answers_the_same(home: Path, tmp_path: Path) -> None:
    original = open_library(home, EMBEDDER)
    shutil.copytree(home, tmp_path / "restored")
    restored = open_library(tmp_path / "restored", EMBEDDER)
    assert restored.dense("班主任津贴", 5) == original.dense("班主任津贴", 5)
    assert restored.lexical([("津贴", 1.0)], 5) == original.lexical([("津贴", 1.0)], 5)


def test_roll_back_returns_the_previous_state_until_the_next_sync(folder: Path, home: Path) -> None:
    _write_notice(folder, 450)
    _sync(folder, home)
    assert roll_back(home).generation == 1
    assert "300元" in texts(home)
    _sync(folder, home)
    assert "450元" in texts(home)


def test_roll_back_passes_over_damaged_generations_and_ends_in_words(folder: Path, home: Path) -> None:
    first = current(home)
    _write_notice(folder, 450)
    _sync(folder, home)
    truncate(first / "catalogue.db")
    with pytest.raises(NoLibrary):
        roll_back(home)
    assert "450元" in texts(home)


def test_roll_back_waits_for_no_writer(home: Path) -> None:
    with writing(home), pytest.raises(LibraryBusy):
        roll_back(home)


def test_only_the_newest_generations_stay(folder: Path, home: Path) -> None:
    for amount in (1, 2, 3):
        _write_notice(folder, amount)
        _sync(folder, home)
    names = sorted(p.name[:6] for p in (home / "generations").iterdir())
    assert names == ["000003", "000004"]


def test_much_churn_builds_the_vector_index_anew(folder: Path, home: Path) -> None:
    for amount in range(1, 6):
        _write_notice(folder, amount)
        _sync(folder, home)
        manifest = open_library(home, EMBEDDER).manifest
        assert 2 * manifest.deleted <= manifest.chunks
    assert "5元" in texts(home)


def test_roll_back_goes_to_the_generation_that_is_asked_for(folder: Path, home: Path) -> None:
    _write_notice(folder, 400)
    _sync(folder, home)
    assert [m.generation for _, m in earlier(home)] == [1]
    with pytest.raises(NoLibrary):
        roll_back(home, 7)
    assert roll_back(home, 1).generation == 1
    assert earlier(home) == []
