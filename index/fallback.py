"""The library to answer from: the current generation, or the last good one where that is damaged."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from index.embed import Embedder
from index.errors import EmbedderMismatch, LibraryError, LibraryUnproved, NoLibrary
from index.generation import current, earlier
from index.library import Library, open_generation
from index.probe import PATIENT, probe
from index.stores import Server

QUICK = 8.0  # seconds that a probe may take while questions wait and there is something to fall back to


@dataclass(frozen=True, slots=True)
class Opened:
    """A library; `trouble` says why it is not the current generation, empty where it is."""

    library: Library
    trouble: str


def open_sound(home: Path, embedder: Embedder, server: Server | None = None) -> Opened:
    """Open the newest sound generation, each one probed before. What was removed since it was current does not answer.

    Raises what is wrong with the current one where there is no other: `NoLibrary`, `LibraryDamaged`, `LibraryUnproved` or
    `EmbedderMismatch`, the last one in any case: it is for whoever keeps the settings.
    """
    before = [folder for folder, _ in earlier(home)]
    try:
        return Opened(open_current(home, embedder, QUICK if before else PATIENT, server=server), "")
    except (NoLibrary, EmbedderMismatch):
        raise
    except LibraryError as error:
        trouble = error
    for folder in before:
        with suppress(LibraryError):
            library = open_generation(home, folder, embedder, partial(probe, home), server=server)
            return Opened(library, str(trouble))
    if isinstance(trouble, LibraryUnproved):  # there is nothing to fall back to, so it takes the time that it takes
        return Opened(open_current(home, embedder, server=server), "")
    raise trouble


def open_current(home: Path, embedder: Embedder, seconds: float = PATIENT, *, server: Server | None = None) -> Library:
    """Open the current generation, probed before. Raises `LibraryError` with what is wrong."""
    return open_generation(home, current(home), embedder, partial(probe, home, seconds=seconds), server=server)
