"""Backups come back as they were, and what is no whole backup changes nothing."""

from __future__ import annotations

import io
import json
import os
import shutil
import sqlite3
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from eval.damage import flip
from index.archive import FORMAT, backup, restore
from index.errors import ArchiveError, EmbedderMismatch, LibraryBusy, LibraryDamaged, LibraryError, NoLibrary
from index.generation import current, numbered, writing
from index.library import Library, open_library
from index.removed import removed
from index.sync import sync
from tests.test_sync import EMBEDDER, NOTICE

Members = dict[str, bytes]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "documents"
    path.mkdir()
    (path / "甲.txt").write_text(NOTICE.format(amount=300), encoding="utf8")
    (path / "乙.md").write_text("# 某县学校食堂管理办法\n\n第一条 食堂应当公示菜谱。\n", encoding="utf8")
    return path


@pytest.fixture
def home(folder: Path, tmp_path: Path) -> Path:
    sync([folder], tmp_path / "home", EMBEDDER, progress=False)
    return tmp_path / "home"


@pytest.fixture
def saved(home: Path, tmp_path: Path) -> Path:
    backup(home, tmp_path / "saved.tar", {})
    return tmp_path / "saved.tar"


def _found(library: Library, queries: list[str]) -> list[object]:
    return [(library.dense(q, 10), library.lexical([(c, 1.0) for c in q], 10)) for q in queries]


