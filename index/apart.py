"""Work on files of unknown origin, done in child processes with limits: what hangs, swells or crashes there costs one file.

A child keeps working until it dies or has been idle for a while, so that its imports are paid once. It starts as a fresh
interpreter, never as a copy of this process, which may have threads, open stores and secrets.
"""

from __future__ import annotations

import atexit
import os
import pickle
import resource
import signal
import subprocess
import sys
import threading
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from pathlib import Path
from time import monotonic
from typing import Any, ParamSpec, TypeVar

from index.errors import UnprocessableFile, YoujuError

P = ParamSpec("P")
T = TypeVar("T")

_START_SECONDS = 120  # a busy machine takes its time to start an interpreter
_IDLE_SECONDS = 60
_ADVICE = "没有收入；请拆分文件，或把正文复制出来另存为 .txt 后再放入。"
_CRASHED = "读取这份文件时程序意外中断，没有收入；文件可能已损坏，请另存为新的文件后再放入。"
_SWOLLEN = f"读取这份文件要用的内存过多，已停止，{_ADVICE}"
_HUNG = "读取这份文件超过 {seconds} 秒，已停止，" + _ADVICE
# What a child keeps of the environment: where Python finds itself, no settings and no keys.
_ENVIRONMENT = ("PATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "PYTHONHOME", "PYTHONDONTWRITEBYTECODE")
_FORBIDDEN = ("socket.", "subprocess.", "os.system", "os.exec", "os.fork", "os.posix_spawn", "os.remove", "os.rename")


@dataclass(frozen=True, slots=True)
class Limits:
    """What one piece of work may take: seconds of the clock and of the processor, bytes of address space."""

    seconds: int = 60
    memory: int = 1 << 30


def apart(work: Callable[P, T], limits: Limits = Limits()) -> Callable[P, T]:
    """`work`, a function that a module names, done in a child; what it takes and gives must be picklable.

    Raises what `work` raises, where that is shown to users; `UnprocessableFile` where a limit was met or the child died; and
    `RuntimeError` with the child's traceback for a fault of ours.
    """

    def done(*args: P.args, **kwargs: P.kwargs) -> T:
        child = _take()
        try:
            outcome, value, reusable = child.do(pickle.dumps((work, args, kwargs, limits)), limits)
        except BaseException:
            child.end()
            raise
        if reusable:
            _give_back(child)
        else:
            child.end()
        if outcome == "raised":
            raise value
        return value  # type: ignore[no-any-return]

    return done


class _Child:
    """A process that does one piece of work after another."""

    def __init__(self) -> None:
        self._connection, theirs = Pipe()
        command = [sys.executable, "-P", "-m", "index.apart", str(theirs.fileno())]
        environment = {name: os.environ[name] for name in _ENVIRONMENT if name in os.environ}
        environment["PYTHONPATH"] = os.pathsep.join(map(os.path.abspath, sys.path))
        environment |= {"HOME": os.devnull, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
        quiet = subprocess.DEVNULL
        with theirs:
            self._process = subprocess.Popen(
                command,
                pass_fds=[theirs.fileno()],
                env=environment,
                stdin=quiet,
                stdout=quiet,
                stderr=quiet,
                start_new_session=True,  # Ctrl-C is for us
            )
        self._used = monotonic()
        with suppress(EOFError, ConnectionError):
            if self._connection.poll(_START_SECONDS):
                self._connection.recv_bytes()
                return
        self.end()
        raise ChildProcessError("a process to read files in does not start")

    def do(self, task: bytes, limits: Limits) -> tuple[str, Any, bool]:
        """How it ended (`done`, `raised`), with what, and whether the child can go on."""
        try:
            self._connection.send_bytes(task)
            if not self._connection.poll(limits.seconds):
                raise UnprocessableFile(_HUNG.format(seconds=limits.seconds))
            return pickle.loads(self._connection.recv_bytes())  # type: ignore[no-any-return]
        except (EOFError, ConnectionError) as error:
            slow = self._process.wait() == -signal.SIGXCPU
            raise UnprocessableFile(_HUNG.format(seconds=limits.seconds) if slow else _CRASHED) from error
        finally:
            self._used = monotonic()

    @property
    def alive(self) -> bool:
        """Whether it still waits for work; one that waited for long may be about to leave."""
        return self._process.poll() is None and monotonic() - self._used < _IDLE_SECONDS / 2

    def end(self) -> None:
        self._connection.close()
        self._process.kill()
        self._process.wait()


_waiting: list[_Child] = []
_lock = threading.Lock()


def _take() -> _Child:
    """The child that worked last, or a new one. There are as many as work is asked for at a time."""
    with _lock:
        child = next((c for c in reversed(_waiting) if c.alive), None)
        gone = [c for c in _waiting if not c.alive]
        _waiting[:] = [c for c in _waiting if c is not child and c not in gone]
    for other in gone:
        other.end()
    return child or _Child()


def _give_back(child: _Child) -> None:
    with _lock:
        _waiting.append(child)


@atexit.register
def _end_all() -> None:
    while _waiting:
        _waiting.pop().end()


# --- in the child -------------------------------------------------------------------------------------------------


def _serve(connection: Connection) -> None:
    """Do what comes until nothing comes for a while, the parent is gone, or memory is used up that may not be given back."""
    _confine()
    connection.send_bytes(b"ready")
    with suppress(EOFError, ConnectionError):
        while connection.poll(_IDLE_SECONDS):
            outcome, reusable = _outcome(connection.recv_bytes())
            connection.send_bytes(outcome)
            if not reusable:
                return


def _confine() -> None:
    """No file is written, no core dumped, no connection made, no process started from here on."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))

    def refuse(event: str, args: tuple[object, ...]) -> None:  # noqa: ARG001
        if event.startswith(_FORBIDDEN) and event != "socket.__new__":
            raise PermissionError(f"{event} is not for a process that reads files")

    sys.addaudithook(refuse)


def _outcome(task: bytes) -> tuple[bytes, bool]:
    """What `_Child.do` returns, pickled, and whether the next piece of work may come here too."""
    limits = Limits()
    try:
        work, args, kwargs, limits = pickle.loads(task)
        _limit(limits)
        outcome: tuple[str, Any] = "done", work(*args, **kwargs)
        return _packed(outcome, limits)
    except MemoryError:
        work = args = kwargs = outcome = None  # type: ignore[assignment]
        return _packed(("raised", UnprocessableFile(_SWOLLEN)), limits)
    except YoujuError as error:
        return _packed(("raised", error), limits)
    except Exception as error:
        kind = ImportError if isinstance(error, ImportError) else RuntimeError
        return _packed(("raised", kind(traceback.format_exc())), limits)


def _packed(outcome: tuple[str, Any], limits: Limits) -> tuple[bytes, bool]:
    """A child that still holds much memory is not used again: it would count against the next file."""
    reusable = _address_space() < limits.memory / 2
    return pickle.dumps((*outcome, reusable)), reusable


def _address_space() -> int:
    """Bytes of this process; 0 where the system does not say."""
    try:
        return int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    except OSError:
        return 0


def _limit(limits: Limits) -> None:
    used = resource.getrusage(resource.RUSAGE_SELF)
    seconds = int(used.ru_utime + used.ru_stime) + limits.seconds + 1
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, resource.RLIM_INFINITY))
    with suppress(ValueError):  # macOS does not keep to it
        resource.setrlimit(resource.RLIMIT_AS, (limits.memory, resource.RLIM_INFINITY))


if __name__ == "__main__":
    _serve(Connection(int(sys.argv[1])))
