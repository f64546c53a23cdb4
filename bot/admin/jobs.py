"""Work that takes longer than a page: one job at a time, in a thread, with its progress to look at."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace

from bot.logs import report
from bot.messages import message
from bot.site import BadInput
from index.errors import LibraryBusy, YoujuError

Tell = Callable[[int, int], None]
Work = Callable[[Tell], str]


@dataclass(frozen=True, slots=True)
class Progress:
    """How a job stands: steps done of `total`, and when it is over the sentence that tells how it went."""

    name: str
    done: int = 0
    total: int = 0
    running: bool = True
    failed: bool = False
    said: str = ""


class Jobs:
    """Runs one job at a time and remembers the last one."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._last: Progress | None = None
        self._thread: threading.Thread | None = None

    @property
    def last(self) -> Progress | None:
        with self._lock:
            return self._last

    def start(self, name: str, work: Work) -> None:
        """Begin a job. Raises `LibraryBusy` while another one runs."""
        with self._lock:
            if self._last is not None and self._last.running:
                raise LibraryBusy(message("job_running", file="admin", name=self._last.name))
            self._last = Progress(name)
            self._thread = threading.Thread(target=self._run, args=(work,), name="youju-job", daemon=True)
            self._thread.start()

    def wait(self, seconds: float = 60.0) -> None:
        """Wait until the job that runs is over."""
        if self._thread is not None:
            self._thread.join(seconds)

    def _run(self, work: Work) -> None:
        try:
            self._note(said=work(self._tell), running=False)
        except (YoujuError, BadInput) as error:
            self._note(said=str(error), running=False, failed=True)
        except Exception as error:  # the thread ends here: nobody else would notice
            told = message("job_failed", file="admin", id=report(error, "a job failed"))
            self._note(said=told, running=False, failed=True)

    def _tell(self, done: int, total: int) -> None:
        self._note(done=done, total=total)

    def _note(self, **changes: int | bool | str) -> None:
        with self._lock:
            if self._last is not None:
                self._last = replace(self._last, **changes)  # type: ignore[arg-type]
