"""Patience with what may not answer: a call waits for a while, then nobody waits for some time, and the log is told once."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

from index.llm.breaker import Breaker

T = TypeVar("T")
_log = logging.getLogger("youju")


class Resting(Exception):
    """Not tried, since it did not answer a moment ago."""


class Patience:
    """Runs work that may hang; threads may share it.

    Work that takes longer than `seconds` has failed. After a failure that took half as long or longer nothing is tried for
    `rest` seconds, then one call tries; what fails at once keeps nobody waiting and needs no rest.
    """

    def __init__(self, seconds: float, rest: float) -> None:
        self.seconds = seconds
        self._breaker = Breaker(time.monotonic, failures=1, rest=rest)
        self._lock = threading.Lock()

    def run(self, work: Callable[[], T]) -> T:
        """The result of `work`. Raises what it raises, `TimeoutError` when it takes too long, and `Resting`."""
        with self._lock:
            if not self._breaker.permits():
                raise Resting
        began, failed = time.monotonic(), True
        try:
            result = within(self.seconds, work)
            failed = False
            return result
        finally:
            slow = failed and time.monotonic() - began >= self.seconds / 2
            with self._lock:
                (self._breaker.failed if slow else self._breaker.succeeded)()


def within(seconds: float, work: Callable[[], T]) -> T:
    """The result of `work`, which runs in a thread of its own. Raises what it raises, and `TimeoutError` after `seconds`.

    A thread that waits for a socket or a disk cannot be stopped: it is left behind, and what it does late is lost to the caller.
    """
    done: Future[T] = Future()

    def run() -> None:
        try:
            done.set_result(work())
        except BaseException as error:  # raised again where the result is waited for
            done.set_exception(error)

    threading.Thread(target=run, daemon=True).start()
    return done.result(seconds)


class Outages:
    """Tells the log of the first failure of each kind of use, and of the first success after it. Threads may share it."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._failing: set[str] = set()
        self._lock = threading.Lock()

    def failed(self, use: str, reason: str) -> None:
        with self._lock:
            new = use not in self._failing
            self._failing.add(use)
        if new:
            _log.warning("the %s fails (%s): %s", self._what, use, reason)

    def worked(self, use: str) -> None:
        with self._lock:
            again = use in self._failing
            self._failing.discard(use)
        if again:
            _log.warning("the %s works again (%s)", self._what, use)
