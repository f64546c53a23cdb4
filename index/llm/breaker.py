"""A circuit breaker: a service that fails in a row is left alone for a while, then tried once."""

from __future__ import annotations

from collections.abc import Callable

FAILURES = 3  # in a row, before the service rests
REST = 30.0  # seconds


class Breaker:
    """Counts the failures in a row. `clock` gives seconds that only go forward. One thread uses it at a time."""

    def __init__(self, clock: Callable[[], float], failures: int = FAILURES, rest: float = REST) -> None:
        self._clock, self._most, self._rest = clock, failures, rest
        self._failures = 0
        self._rests_until = 0.0

    @property
    def open(self) -> bool:
        """Whether calls are held back, as seen by any thread; nothing changes by looking."""
        return self._failures >= FAILURES and self._clock() < self._rests_until

    def permits(self) -> bool:
        """Whether a call may go. After the rest one may, and the next rest begins with it, so that it stays the only one."""
        if self._failures < self._most:
            return True
        if self._clock() < self._rests_until:
            return False
        self._rests_until = self._clock() + self._rest
        return True

    def succeeded(self) -> None:
        self._failures = 0

    def failed(self) -> None:
        self._failures += 1
        if self._failures >= self._most:
            self._rests_until = self._clock() + self._rest
