"""What is put around the page's application when its server starts: the guard, the proxies' word, the metrics' port."""

from __future__ import annotations

import ctypes
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager, suppress
from typing import Any

from bot import metrics
from bot.headers import First
from bot.pace import Kind, Line, Pace
from bot.proxies import Proxies
from bot.shelf import Shelf
from bot.web import Guard, KindOf

_M_ARENA_MAX = -8  # malloc.h of glibc


class Guarded:
    """Puts the guard around Gradio's whole application, its own layers included, before the server takes requests."""

    def __init__(self, shelf: Shelf, demo: Any, first: First) -> None:
        self._shelf, self._demo, self._first = shelf, demo, first
        self.line = Line()
        self.stands = False

    @asynccontextmanager
    async def lifespan(self, app: Any) -> AsyncIterator[None]:
        settings = self._shelf.settings
        pace = Pace(settings.burst, settings.per_hour)
        kinds = kind_of(self._demo)
        guard = Guard(app.middleware_stack, pace, self._first, line=self.line, kind_of=kinds, mcp=settings.mcp)
        app.middleware_stack = Proxies(guard, settings.proxies)
        self.stands = True
        with ExitStack() as closing:
            if settings.metrics_port:
                closing.callback(metrics.serve_metrics(self._shelf, settings.metrics_port, self.waiting))
            yield

    def waiting(self) -> int:
        """Questions at work or waiting, those of the page and those of scripts."""
        return len(self._demo._queue) + self.line.length


def kind_of(demo: Any) -> KindOf:
    """What each event of a page counts as: a question, or one of the many smaller things that a page does."""
    names = {number: event.name for number, event in demo.fns.items()}

    def kind(number: int, address: str) -> Kind | None:
        name = names.get(number)
        if name is None:  # none there, or one that a browser does by itself
            return None
        # A page that is opened asks if its address does.
        return "ask" if name == "ask" or (name == "open" and "q=" in address) else "look"

    return kind


def few_arenas() -> None:
    """Let all threads allocate from two places. glibc gives each its own, up to eight a core, where what is freed stays: 18 MiB more."""
    with suppress(OSError, AttributeError):  # another C library
        ctypes.CDLL(None).mallopt(_M_ARENA_MAX, 2)
