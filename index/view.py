"""A private view of a folder of Chroma or tantivy: both write into theirs when they open it, a published generation stays as it is.

Chroma counts openings in its SQLite file, tantivy makes a lock. So readers open links to the files, beside a copy of Chroma's SQLite
file (a tenth of the index). What is read is then exactly what the manifest describes, no two processes share an SQLite file, and a
library opens on a full or a read-only disk too.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path

from index.errors import LibraryError

SQLITE = "chroma.sqlite3"
_INDEX = "index_metadata.pickle"  # there is none up to a thousand vectors, which Chroma keeps in its SQLite file alone
_PREFIX = "youju-view-"
_YOUNG = 60.0  # seconds in which a view may not have been locked yet
_MEMORY = "/dev/shm"  # where the disk is full


def persisted(segment: Path) -> bool:
    """Whether the files of a segment hold its vectors; else Chroma makes them anew at each opening."""
    return (segment / _INDEX).exists()


def make_view(folder: Path) -> tuple[Path, Callable[[], None]]:
    """A folder to open in place of this one, and what drops it. Raises `LibraryError` where there is no room for it."""
    cause: OSError | None = None
    for place in dict.fromkeys((tempfile.gettempdir(), _MEMORY)):
        if not Path(place).is_dir():
            continue
        try:
            _discard_dead(Path(place))
            path = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=place))
        except OSError as error:
            cause = error
            continue
        drop = partial(_drop, path, _locked(path))
        try:
            _fill(path, folder)
        except OSError as error:
            drop()
            cause = error
            continue
        return path, drop
    raise LibraryError("打开文件库需要一点临时空间，请检查磁盘空间后再试；文件库没有变动。") from cause


def _fill(path: Path, folder: Path) -> None:
    for entry in folder.iterdir():
        if entry.name == SQLITE:
            shutil.copyfile(entry, path / entry.name)
        elif entry.is_file() and entry.suffix != ".lock":
            (path / entry.name).symlink_to(entry.resolve())
        elif entry.is_dir() and persisted(entry):
            if all(os.access(file, os.W_OK) for file in entry.iterdir()):
                (path / entry.name).symlink_to(entry.resolve(), target_is_directory=True)
            else:  # Chroma opens them for writing, though it writes nothing
                shutil.copytree(entry, path / entry.name, copy_function=shutil.copyfile)


def _locked(path: Path) -> int:
    """A descriptor that tells other processes that a folder is in use, as long as it is open."""
    descriptor = os.open(path, os.O_RDONLY)
    fcntl.flock(descriptor, fcntl.LOCK_SH)
    return descriptor


def _drop(path: Path, descriptor: int) -> None:
    shutil.rmtree(path, ignore_errors=True)
    os.close(descriptor)


def _discard_dead(place: Path) -> None:
    """Remove what processes left behind that were killed."""
    for path in place.glob(f"{_PREFIX}*"):
        with suppress(OSError):
            if time.time() - path.stat().st_mtime < _YOUNG or path.stat().st_uid != os.getuid():
                continue
            descriptor = os.open(path, os.O_RDONLY)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(path, ignore_errors=True)
            finally:
                os.close(descriptor)
