"""The library that is being served: reopened when a newer generation has been published."""

from __future__ import annotations

import threading

from bot.answer import Answerer
from bot.find import Finder
from bot.settings import Settings
from index.embed import load_embedder
from index.library import open_library


class Shelf:
    """Answerer and finder over the current generation. Questions under way keep the one they began with."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._embedder = load_embedder(settings.embedder)
        self._lock = threading.Lock()
        self._open()

    def _open(self) -> None:
        library = open_library(self.settings.home, self._embedder)
        self._answerer = Answerer(library, self.settings)
        self._finder = Finder(library, self._answerer.names, self._answerer.superseded)

    @property
    def answerer(self) -> Answerer:
        with self._lock:
            if self._answerer.library.stale():
                self._open()
            return self._answerer

    @property
    def finder(self) -> Finder:
        current = self.answerer  # reopens if need be
        with self._lock:
            if self._finder.library is current.library:
                return self._finder
            return Finder(current.library, current.names, current.superseded)
