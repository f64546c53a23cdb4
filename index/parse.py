"""Files → parsed documents: in order, each in a child process, while the ones that follow are being parsed."""

from __future__ import annotations

import hashlib
import logging
import stat
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path

from rich.progress import track

from index.catalogue import FileEntry
from index.errors import UnreadableFile
from index.overrides import Override, fingerprint
from index.records import ParsedDocument

PROCESSES = 2
_SECOND_FROM = 40  # to start a second process costs more than to parse fewer files one after another
_AHEAD, _AHEAD_BYTES = 100, 20_000_000  # files parsed before they are asked for: their documents wait in memory
Tell = Callable[[int, int], None]  # files read, files to read
Job = tuple[Path, int, tuple[Override, ...]]  # a file, the most bytes it may have, what was corrected of it by hand
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Parsed:
    """One file as parsed: its documents, or why it was refused."""

    entry: FileEntry
    documents: tuple[ParsedDocument, ...]


@dataclass(frozen=True, slots=True)
class Reading:
    """How files are read: the size limit, what was corrected by hand by path, how progress is shown, in how many processes."""

    max_bytes: int
    progress: bool
    overrides: Mapping[str, tuple[Override, ...]] = field(default_factory=dict)
    tell: Tell | None = None
    processes: int = PROCESSES


def parse_each(paths: Sequence[Path], reading: Reading) -> Iterator[Parsed]:
    """The files as parsed; a file that is refused comes with its reason."""
    jobs = [(p, reading.max_bytes, reading.overrides.get(p.as_posix(), ())) for p in paths]
    done = _in_order(jobs, reading.processes if len(jobs) >= _SECOND_FROM else 1)
    return _told(track(done, "读取文件", total=len(jobs), disable=not reading.progress), len(jobs), reading.tell)


def _in_order(jobs: Sequence[Job], processes: int) -> Iterator[Parsed]:
    callers = ThreadPoolExecutor(processes)  # each waits for a process of its own
    waiting: deque[tuple[Future[Parsed], int]] = deque()
    try:
        for job in jobs:
            waiting.append((callers.submit(_parse, job), _size(job[0])))
            while len(waiting) > _AHEAD or (
                len(waiting) > processes and sum(size for _, size in waiting) > _AHEAD_BYTES
            ):
                yield waiting.popleft()[0].result()
        while waiting:
            yield waiting.popleft()[0].result()
    finally:
        callers.shutdown(wait=False, cancel_futures=True)


def _size(path: Path) -> int:
    try:
        return path.lstat().st_size
    except (OSError, ValueError):
        return 0


def _told(done: Iterable[Parsed], total: int, tell: Tell | None) -> Iterator[Parsed]:
    for number, parsed in enumerate(done, 1):
        if tell is not None:
            tell(number, total)
        yield parsed


def _parse(job: Job) -> Parsed:
    from index.ingest import parse_apart
    from index.read import readable

    path, max_bytes, overrides = job
    entry = FileEntry(readable(path), 0, 0, "", (), "", fingerprint(overrides))
    try:
        state = path.lstat()
        entry = replace(entry, size=state.st_size, mtime=state.st_mtime_ns)
        if stat.S_ISREG(state.st_mode) and state.st_size <= max_bytes:
            entry = replace(entry, sha256=digest(path))
        documents = tuple(parse_apart(path, max_bytes=max_bytes, overrides=overrides))
    except UnreadableFile as error:
        return Parsed(replace(entry, reason=str(error)), ())
    except (ChildProcessError, ImportError, MemoryError):
        raise  # no fault of the file
    except OSError:
        return Parsed(replace(entry, reason="文件打不开，请检查文件是否还在、是否有读取权限。"), ())
    except Exception:  # a fault of ours in one file must not keep the others out
        _log.exception("A file could not be parsed")
        return Parsed(replace(entry, reason="程序处理这份文件时出错，没有收入；请把文件交给维护人员检查。"), ())
    return Parsed(replace(entry, documents=tuple(d.document.id for d in documents)), documents)


def digest(path: Path) -> str:
    from index.read import open_file

    with open_file(path) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
