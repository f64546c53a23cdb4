"""Folders in step with the library: what changes there is applied once it has been quiet for a moment (the only importer of watchdog)."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from index.errors import YoujuError

QUIET = 2.0  # seconds without a change after which a change counts as whole
_LONGEST = 60.0  # seconds of changes after which they are applied all the same
_RECHECK = 3600.0  # seconds after which folders are looked through without a change: network drives tell nothing
_RETRY = 30.0  # seconds after which what failed is tried again
_LOOK = 5.0  # seconds after which it is looked whether a folder was replaced
_READING = {"opened", "closed_no_write"}  # what reading a folder causes itself


def keep_in_step(change: Callable[[], None], watch: Watch, failed: Callable[[YoujuError], None]) -> None:
    """Call `change` now and after each change of the folders, for ever. What it raises is told to `failed` and tried again."""
    while True:
        try:
            change()
            pause = _RECHECK
        except YoujuError as error:
            failed(error)
            pause = _RETRY
        watch.wait(pause)


class Watch:
    """Watches folders, also those that come only later; ended by `close`."""

    def __init__(self, folders: Iterable[Path], quiet: float = QUIET) -> None:
        self._folders = tuple(folders)
        self._quiet = quiet
        self._changed = threading.Event()
        self._observer: Any = None
        self._seen = self._identities()
        self._observe()

    def wait(self, at_most: float) -> None:
        """Return when something has changed and it has been quiet since, at the latest after so many seconds."""
        deadline = time.monotonic() + at_most
        while not self._changed.wait(max(0.0, min(_LOOK, deadline - time.monotonic()))):
            if self._replaced():
                return
            if time.monotonic() >= deadline:
                return
        longest = time.monotonic() + _LONGEST
        while self._changed.is_set() and time.monotonic() < longest:
            self._changed.clear()
            self._changed.wait(self._quiet)
        self._changed.clear()

    def close(self) -> None:
        if self._observer is not None:
            self._observer.stop()
            self._observer.join()
            self._observer = None

    def _replaced(self) -> bool:
        """Whether another folder, or none, lies where one was watched; it is the one to watch from now on."""
        now = self._identities()
        if now == self._seen:
            return False
        self._seen = now
        self.close()
        self._observe()
        return True

    def _identities(self) -> tuple[tuple[int, int] | None, ...]:
        return tuple(map(_identity, self._folders))

    def _observe(self) -> None:
        from watchdog.observers import Observer
        from watchdog.observers.polling import PollingObserver

        try:
            self._observer = self._started(Observer())
        except OSError:  # the system does not let us watch so many folders
            self._observer = self._started(PollingObserver())

    def _started(self, observer: Any) -> Any:
        from watchdog.events import FileSystemEvent, FileSystemEventHandler

        changed = self._changed

        class Noted(FileSystemEventHandler):
            """Notes that something changed, whatever it was."""

            def on_any_event(self, event: FileSystemEvent) -> None:
                if event.event_type not in _READING:
                    changed.set()

        for folder in self._folders:
            if folder.is_dir():
                observer.schedule(Noted(), str(folder), recursive=True)
        observer.start()
        return observer


def _identity(folder: Path) -> tuple[int, int] | None:
    try:
        state = folder.stat()
    except OSError:
        return None
    return state.st_dev, state.st_ino
