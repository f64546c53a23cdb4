"""Backups: the current generation as one tar with the size and the SHA-256 of each member, and back.

The first member, `archive.json`, lists the others in their order. Restoring compares every header with it before anything is written,
and every hash before the restored generation is published. The headers are read one by one: a reader of any tar would follow links,
holes and extended headers.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import shutil
import tarfile
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO

from index.catalogue import copy_database
from index.disk import Hold, require_space
from index.errors import ArchiveError, LibraryDamaged, LibraryError
from index.generation import bring_back, current, fill, new_folder, next_number, publish, writing
from index.library import require_model
from index.manifest import SCHEMA, Manifest, read_manifest, verify
from index.probe import probe
from index.removed import ids_of, removed, write_removed
from index.stores import Server

FORMAT = f"1.{SCHEMA}"
JOURNAL = "journal.db"
BESIDE = ("lexicon.tsv", "overrides.toml", JOURNAL)
_LIST, _REMOVED = "archive.json", "REMOVED"
_LIST_CAP = 4_000_000  # bytes
_NAME = re.compile(r"generation(?:/(?!\.{1,2}(?:/|$))[A-Za-z0-9._-]+)+")  # nothing above, nothing absolute
_FAR_TOO_LARGE = 10  # times
_BLOCK, _PIECE = tarfile.BLOCKSIZE, 1 << 20
_BROKEN = "这个备份不完整或已损坏，没有恢复；原来的文件库没有变动。"
_LOST = "文件库有文件缺失或损坏，没有做备份；请运行 sync 重建索引。"
Tell = Callable[[int, int], None]  # bytes done, bytes in all


@dataclass(frozen=True, slots=True)
class Member:
    """A file of a backup: its size in bytes, its SHA-256, and where its bytes begin in the tar."""

    name: str
    size: int
    sha256: str
    at: int = 0


@dataclass(frozen=True, slots=True)
class Restored:
    """What was restored. `removed`: documents of the backup that stay removed; `kept`: files beside it that were there already."""

    manifest: Manifest
    removed: int
    kept: tuple[str, ...]


def silent(_done: int, _total: int) -> None:
    """Tells nobody."""


def backup(home: Path, file: Path, beside: Mapping[str, Path], tell: Tell = silent) -> Manifest:
    """Write the current generation into a tar, with the files of `BESIDE` that there are. Nothing is left of one that fails.

    Raises `LibraryDamaged`, or `LibraryError` where the backup cannot be written.
    """
    folder = current(home)
    hold = Hold(folder)
    partial = file.with_name(f".{file.name}.{os.urandom(3).hex()}")
    try:
        manifest = read_manifest(folder)
        with tempfile.TemporaryDirectory(prefix="youju-backup-") as apart:
            sources = {f"generation/{name}": folder / name for name in (*manifest.files, "manifest.json")}
            for name, path in beside.items():
                copied = Path(apart) / name
                if name == JOURNAL:
                    copy_database(path, copied)
                else:
                    shutil.copyfile(path, copied)
                sources[name] = copied
            if removed(home):
                sources[_REMOVED] = home / _REMOVED
            known = {f"generation/{name}": kept for name, kept in manifest.files.items()}
            members = [Member(name, *(known.get(name) or _described(path))) for name, path in sources.items()]
            _pack(partial, members, sources, manifest.generation, tell)
        partial.replace(file)
    except OSError as error:
        raise LibraryError("备份写不出来，请检查磁盘空间和文件夹权限后再试。") from error
    finally:
        partial.unlink(missing_ok=True)
        del hold
    return manifest


def _described(path: Path) -> tuple[int, str]:
    with path.open("rb") as file:
        return path.stat().st_size, hashlib.file_digest(file, "sha256").hexdigest()


def _pack(file: Path, members: list[Member], sources: Mapping[str, Path], generation: int, tell: Tell) -> None:
    total = sum(m.size for m in members)
    require_space(file.parent, total)
    listed = {"format": FORMAT, "generation": generation, "members": [[m.name, m.size, m.sha256] for m in members]}
    data = json.dumps(listed, indent=1).encode()
    done = 0
    with file.open("wb") as out:
        with tarfile.open(fileobj=out, mode="w", format=tarfile.GNU_FORMAT) as tar:
            tar.addfile(_header(_LIST, len(data)), io.BytesIO(data))
            for member in members:
                with sources[member.name].open("rb") as source:
                    if os.fstat(source.fileno()).st_size != member.size:
                        raise LibraryDamaged(_LOST)
                    tar.addfile(_header(member.name, member.size), source)
                    source.seek(0)  # what was read is in memory still
                    if hashlib.file_digest(source, "sha256").hexdigest() != member.sha256:
                        raise LibraryDamaged(_LOST)
                done += member.size
                tell(done, total)
        out.flush()
        os.fsync(out.fileno())


def _header(name: str, size: int) -> tarfile.TarInfo:
    header = tarfile.TarInfo(name)
    header.size, header.mode = size, 0o600
    return header


def restore(
    file: Path,
    home: Path,
    embedder: str,
    beside: Mapping[str, Path],
    *,
    with_removed: bool = False,
    tell: Tell = silent,
    server: Server | None = None,
) -> Restored:
    """Publish the generation of a backup as the newest one; its files of `BESIDE` go where none lie. The old one stays until then.

    What was removed from this home since the backup stays removed, unless `with_removed`. Raises `ArchiveError` for what is no whole
    backup, `EmbedderMismatch` for one of another model, `LibraryBusy` where another program writes, else `LibraryError`.
    """
    with _opened(file) as tar, writing(home):
        generation, members = _members(tar)
        (home / "generations").mkdir(parents=True, exist_ok=True)
        require_space(home, sum(m.size for m in members))
        number = max(next_number(home), generation)
        with new_folder(home, number) as apart, new_folder(home, number) as partial:
            _unpack(tar, members, apart, tell)
            (apart / "generation").rename(partial)
            manifest = _renumbered(partial, number)
            if {m.name for m in members if "/" in m.name} != {
                f"generation/{n}" for n in (*manifest.files, "manifest.json")
            }:
                raise ValueError("other files than the manifest names")
            require_model(manifest, embedder)
            verify(partial, manifest)
            probe(home, partial)
            fill(home, partial, server)
            write_removed(home, removed(home) | (removed(apart) & ids_of(partial)))
            folder = publish(home, partial)
            if with_removed:
                bring_back(home, folder)
            kept = tuple(name for name, path in beside.items() if not _put(apart / name, path))
        return Restored(manifest, len(removed(home) & ids_of(folder)), kept)


@contextmanager
def _opened(file: Path) -> Iterator[IO[bytes]]:
    """A backup to read; faults in it are told as such."""
    try:
        with file.open("rb") as tar:
            yield tar
    except (LibraryDamaged, tarfile.HeaderError, ValueError, TypeError, KeyError) as error:
        raise ArchiveError(_BROKEN) from error
    except OSError as error:
        raise LibraryError("没有恢复：备份读不出来，或者磁盘写不进去，请检查后再试；原来的文件库没有变动。") from error


def _members(tar: IO[bytes]) -> tuple[int, list[Member]]:
    """The number of the generation of a backup and its members. Raises ValueError where a header does not say what is listed."""
    end = os.fstat(tar.fileno()).st_size
    size = _read_header(tar, 0, _LIST)
    if size > min(_LIST_CAP, end):
        raise ValueError("no list")
    listed = json.loads(tar.read(size))
    if listed["format"] != FORMAT:
        raise ArchiveError("这个备份是另一个版本的程序做的，没有恢复；原来的文件库没有变动。")
    members, at = [], _BLOCK + _padded(size)
    for name, expected, sha256 in listed["members"]:
        if not (_NAME.fullmatch(name) or name in (*BESIDE, _REMOVED)) or type(expected) is not int or expected < 0:
            raise ValueError("an odd member")
        if _read_header(tar, at, name) != expected:
            raise ValueError("another size than listed")
        members.append(Member(name, expected, str(sha256), at + _BLOCK))
        at += _BLOCK + _padded(expected)
    if not at <= end <= _FAR_TOO_LARGE * at:
        raise ValueError("cut off, or far too large")
    return int(listed["generation"]), members


def _read_header(tar: IO[bytes], at: int, name: str) -> int:
    """The size of the plain file of this name whose header stands here; what follows it is next to be read."""
    tar.seek(at)
    header = tarfile.TarInfo.frombuf(tar.read(_BLOCK), "utf-8", "strict")
    if header.type != tarfile.REGTYPE or header.name != name or header.size < 0:
        raise ValueError("another member than listed")
    return header.size


def _padded(size: int) -> int:
    return -(-size // _BLOCK) * _BLOCK


def _unpack(tar: IO[bytes], members: list[Member], folder: Path, tell: Tell) -> None:
    total, done = sum(m.size for m in members), 0
    for member in members:
        path = folder / member.name
        path.parent.mkdir(parents=True, exist_ok=True)
        digest, left = hashlib.sha256(), member.size
        tar.seek(member.at)
        with path.open("xb") as out:
            while piece := tar.read(min(left, _PIECE)):
                digest.update(piece)
                out.write(piece)
                left -= len(piece)
                done += len(piece)
                tell(done, total)
        if left or digest.hexdigest() != member.sha256:
            raise ValueError("other bytes than listed")


def _renumbered(folder: Path, number: int) -> Manifest:
    manifest = read_manifest(folder)
    if manifest.generation != number:
        manifest = replace(manifest, generation=number)
        manifest.write(folder)
    return manifest


def _put(source: Path, target: Path) -> bool:
    """Move a file to where none lies; False where one does."""
    if source.exists() and target.exists():
        return False
    if source.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(source, target)
    return True
