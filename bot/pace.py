"""How fast one address may ask, and how many may wait for an answer at once (the only importer of limits)."""

from __future__ import annotations

import asyncio
import math
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Literal

from limits import RateLimitItem, RateLimitItemPerHour, RateLimitItemPerSecond
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

Kind = Literal["ask", "look"]
# A school has one address for all its teachers: 25 questions in ten seconds are a whole class asking, 3,000 in an hour are
# fifteen of each of two hundred. A program that floods is stopped by the first after ten seconds, by the second in the long run.
BURST, WINDOW, PER_HOUR = 25, 10, 3000
# Whatever else a page does (opening, looking up as one types) comes oftener than questions and costs a fraction of one.
LOOKS = 10


class Pace:
    """Counts what each address does, in windows that move with the clock; 0 sets no limit."""

    def __init__(self, burst: int = BURST, per_hour: int = PER_HOUR, window: int = WINDOW) -> None:
        self._counted = MovingWindowRateLimiter(MemoryStorage())
        seconds = [RateLimitItemPerSecond(n, window) for n in (burst, burst * LOOKS) if n]
        hour = [RateLimitItemPerHour(per_hour)] if per_hour else []
        self._limits: dict[Kind, list[RateLimitItem]] = {"ask": [*seconds[:1], *hour], "look": [*seconds[1:]]}

    def wait(self, client: str, kind: Kind = "ask") -> int:
        """Seconds until this address may do that, 0 for now: then it is counted. What is refused is not counted."""
        named = (kind, _network(client))
        full = [limit for limit in self._limits[kind] if not self._counted.test(limit, *named)]
        if full:
            resets = max(self._counted.get_window_stats(limit, *named).reset_time for limit in full)
            return max(1, math.ceil(resets - time.time()))
        for limit in self._limits[kind]:
            self._counted.hit(limit, *named)
        return 0


def _network(client: str) -> str:
    """The address that is counted: of IPv6 the network, since one household has billions of addresses in it."""
    try:
        address = ip_address(client)
    except ValueError:
        return client
    if isinstance(address, IPv6Address):
        return str(address.ipv4_mapped or ip_network((address, 64), strict=False))
    return client


class Full(Exception):
    """So many are waiting that another one would wait too long."""


class Streams:
    """Counts the answers that stay open, of one address and of all: each holds a file descriptor as long as its client likes."""

    def __init__(self, of_one: int = 400, of_all: int = 800) -> None:
        self._open: Counter[str] = Counter()
        self._of_one, self._of_all = of_one, of_all

    @contextmanager
    def place(self, client: str) -> Iterator[None]:
        """Keep one open. Raises `Full` where there are too many."""
        client = _network(client)
        if self._open[client] >= self._of_one or self._open.total() >= self._of_all:
            raise Full
        self._open[client] += 1
        try:
            yield
        finally:
            self._open[client] -= 1
            if not self._open[client]:
                del self._open[client]


class Line:
    """Lets `at_once` work and `waiting` more wait, each for `seconds` at the most.

    Under ten times what two cores can do, 4, 36 and 8 s let a third of the visits run out of time and took 22 s to recover; these
    numbers let none, and took 8 s (docs/operate.md).
    """

    def __init__(self, at_once: int = 2, waiting: int = 10, seconds: float = 3.0) -> None:
        self._free = asyncio.Semaphore(at_once)
        self._places, self._seconds = at_once + waiting, seconds
        self.length = 0

    @asynccontextmanager
    async def place(self) -> AsyncIterator[None]:
        """A turn. Raises `Full` where there is none in time."""
        if self.length >= self._places:
            raise Full
        self.length += 1
        try:
            await self._turn()
            try:
                yield
            finally:
                self._free.release()
        finally:
            self.length -= 1

    async def _turn(self) -> None:
        try:
            await asyncio.wait_for(self._free.acquire(), self._seconds)
        except TimeoutError as error:
            raise Full from error
