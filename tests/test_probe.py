"""A child tries a generation before it is opened: what hashes cannot tell, once for each manifest, within limits."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from eval.damage import empty, truncate
from index.errors import LibraryDamaged, LibraryUnproved
from index.generation import current
from index.manifest import describe_files, read_manifest, verify
from index.probe import probe, try_stores


@pytest.fixture
def many(built_many: Path, tmp_path: Path) -> Path:
    """A home that nothing is remembered of."""
    shutil.copytree(built_many / "home", tmp_path / "home")
    (tmp_path / "home" / "PROBED").unlink()
    return tmp_path / "home"


def test_a_sound_generation_is_tried_once(many: Path) -> None:
    folder = current(many)
    with pytest.raises(LibraryUnproved):
        probe(many, folder, seconds=0.01)
    probe(many, folder)
    probe(many, folder, seconds=0.01)  # no child is started any more
    verify(folder, read_manifest(folder))


def test_a_build_is_remembered_as_tried(built_many: Path) -> None:
    probe(built_many / "home", current(built_many / "home"), seconds=0.01)


@pytest.mark.parametrize(
    ("pattern", "damage"),
    [("chroma/*/data_level0.bin", truncate), ("chroma/*/index_metadata.pickle", empty)],
)
def test_what_was_written_torn_ends_the_child_and_not_this_process(
    many: Path, pattern: str, damage: Callable[[Path], None]
) -> None:
    folder = current(many)
    damage(next(folder.glob(pattern)))
    replace(read_manifest(folder), files=describe_files(folder)).write(folder)
    verify(folder, read_manifest(folder))
    with pytest.raises(LibraryDamaged) as caught:
        probe(many, folder)
    assert str(many) not in str(caught.value)


def test_counts_are_compared_with_the_manifest(many: Path) -> None:
    manifest = read_manifest(current(many))
    try_stores(current(many), manifest)
    with pytest.raises(LibraryDamaged):
        try_stores(current(many), replace(manifest, chunks=manifest.chunks + 1))
