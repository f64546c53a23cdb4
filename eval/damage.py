"""What a service has to outlive: ways in which a generation is damaged, by name, and disks that refuse."""

from __future__ import annotations

import os
import resource
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from index.manifest import describe_files, read_manifest

Damage = Callable[[Path], None]
NOBODY = 65534  # a user who may do nothing


def truncate(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def empty(path: Path) -> None:
    os.truncate(path, 0)


def flip(path: Path) -> None:
    """Turn over sixteen bytes in the middle."""
    data = bytearray(path.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 16] = bytes(b ^ 0xFF for b in data[middle : middle + 16])
    path.write_bytes(data)


def swell(path: Path) -> None:
    """Make a sparse file of 200 GB: what a torn Chroma link list looks like."""
    os.truncate(path, 200 * 2**30)


def blank_page(path: Path) -> None:
    """Overwrite the fifth page of an SQLite file."""
    with path.open("r+b") as file:
        file.seek(4 * 4096)
        file.write(b"\xa5" * 4096)


def _file(pattern: str, damage: Damage, *, written_torn: bool = False) -> Damage:
    """Damage of one file of a generation; `written_torn`: the manifest describes the damaged file, so that hashes tell nothing."""

    def apply(folder: Path) -> None:
        damage(next(folder.glob(pattern)))
        if written_torn:
            replace(read_manifest(folder), files=describe_files(folder)).write(folder)

    return apply


DAMAGES: dict[str, Damage] = {
    "truncated segment": _file("chroma/*/data_level0.bin", truncate),
    "empty pickle": _file("chroma/*/index_metadata.pickle", empty),
    "sparse file of 200 GB": _file("chroma/*/link_lists.bin", swell),
    "torn tantivy file": _file("lexical/*.idx", truncate),
    "flipped bytes in the catalogue": _file("catalogue.db", flip),
    "damaged page of Chroma's SQLite file": _file("chroma/chroma.sqlite3", blank_page),
    "missing manifest": _file("manifest.json", Path.unlink),
    "torn manifest": _file("manifest.json", truncate),
    "missing segment": _file("chroma/*/index_metadata.pickle", lambda p: shutil.rmtree(p.parent)),
    "pickle written empty": _file("chroma/*/index_metadata.pickle", empty, written_torn=True),
    "link list written torn": _file("chroma/*/link_lists.bin", truncate, written_torn=True),
    "header written torn (SIGSEGV)": _file("chroma/*/header.bin", flip, written_torn=True),
    "tantivy file written torn": _file("lexical/*.idx", truncate, written_torn=True),
}


@contextmanager
def files_up_to(size: int) -> Iterator[None]:
    """No file may grow over `size` bytes, as on a disk that is nearly full."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@contextmanager
def somebody_else() -> Iterator[None]:
    """As a user who owns nothing; only root can become one."""
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)
