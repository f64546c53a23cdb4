"""Generations: library states, each in a folder of its own, of which one is current (ADR 1)."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from index.disk import SPARE, drop_unused, fsync, is_folder, replace_text, sync_tree
from index.errors import LibraryBusy, LibraryDamaged, LibraryError, NoLibrary, ServerAway
from index.manifest import Manifest, read_manifest, verify
from index.removed import ids_of, removed, write_removed

if TYPE_CHECKING:
    from index.stores import Server

# Generations: the current one and one to fall back to; a third where a language model's questions made a second.
KEPT = 2
UNWRITTEN = "索引写不进磁盘，请检查磁盘空间和文件夹权限后再试；原来的文件库没有变动。"


@contextmanager
def writing(home: Path) -> Iterator[None]:
    """Hold the library's only write lock. Raises `LibraryBusy` at once where another process holds it, `LibraryError` where it cannot."""
    try:
        home.mkdir(parents=True, exist_ok=True)
        lock = (home / "lock").open("w")
    except OSError as error:
        raise LibraryError(UNWRITTEN) from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise LibraryBusy("另一个程序正在更新文件库，请等它结束后再试。") from error
        yield


def current(home: Path) -> Path:
    """The folder of the current generation. Raises `NoLibrary` where nothing has been built, `LibraryDamaged` where it is lost."""
    name = _named(home)
    folder = home / "generations" / name
    if not name and not numbered(home):
        raise NoLibrary("还没有建立文件库，请先运行 sync。")
    if not name or Path(name).name != name or not is_folder(folder):
        raise LibraryDamaged("文件库不完整，请重新运行 sync 重建索引。")
    return folder


def _named(home: Path) -> str:
    """What `CURRENT` says, empty where it cannot be read."""
    try:
        return (home / "CURRENT").read_text(encoding="utf8").strip()
    except (OSError, UnicodeDecodeError):
        return ""


def current_number(home: Path) -> int:
    """The number of the generation that is to be current, also where it is damaged; 0 where it is not known."""
    return _number(Path(_named(home)))


def fill(home: Path, folder: Path, server: Server | None) -> None:
    """Let a server hold a generation, before it is published or where the server has lost it. The lock must be held.

    Raises `ServerAway`.
    """
    if server is not None:
        server.fill(folder, read_manifest(folder), _owner(home))


def tidy(home: Path, server: Server | None) -> None:
    """Drop from a server what this home put there and has no folder of any more. The lock must be held."""
    if server is not None:
        kept = []
        for folder in numbered(home):
            with suppress(LibraryDamaged):
                kept.append(read_manifest(folder).fingerprint)
        with suppress(ServerAway):  # the next build will
            server.collect(_owner(home), kept)


def discard(home: Path, server: Server | None) -> None:
    """Drop all that a home put on a server, for a home that goes."""
    if server is not None:
        server.collect(_owner(home), ())


def _owner(home: Path) -> str:
    """What tells this home from others that share a server."""
    path = home / "ID"
    if not path.exists():
        replace_text(path, os.urandom(8).hex())
    return path.read_text(encoding="utf8").strip()


@contextmanager
def new_folder(home: Path, number: int) -> Iterator[Path]:
    """A hidden folder to put a generation into, removed where it was not published. The lock must be held.

    Raises `LibraryError` where the disk is full.
    """
    folder = home / "generations" / f".{number:06d}-{os.urandom(3).hex()}"
    folder.mkdir(parents=True)
    try:
        yield folder
    except Exception as error:
        if shutil.disk_usage(home).free < SPARE:
            raise LibraryError(UNWRITTEN) from error
        raise
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def publish(home: Path, partial: Path, *, spares: Sequence[Path] = ()) -> Path:
    """Make what lies in a hidden folder the current generation; `spares` stay, else the newest one that is sound.

    Raises OSError, which leaves the current one as it was.
    """
    folder = partial.with_name(partial.name[1:])
    before = numbered(home)
    sync_tree(partial)
    partial.rename(folder)
    fsync(folder.parent)  # the folder must be on disk before CURRENT names it
    replace_text(home / "CURRENT", folder.name)
    _collect(before, spares)
    return folder


def roll_back(home: Path, generation: int | None = None, *, keep_removed: Collection[str] = ()) -> Manifest:
    """Make an earlier intact generation current again: the one of this number, else the newest. Raises `NoLibrary` without one.

    What was removed since comes back with it, but for `keep_removed`. The next sync starts from it, so what the folders hold by
    then comes back in.
    """
    with writing(home):
        for folder, manifest in earlier(home):
            if generation not in (None, manifest.generation):
                continue
            try:
                verify(folder, manifest)
            except LibraryDamaged:
                continue
            replace_text(home / "CURRENT", folder.name)
            bring_back(home, folder, keep_removed)
            return manifest
    raise NoLibrary("没有更早的文件库可以退回，请运行 sync 重建索引。")


def bring_back(home: Path, folder: Path, keep_removed: Collection[str] = ()) -> None:
    """Let a generation answer again from what was removed after it, but for `keep_removed`. The lock must be held."""
    write_removed(home, removed(home) - (ids_of(folder) - frozenset(keep_removed)))


def earlier(home: Path) -> list[tuple[Path, Manifest]]:
    """The generations before the current one that are still there and can be read, newest first; their files are not checked.

    All of them where it is not known which one is current.
    """
    now = _named(home)
    known = Path(now).name == now and _number(Path(now)) > 0
    found = []
    for folder in reversed(numbered(home)):
        if not known or folder.name < now:
            with suppress(LibraryDamaged):
                found.append((folder, read_manifest(folder)))
    return found


def numbered(home: Path) -> list[Path]:
    """The folders of all generations, oldest first."""
    return sorted(p for p in (home / "generations").glob("[0-9]*") if is_folder(p))


def next_number(home: Path) -> int:
    return max(map(_number, numbered(home)), default=0) + 1


def _number(folder: Path) -> int:
    head = folder.name.split("-")[0]
    return int(head) if head.isdigit() else 0


def discard_leftovers(home: Path) -> None:
    """Remove the folders of builds that died: half built, or newer than the current one and never published."""
    now = _named(home)
    known = bool(now) and (home / "generations" / now).is_dir()
    for path in (home / "generations").iterdir():
        if path.is_dir() and (path.name.startswith(".") or (known and path.name > now)):
            drop_unused(path)


def _collect(before: Sequence[Path], spares: Sequence[Path]) -> None:
    """Of the generations before the one just published keep what one can fall back to, and what is still being read."""
    kept = spares or list(islice(filter(_sound, reversed(before)), 1))
    for path in before:
        if path not in kept:
            drop_unused(path)


def recorded(folder: Path) -> int:
    """Bytes of a generation as they were written: a torn file may claim hundreds of gigabytes."""
    try:
        return sum(size for size, _ in read_manifest(folder).files.values())
    except LibraryDamaged:
        return 0


def _sound(folder: Path) -> bool:
    try:
        verify(folder, read_manifest(folder))
    except LibraryDamaged:
        return False
    return True