def test_a_restored_library_finds_the_same(built_many: Path, tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    backup(built_many / "home", tmp_path / "many.tar", {}, lambda *step: told.append(step))
    done = restore(tmp_path / "many.tar", tmp_path / "other", EMBEDDER.name, {})
    assert told[-1][0] == told[-1][1] > 0
    assert done.manifest.generation == 1 and (done.removed, done.kept) == (0, ())
    queries = [f"第{n}号办法 {n}日内公示" for n in range(20)]
    before = open_library(built_many / "home", EMBEDDER)
    assert _found(open_library(tmp_path / "other", EMBEDDER), queries) == _found(before, queries)


def test_a_restored_library_is_the_next_generation_and_the_one_before_stays(
    folder: Path, home: Path, saved: Path
) -> None:
    (folder / "甲.txt").write_text(NOTICE.format(amount=450), encoding="utf8")
    sync([folder], home, EMBEDDER, progress=False)
    assert restore(saved, home, EMBEDDER.name, {}).manifest.generation == 3
    assert [p.name[:6] for p in numbered(home)] == ["000002", "000003"]
    assert open_library(home, EMBEDDER).manifest.generation == 3


def test_what_was_removed_stays_removed_unless_it_is_asked_for(folder: Path, home: Path, saved: Path) -> None:
    (folder / "乙.md").unlink()
    sync([folder], home, EMBEDDER, progress=False)
    assert restore(saved, home, EMBEDDER.name, {}).removed == 1
    assert len(open_library(home, EMBEDDER).documents()) == 1
    assert restore(saved, home, EMBEDDER.name, {}, with_removed=True).removed == 0
    assert len(open_library(home, EMBEDDER).documents()) == 2
    assert removed(home) == frozenset()


def test_what_staff_wrote_and_the_journal_come_along_and_replace_nothing(home: Path, tmp_path: Path) -> None:
    (home / "lexicon.tsv").write_text("津贴\t补贴\n", encoding="utf8")
    journal = sqlite3.connect(home / "journal.db")
    journal.execute("PRAGMA journal_mode=WAL")
    journal.execute("CREATE TABLE kept (id)")
    journal.execute("INSERT INTO kept VALUES (7)")
    journal.commit()  # open and partly in its log, as under a running server
    here = {name: home / name for name in ("lexicon.tsv", "journal.db")}
    backup(home, tmp_path / "saved.tar", here)
    there = {name: tmp_path / "other" / name for name in here}
    assert restore(tmp_path / "saved.tar", tmp_path / "other", EMBEDDER.name, there).kept == ()
    assert there["lexicon.tsv"].read_text(encoding="utf8") == "津贴\t补贴\n"
    assert sqlite3.connect(there["journal.db"]).execute("SELECT id FROM kept").fetchall() == [(7,)]
    there["lexicon.tsv"].write_text("own", encoding="utf8")
    again = restore(tmp_path / "saved.tar", tmp_path / "other", EMBEDDER.name, there)
    assert set(again.kept) == set(here)
    assert there["lexicon.tsv"].read_text(encoding="utf8") == "own"


def _read(file: Path) -> Members:
    with tarfile.open(file) as tar:
        return {m.name: tar.extractfile(m).read() for m in tar.getmembers()}  # type: ignore[union-attr]


def _written(file: Path, members: Members, change: Callable[[tarfile.TarInfo], None] = lambda _: None) -> None:
    with tarfile.open(file, "w", format=tarfile.GNU_FORMAT) as tar:
        for name, data in members.items():
            header = tarfile.TarInfo(name)
            header.size = len(data)
            change(header)
            tar.addfile(header, io.BytesIO(data) if header.isreg() else None)


def _renamed(old: str, new: str) -> Callable[[Path], None]:
    def damage(file: Path) -> None:
        members = {n.replace(old, new): d for n, d in _read(file).items()}
        members["archive.json"] = members["archive.json"].replace(old.encode(), new.encode())
        _written(file, members)

    return damage


def _as_link(kind: bytes) -> Callable[[Path], None]:
    def change(header: tarfile.TarInfo) -> None:
        if header.name.endswith("catalogue.db"):
            header.type, header.linkname, header.size = kind, "/etc/passwd", 0

    return lambda file: _written(file, _read(file), change)


def _listing(change: Callable[[dict[str, object]], object]) -> Callable[[Path], None]:
    def damage(file: Path) -> None:
        members = _read(file)
        listed = json.loads(members["archive.json"])
        change(listed)
        members["archive.json"] = json.dumps(listed).encode()
        _written(file, members)

    return damage


def _resized(factor: float) -> Callable[[dict[str, object]], object]:
    def change(listed: dict[str, object]) -> None:
        member = listed["members"][0]  # type: ignore[index]
        member[1] = int(member[1] * factor)

    return change


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(lambda f: os.truncate(f, f.stat().st_size // 2), id="cut off"),
        pytest.param(lambda f: os.truncate(f, 200 * 2**30), id="far too large"),
        pytest.param(lambda f: os.truncate(f, 0), id="empty"),
        pytest.param(lambda f: f.write_text("这不是备份" * 500), id="text"),
        pytest.param(flip, id="flipped bytes"),
        pytest.param(_renamed("generation/catalogue.db", "generation/../../x.db"), id="a folder above"),
        pytest.param(_renamed("generation/catalogue.db", "/tmp/x.db"), id="absolute"),
        pytest.param(_renamed("generation/catalogue.db", "generation/.x.db"), id="hidden"),
        pytest.param(_renamed("generation/catalogue.db", "CURRENT"), id="a file of the home"),
        pytest.param(_as_link(tarfile.SYMTYPE), id="symbolic link"),
        pytest.param(_as_link(tarfile.LNKTYPE), id="hard link"),
        pytest.param(_as_link(tarfile.CHRTYPE), id="device"),
        pytest.param(_as_link(tarfile.DIRTYPE), id="folder"),
        pytest.param(_listing(_resized(20)), id="smaller than listed"),
        pytest.param(_listing(_resized(0.5)), id="larger than listed"),
        pytest.param(_listing(lambda x: x["members"].pop()), id="without a manifest"),
        pytest.param(_listing(lambda x: x["members"][0].__setitem__(2, "0" * 64)), id="another hash"),
        pytest.param(_listing(lambda x: x.update(members=None)), id="no members"),
        pytest.param(_listing(lambda x: x.update(format="0")), id="another version"),
    ],
)
def test_what_is_no_whole_backup_changes_nothing(
    home: Path, saved: Path, tmp_path: Path, damage: Callable[[Path], None]
) -> None:
    before = sorted(p for p in home.rglob("*") if p.name != "lock")
    damage(saved)
    with pytest.raises(ArchiveError) as caught:
        restore(saved, home, EMBEDDER.name, {})
    assert "没有恢复" in str(caught.value) and str(tmp_path) not in str(caught.value)
    assert sorted(p for p in home.rglob("*") if p.name != "lock") == before


def test_a_restore_needs_the_lock_the_model_and_the_space(
    home: Path, saved: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with writing(home), pytest.raises(LibraryBusy):
        restore(saved, home, EMBEDDER.name, {})
    with pytest.raises(EmbedderMismatch):
        restore(saved, home, "other", {})
    usage = shutil.disk_usage(home)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=1000))
    with pytest.raises(LibraryError, match="磁盘空间不够"):
        restore(saved, home, EMBEDDER.name, {})
    assert [p.name[:6] for p in (home / "generations").iterdir()] == ["000001"]


def test_a_damaged_library_is_not_backed_up(home: Path, saved: Path, tmp_path: Path) -> None:
    flip(current(home) / "catalogue.db")
    with pytest.raises(LibraryDamaged):
        backup(home, saved.with_name("other.tar"), {})
    with pytest.raises(NoLibrary):
        backup(tmp_path / "nowhere", saved.with_name("other.tar"), {})
    with pytest.raises(LibraryError):
        backup(home, tmp_path / "nowhere" / "other.tar", {})
    assert sorted(p.name for p in tmp_path.iterdir()) == ["documents", "home", "saved.tar"]


def test_the_list_comes_first_and_says_what_follows(saved: Path) -> None:
    members = _read(saved)
    listed = json.loads(members.pop("archive.json"))
    assert listed["format"] == FORMAT
    assert [(name, size) for name, size, _ in listed["members"]] == [(n, len(d)) for n, d in members.items()]
