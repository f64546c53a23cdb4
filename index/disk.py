"""Files and folders of a home: on disk when a call returns, replaced in one step, kept while somebody reads them."""

from __future__ import annotations

import fcntl
import os
import shutil
import weakref
from pathlib import Path

from index.errors import LibraryError

SPARE = 50_000_000  # bytes that stay free besides what is written


def require_space(folder: Path, size: int) -> None:
    """Raises `LibraryError` where the disk of a folder has no room for `size` bytes and some more."""
    if shutil.disk_usage(folder).free < size + SPARE:
        raise LibraryError("磁盘空间不够建立新的索引，请腾出空间后再试；原来的文件库没有变动。")


def is_folder(path: Path) -> bool:
    """Whether there is a folder that can be entered."""
    try:
        return path.is_dir()
    except OSError:
        return False


def sync_tree(folder: Path) -> None:
    """Return when a folder and all that is below it is on disk."""
    for path in [*folder.rglob("*"), folder]:
        fsync(path)


def fsync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def replace_text(path: Path, text: str) -> None:
    """Write a small file in one step: whoever reads it finds the old text or the new one."""
    fresh = path.with_name(f"{path.name}.new")
    fresh.write_text(text, encoding="utf8")
    fsync(fresh)
    fresh.replace(path)
    fsync(path.parent)


class Hold:
    """Keeps a folder from `drop_unused`, of this process and of others, as long as this object lives."""

    def __init__(self, folder: Path) -> None:
        descriptor = os.open(folder, os.O_RDONLY)
        weakref.finalize(self, os.close, descriptor)
        fcntl.flock(descriptor, fcntl.LOCK_SH)


def drop_unused(folder: Path) -> None:
    """Remove a folder that nobody holds; one that is being read stays."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(folder)
    except BlockingIOError:
        pass
    finally:
        os.close(descriptor)
