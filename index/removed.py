"""Documents that were taken out: a list beside `CURRENT` which every generation that is opened respects (ADR 17).

An earlier generation still holds what was removed since. Where it is served again because a later one is damaged, a document that was
removed must not answer again.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from index.catalogue import Catalogue
from index.disk import replace_text
from index.errors import LibraryDamaged
from index.records import PolicyDocument

_NAME = "REMOVED"


def removed(home: Path) -> frozenset[str]:
    """The ids of removed documents. Raises `LibraryDamaged` where the list cannot be read: nobody may guess what it said."""
    try:
        return frozenset((home / _NAME).read_text(encoding="utf8").split())
    except FileNotFoundError:
        return frozenset()
    except (OSError, UnicodeDecodeError) as error:
        raise LibraryDamaged("已删除文件的清单读不出来，请从备份恢复，或运行 sync 重建索引。") from error


def write_removed(home: Path, ids: Iterable[str]) -> None:
    """Replace the list in one step."""
    wanted = frozenset(ids)
    if wanted != removed(home):
        replace_text(home / _NAME, "".join(f"{i}\n" for i in sorted(wanted)))


def note_removals(home: Path, older: Iterable[Path], folder: Path) -> None:
    """Before `folder` is published: add to the list what older generations hold and it does not, take off it what it holds.

    An older version of a document that is still there, under its title from its file, was replaced and not removed.
    """
    now = _documents(folder)
    kept = {d.id for d in now}
    held = {(d.title, source) for d in now for source in d.sources}
    before = (d for generation in older for d in _documents(generation))
    gone = {d.id for d in before if not any((d.title, source) in held for source in d.sources)}
    write_removed(home, (removed(home) | gone) - kept)


def ids_of(folder: Path) -> frozenset[str]:
    """The ids of the documents of a generation."""
    return frozenset(d.id for d in _documents(folder))


def _documents(folder: Path) -> tuple[PolicyDocument, ...]:
    """The documents of a generation, none where they cannot be read: nobody will answer from it."""
    try:
        catalogue = Catalogue(folder / "catalogue.db")
        try:
            return catalogue.documents(texts=False)
        finally:
            catalogue.close()
    except LibraryDamaged:
        return ()
