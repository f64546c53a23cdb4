"""The library that is being served: a newer generation takes its place once it is open, and only if it is sound."""

from __future__ import annotations

import gc
import logging
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from bot.answer import Answerer
from bot.find import Finder
from bot.lexicon import load_lexicon
from bot.settings import Settings
from index.embed import load_embedder
from index.errors import LibraryError, ModelError
from index.fallback import open_current, open_sound
from index.generation import current_number
from index.library import Library
from index.llm.client import ChatModel, open_model
from index.removed import removed

if TYPE_CHECKING:
    from bot.journal import Journal

RETRY = 60.0  # seconds after which a generation that could not be opened is tried again
_log = logging.getLogger("youju")
State = tuple[tuple[int, int] | None, ...]


@dataclass(frozen=True, slots=True)
class Trouble:
    """What keeps answers from coming as they should: the number of the generation that is to answer (0 unknown), a sentence, since
    when (ISO 8601, UTC).
    """

    wanted: int
    reason: str
    since: str


@dataclass(frozen=True, slots=True)
class Served:
    """What answers questions, all of one generation."""

    answerer: Answerer
    finder: Finder


def _opened(model: ChatModel) -> None:
    with suppress(ModelError):  # the first question will say what is wrong with it
        model.open()


class Shelf:
    """Answerer and finder over the newest sound generation. Questions under way keep the one they began with.

    A question never waits for a generation to be opened: the one before answers meanwhile.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.embedder = load_embedder(settings.embedder)
        self.model = open_model(settings.language_model) if settings.language_model else None
        self._server = settings.servers.server()
        self._trouble: Trouble | None = None
        self._busy = threading.Lock()  # held while a generation is opened
        self._seen, self._tried = self._state(), time.monotonic()
        opened = open_sound(settings.home, self.embedder, self._server)
        self._note(opened.trouble)
        self._serve(opened.library)

    def answering(self, library: Library) -> Answerer:
        """What answers from a library."""
        return Answerer(library, self.settings, model=self.model)

    def _serve(self, library: Library) -> None:
        """Answer from a library. Its records live as long as it does: a full collection over them would stop a question for
        0.2 s, so the collector looks at them once, here.
        """
        answerer = self.answering(library)
        finder = Finder(library, answerer.names, answerer.superseded, answerer.lexicon)
        self._served = Served(answerer, finder)
        gc.unfreeze()
        gc.collect()
        gc.freeze()

    @property
    def answerer(self) -> Answerer:
        self._look()
        return self._served.answerer

    @property
    def finder(self) -> Finder:
        self._look()
        return self._served.finder

    @property
    def trouble(self) -> Trouble | None:
        """Why answers come from an earlier generation, or from the folder in place of a server; None where all is well."""
        away = self._served.answerer.library.away
        if self._trouble is None and away is not None:
            return Trouble(current_number(self.settings.home), away.reason, away.since)
        return self._trouble

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
        with self._busy:
            self._serve(self._served.answerer.library)

    def refresh(self) -> None:
        """Serve the current generation when this returns, or keep the one being served and say so in `trouble`."""
        with self._busy:
            self._refresh()

    def _look(self) -> None:
        """Begin to open what has been published since, in a thread of its own."""
        again = self._trouble is not None and time.monotonic() - self._tried > RETRY
        if (again or self._state() != self._seen) and self._busy.acquire(blocking=False):
            threading.Thread(target=self._refresh_and_release, name="youju-refresh", daemon=True).start()

    def _refresh_and_release(self) -> None:
        try:
            self._refresh()
        except Exception as error:  # the thread ends here: nobody else would notice
            _log.error("a generation was not opened: %s", type(error).__name__)
        finally:
            self._busy.release()

    def _refresh(self) -> None:
        self._seen, self._tried = self._state(), time.monotonic()
        try:
            self._serve(open_current(self.settings.home, self.embedder, server=self._server))
            self._note("")
        except LibraryError as error:
            self._note(str(error))
            self._hide()

    def _hide(self) -> None:
        """Go on with the library being served, without what has been removed since."""
        served = self._served.answerer.library
        gone = removed(self.settings.home)
        if any(d.id in gone for d in served.documents()):
            self._serve(served.without(gone | served.removed))

    def _note(self, reason: str) -> None:
        before = self._trouble
        if not reason:
            self._trouble = None
            if before is not None:
                _log.warning("the current generation is served again")
            return
        since = before.since if before else datetime.now(UTC).isoformat(timespec="seconds")
        self._trouble = Trouble(current_number(self.settings.home), reason, since)
        if self._trouble != before:
            _log.warning("generation %s is not served: %s", self._trouble.wanted or "unknown", reason)

    def _state(self) -> State:
        """What changes when a generation is published or a document removed: two looks at the disk."""
        return tuple(_identity(self.settings.home / name) for name in ("CURRENT", "REMOVED"))


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns
