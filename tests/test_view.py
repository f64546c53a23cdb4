"""Readers leave a Chroma folder as it is, leave nothing behind, and open one that cannot be written."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import numpy as np
import pytest

from index.dense import DenseIndex
from index.errors import LibraryError
from index.view import make_view


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    writer = DenseIndex(tmp_path / "chroma", writable=True)
    writer.add(["d1"] * 3, ["c1", "c2", "c3"], np.eye(3, dtype=np.float32))
    writer.close()
    (tmp_path / "views").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "views"))
    return tmp_path / "chroma"


def _contents(folder: Path) -> dict[str, bytes]:
    return {p.name: p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_reading_changes_nothing_and_leaves_nothing(folder: Path, tmp_path: Path) -> None:
    before = _contents(folder)
    one, other = DenseIndex(folder), DenseIndex(folder)
    assert one.search(np.eye(3, dtype=np.float32)[1], 1)[0][0] == "c2"
    assert other.count() == 3
    one.close()
    other.close()
    assert _contents(folder) == before
    assert list((tmp_path / "views").iterdir()) == []


def test_what_a_killed_reader_left_behind_is_removed_and_what_is_in_use_stays(folder: Path, tmp_path: Path) -> None:
    dead = tmp_path / "views" / "youju-view-dead"
    dead.mkdir()
    used, drop = make_view(folder)
    for path in (dead, used):
        os.utime(path, (0, 0))
    _, drop_other = make_view(folder)
    assert not dead.exists() and used.exists()
    drop()
    drop_other()
    assert list((tmp_path / "views").iterdir()) == []


def test_a_folder_that_is_not_there_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(LibraryError) as caught:
        make_view(tmp_path / "nowhere")
    assert str(tmp_path) not in str(caught.value)
