"""A disk that is full, read-only or forbids reading: a sentence, the old library stays, nothing half written remains."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from eval.damage import files_up_to, somebody_else
from index.archive import backup
from index.errors import LibraryDamaged, LibraryError
from index.fallback import open_sound
from index.generation import current, numbered, roll_back
from index.library import open_library
from index.sync import sync
from tests.test_sync import EMBEDDER, NOTICE, texts

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")


@pytest.fixture
def root() -> Iterator[Path]:
    """`documents` and a `home` of two generations in a folder that everybody can enter."""
    path = Path(tempfile.mkdtemp())
    path.chmod(0o755)
    (path / "documents").mkdir()
    for amount in (300, 450):
        _write(path, amount)
        _sync(path)
    for file in (path / "home").rglob("*.json"):
        file.chmod(0o644)  # tantivy lets only its own user read them
    yield path
    shutil.rmtree(path)


def _write(root: Path, amount: int) -> None:
    (root / "documents" / "甲.txt").write_text(NOTICE.format(amount=amount), encoding="utf8")


def _sync(root: Path) -> None:
    sync([root / "documents"], root / "home", EMBEDDER, progress=False, processes=1)


def _everything(home: Path) -> list[Path]:
    return sorted(home.rglob("*"))


@pytest.mark.parametrize("size", [100, 20_000, 150_000])
def test_a_full_disk_leaves_the_old_library_and_nothing_else(root: Path, size: int) -> None:
    home = root / "home"
    before = _everything(home)
    _write(root, 500)
    with files_up_to(size), pytest.raises(LibraryError, match=r"磁盘空间.*原来的文件库没有变动"):
        _sync(root)
    assert _everything(home) == before
    assert "450元" in texts(home)
    _sync(root)
    assert "500元" in texts(home)


def test_a_build_needs_twice_the_space_of_the_library(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _write(root, 500)
    size = sum(p.stat().st_size for p in current(root / "home").rglob("*") if p.is_file())
    usage = shutil.disk_usage(root)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=50_000_000 + size))
    with pytest.raises(LibraryError, match="磁盘空间不够"):
        _sync(root)
    assert "450元" in texts(root / "home")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=50_000_000 + 3 * size))
    _sync(root)
    assert "500元" in texts(root / "home")


@as_root
def test_a_read_only_folder_answers_and_takes_no_change(root: Path) -> None:
    home = root / "home"
    before = _everything(home)
    _write(root, 500)
    with somebody_else():
        for attempt in (lambda: _sync(root), lambda: roll_back(home), lambda: backup(home, home / "saved.tar", {})):
            with pytest.raises(LibraryError, match="权限") as caught:
                attempt()
            assert str(root) not in str(caught.value)
        opened = open_sound(home, EMBEDDER)
        assert opened.trouble == ""
        assert opened.library.dense("班主任津贴", 1)
    assert _everything(home) == before


@as_root
def test_what_must_not_be_read_is_passed_over(root: Path) -> None:
    home = root / "home"
    (current(home) / "catalogue.db").chmod(0)
    with somebody_else():
        assert open_sound(home, EMBEDDER).library.manifest.generation == 1
    current(home).chmod(0)
    with somebody_else():
        assert open_sound(home, EMBEDDER).library.manifest.generation == 1
        with pytest.raises(LibraryDamaged):
            open_library(home, EMBEDDER)
    for folder in numbered(home):
        folder.chmod(0)
    with somebody_else(), pytest.raises(LibraryDamaged):
        open_sound(home, EMBEDDER)
