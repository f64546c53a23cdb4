"""The library that is being served: reopened when a newer generation has been published."""

from __future__ import annotations

import gc
import threading
from contextlib import suppress
from functools import cached_property
from typing import TYPE_CHECKING

from bot.answer import Answerer
from bot.find import Finder
from bot.lexicon import load_lexicon
from bot.settings import Settings
from index.embed import load_embedder
from index.errors import ModelError
from index.library import open_library
from index.llm.client import ChatModel, open_model

if TYPE_CHECKING:
    from bot.journal import Journal


def _opened(model: ChatModel) -> None:
    with suppress(ModelError):  # the first question will say what is wrong with it
        model.open()


class Shelf:
    """Answerer and finder over the current generation. Questions under way keep the one they began with."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.embedder = load_embedder(settings.embedder)
        self.model = open_model(settings.language_model) if settings.language_model else None
        self._lock = threading.Lock()
        self._open()

    def _open(self) -> None:
        """Open the current generation. Its records live as long as it does: a full collection over them would stop a
        question for 0.2 s, so the collector looks at them once, here.
        """
        gc.unfreeze()
        library = open_library(self.settings.home, self.embedder)
        self._answerer = Answerer(library, self.settings, model=self.model)
        self._finder = self._finder_of(self._answerer)
        gc.collect()
        gc.freeze()

    @staticmethod
    def _finder_of(answerer: Answerer) -> Finder:
        return Finder(answerer.library, answerer.names, answerer.superseded, answerer.lexicon)

    @property
    def answerer(self) -> Answerer:
        with self._lock:
            if self._answerer.library.stale():
                self._open()
            return self._answerer

    @cached_property
    def journal(self) -> Journal:
        """Where receipts and feedback are kept. Raises `SettingsError` for a URL that cannot work."""
        from bot.journal import Journal, default_url

        url = self.settings.journal_url
        return Journal(url.get_secret_value() if url else default_url(self.settings.home), self.settings.receipt_days)

    def warm(self) -> None:
        """Open the language model beside the program, so that the first question need not wait for its imports."""
        if self.model is not None:
            threading.Thread(target=_opened, args=(self.model,), daemon=True).start()

    def reload(self) -> None:
        """Read the staff lexicon again and answer with it from now on."""
        load_lexicon.cache_clear()
        with self._lock:
            self._open()

    @property
    def finder(self) -> Finder:
        current = self.answerer  # reopens if need be
        with self._lock:
            if self._finder.library is current.library:
                return self._finder
            return self._finder_of(current)
