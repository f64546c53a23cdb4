"""Where chunks are searched: in the folder of a generation, or on a server that was filled from it (ADR 19).

The folder is always whole; what is on a server can be made from it again. So a server that is away, or that lacks the generation, makes
answers slower and never other ones: the folder is searched meanwhile.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from index.dense import DenseIndex
from index.errors import LibraryError, ServerAway, SettingsError
from index.lexical import LexicalIndex
from index.manifest import Manifest

RETRY = 5.0  # seconds until a server that did not answer is tried again
Found = list[tuple[str, float]]  # chunk ids with their scores, best first
_log = logging.getLogger("youju")


class DenseStore(Protocol):
    """Vectors of chunks, by cosine."""

    def search(self, vector: NDArray[np.float32], k: int) -> Found: ...
    def vectors(self, ids: Sequence[str]) -> list[NDArray[np.float32]]: ...
    def ids(self) -> set[str]: ...
    def count(self) -> int: ...


class LexicalStore(Protocol):
    """Words of chunks, by BM25."""

    def search(
        self,
        terms: Sequence[tuple[str, float]],
        k: int,
        boosts: Mapping[str, float] | None = None,
        documents: Collection[str] | None = None,
    ) -> Found: ...
    def ids(self) -> set[str]: ...
    def count(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Pair:
    """The two stores of one generation."""

    dense: DenseStore
    lexical: LexicalStore


class Server(Protocol):
    """Holds generations for searching. Every call raises `ServerAway` where it does not answer or lacks what is asked for."""

    def fill(self, folder: Path, manifest: Manifest, owner: str) -> None:
        """Hold a generation when this returns, verified; nothing is done where it is held already."""

    def open(self, folder: Path, manifest: Manifest) -> Pair:
        """The stores of a generation, those on the server and those that stay in its folder."""

    def collect(self, owner: str, kept: Collection[str]) -> None:
        """Drop what an owner filled in, whole or not, but for the generations of these fingerprints."""


@contextmanager
def asking(sentence: str) -> Iterator[None]:
    """What goes wrong between here and a server is told as this sentence: HTTP, a proxy, the server and what it sends."""
    try:
        yield
    except (LibraryError, SettingsError):
        raise
    except Exception as error:
        raise ServerAway(sentence) from error


@dataclass(frozen=True, slots=True)
class Away:
    """Why a server is not used: a sentence, since when (ISO 8601, UTC)."""

    reason: str
    since: str


class Stores(Protocol):
    """What a library searches."""

    @property
    def away(self) -> Away | None: ...
    def ask(self, question: Callable[[Pair], Found]) -> Found: ...
    def counts(self) -> set[int]: ...


class InFolder:
    """The stores of a generation in its folder."""

    away = None

    def __init__(self, folder: Path) -> None:
        self.pair = Pair(DenseIndex(folder / "chroma"), LexicalIndex(folder / "lexical"))

    def ask(self, question: Callable[[Pair], Found]) -> Found:
        return question(self.pair)

    def counts(self) -> set[int]:
        """How many chunks each store holds: one number where all is well."""
        return {self.pair.dense.count(), self.pair.lexical.count()}


class OnServer:
    """The stores of a generation on a server; those in its folder as long as the server does not do.

    One question in `RETRY` seconds tries a server that failed, the others do not wait for it.
    """

    def __init__(self, folder: Path, connect: Callable[[], Pair]) -> None:
        self._folder, self._connect = folder, connect
        self._far: Pair | None = None
        self._near: InFolder | None = None
        self._busy = threading.Lock()
        self._again = 0.0
        self.away: Away | None = None
        self._reach()

    def ask(self, question: Callable[[Pair], Found]) -> Found:
        far = self._far or self._reach()
        if far is not None:
            try:
                return question(far)
            except LibraryError as error:
                self._lost(error)
        return self._in_folder().ask(question)

    def counts(self) -> set[int]:
        """How many chunks each store holds. What a server holds was counted when it was connected."""
        far = self._far
        return {far.dense.count(), far.lexical.count()} if far else self._in_folder().counts()

    def _reach(self) -> Pair | None:
        if time.monotonic() < self._again or not self._busy.acquire(blocking=False):
            return None
        try:
            self._far = self._connect()
            if self.away is not None:
                _log.warning("the server answers again")
            self.away = None
        except LibraryError as error:
            self._lost(error)
        finally:
            self._busy.release()
        return self._far

    def _lost(self, error: LibraryError) -> None:
        self._far, self._again = None, time.monotonic() + RETRY
        since = self.away.since if self.away else datetime.now(UTC).isoformat(timespec="seconds")
        if self.away is None:
            _log.warning("the folder is searched in place of the server: %s", error)
        self.away = Away(str(error), since)

    def _in_folder(self) -> InFolder:
        near = self._near
        if near is None:
            near = self._near = InFolder(self._folder)
        return near


def open_stores(folder: Path, manifest: Manifest, server: Server | None) -> Stores:
    """What to search of a generation. Raises `LibraryDamaged` where it cannot be searched at all."""
    return OnServer(folder, lambda: server.open(folder, manifest)) if server else InFolder(folder)
