"""Uploaded files before they enter: kept apart under names of our making, parsed for a look, then taken in or thrown away."""

from __future__ import annotations

import logging
import re
import shutil
import threading
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO

from bot.messages import message
from bot.site import BadInput
from index.errors import UnreadableFile
from index.overrides import NAME as OVERRIDES
from index.overrides import Override, apply_overrides, correct, overrides_of, read_overrides, write_overrides
from index.records import ParsedDocument

LONGEST_NAME = 200  # bytes; file systems take 255
MOST = 1_000  # files that wait
_NOT_IN_NAMES = re.compile(r'[\\/:*?"<>|]')
_KINDS = {"application/pdf": "pdf", "text/html": "html", "text/plain": "text"}
_log = logging.getLogger("youju")


@dataclass(frozen=True, slots=True)
class Preview:
    """A waiting file as it was read: its kind in words, its documents as parsed, or why it is refused."""

    name: str
    size: int
    kind: str
    documents: tuple[ParsedDocument, ...]
    refused: str


def safe_name(written: str) -> str:
    """The last part of an uploaded name as a file name that is nothing else; empty where nothing is left of it.

    >>> safe_name("../../etc/passwd"), safe_name("资料\\\\通知（2026）.docx"), safe_name(".."), safe_name("~$通知.docx")
    ('passwd', '通知（2026）.docx', '', '通知.docx')
    """
    last = PurePosixPath(unicodedata.normalize("NFC", written).replace("\\", "/")).name
    visible = "".join(c for c in last if c.isprintable())
    plain = _NOT_IN_NAMES.sub("_", visible).lstrip(".~$ ").rstrip(". ")
    if plain.lower() == OVERRIDES:
        return ""
    stem, dot, ending = plain.rpartition(".")
    if not dot or len(ending.encode()) > 10:
        stem, ending = plain, ""
    room = LONGEST_NAME - len(ending.encode()) - 1
    stem = stem.encode()[:room].decode(errors="ignore").rstrip()
    return f"{stem}.{ending}" if ending and stem else stem


class Staging:
    """The folder of waiting files and what was read of them."""

    def __init__(self, folder: Path, max_bytes: int) -> None:
        self.folder = folder
        self._max_bytes = max_bytes
        self._lock = threading.Lock()
        self._read: dict[tuple[str, int], Preview] = {}

    def names(self) -> list[str]:
        if not self.folder.is_dir():
            return []
        return sorted(
            p.name for p in self.folder.iterdir() if p.is_file() and not p.name.startswith(".") and p.name != OVERRIDES
        )

    def put(self, written: str, file: IO[bytes], taken: set[str]) -> str:
        """Keep an uploaded file; returns its name here. Raises `BadInput` for one that is not taken, saying why.

        `taken`: the names of this upload so far; of two files of one name the second is not taken.
        """
        shown = written[-60:]
        name = safe_name(written)
        if not name or name in taken:
            raise BadInput(message("upload_twice" if name else "upload_nameless", file="admin", name=shown))
        if len(self.names()) >= MOST:
            raise BadInput(message("upload_full", file="admin", count=MOST))
        data = file.read(self._max_bytes + 1)
        if len(data) > self._max_bytes:
            raise BadInput(message("upload_large", file="admin", name=shown, limit=self._max_bytes // 1_000_000))
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            fresh = self.folder / f".{len(taken)}.new"
            fresh.write_bytes(data)
            fresh.replace(self.folder / name)
        except OSError as error:
            raise BadInput(message("upload_unwritable", file="admin")) from error
        taken.add(name)
        return name

    def unread(self) -> list[str]:
        """The files of which no preview was made since they were uploaded."""
        return [name for name in self.names() if self._key(name) not in self._read]

    def read(self, tell: Callable[[int, int], None]) -> int:
        """Read what is unread; returns how many files that were."""
        names = self.unread()
        for number, name in enumerate(names, 1):
            key, preview = self._key(name), self._preview(name)
            with self._lock:
                self._read[key] = preview
            tell(number, len(names))
        return len(names)

    def preview(self, name: str) -> Preview | None:
        """A file as it was read; None for one that is unread or not there."""
        return self._read.get(self._key(name)) if name in self.names() else None

    def corrected(self, name: str, earlier: Sequence[Override] = ()) -> Preview | None:
        """The preview with what was corrected of it here, and `earlier` of a file of its name."""
        found = self.preview(name)
        if found is None:
            return None
        overrides = [*earlier, *overrides_of(self.folder, name)]
        documents = tuple(
            ParsedDocument(apply_overrides(d.document, overrides), d.articles, d.tables, d.chunks)
            for d in found.documents
        )
        return Preview(found.name, found.size, found.kind, documents, found.refused)

    def discard(self, names: Sequence[str]) -> None:
        for name in names:
            (self.folder / name).unlink(missing_ok=True)
        self._forget(names)

    def admit(self, names: Sequence[str], into: Path) -> None:
        """Move waiting files and what was corrected of them into the documents folder, over files of the same name."""
        moved = []
        try:
            for name in names:
                for override in overrides_of(self.folder, name):
                    earlier = (o for o in overrides_of(into, name) if o.found == override.found)
                    values = dict(value for o in (*earlier, override) for value in o.values)
                    correct(into, [name], override.found, values)
                fresh = into / f".{name[:40]}.new"
                shutil.copyfile(self.folder / name, fresh)
                fresh.replace(into / name)
                (self.folder / name).unlink()
                moved.append(name)
        except OSError as error:
            raise BadInput(message("admit_unwritable", file="admin")) from error
        finally:
            self._forget(moved)

    def _key(self, name: str) -> tuple[str, int]:
        path = self.folder / name
        return name, path.stat().st_mtime_ns if path.exists() else 0

    def _forget(self, names: Sequence[str]) -> None:
        """Drop what was read and corrected of files that are not here any more."""
        kept = [o for o in read_overrides(self.folder) if o.file not in names]
        if len(kept) < len(read_overrides(self.folder)):
            write_overrides(self.folder, kept)
        with self._lock:
            self._read = {key: preview for key, preview in self._read.items() if key[0] not in names}

    def _preview(self, name: str) -> Preview:
        from index.apart import apart
        from index.ingest import parse_apart
        from index.read import media_type

        path = self.folder / name
        size, kind, refused = 0, "", ""
        documents: tuple[ParsedDocument, ...] = ()
        try:
            size = path.lstat().st_size
            kind = _KINDS.get(apart(media_type)(path, max_bytes=self._max_bytes), "docx")
            documents = tuple(parse_apart(path, max_bytes=self._max_bytes))
        except UnreadableFile as error:
            refused = str(error)
        except OSError:
            refused = message("file_gone", file="admin")
        except Exception as error:  # a fault of ours in one file must not keep the others out
            _log.error("a file could not be parsed: %s", type(error).__name__)
            refused = message("file_failed", file="admin")
        return Preview(name, size, message(f"kind_{kind}", file="admin") if kind else "", documents, refused)
