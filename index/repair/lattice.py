"""The likeliest text through a lattice of character choices."""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterator
from dataclasses import dataclass, field

from index.repair.frequencies import LONGEST, Words
from index.repair.gbk_bytes import Choice

_KEPT = 12


@dataclass(slots=True)
class Lattice:
    """Nodes 0…n in reading order; `edges[a]` lists (b, choices): from a to b stands one of these characters."""

    edges: list[list[tuple[int, list[Choice]]]] = field(default_factory=lambda: [[]])

    def node(self) -> int:
        self.edges.append([])
        return len(self.edges) - 1

    def join(self, start: int, end: int, choices: list[Choice]) -> None:
        if choices:
            self.edges[start].append((end, choices))


@dataclass(frozen=True, slots=True)
class Reading:
    """A text through the lattice and its log probability."""

    raw: str
    plain: str
    log: float


def best_readings(lattice: Lattice, end: int, words: Words, marks: dict[str, float]) -> list[Reading]:
    """The likeliest distinct texts from node 0 to `end`, best first; nodes must be numbered in reading order.

    A text is as likely as its best division into words; `marks` gives the log probabilities of what is no word.
    """
    best: list[dict[str, Reading]] = [{} for _ in lattice.edges]
    best[0][""] = Reading("", "", 0.0)
    for start in range(len(lattice.edges)):
        kept = heapq.nlargest(_KEPT, best[start].values(), key=lambda r: r.log)
        if not kept or start == end:
            continue
        for stop, raw, plain in _words_from(lattice, start, words):
            log = marks[plain] if plain in marks else words.log(plain)
            if log > -math.inf:
                _extend(best[stop], kept, Reading(raw, plain, log))
    return sorted(best[end].values(), key=lambda r: -r.log)[:_KEPT]


def _extend(there: dict[str, Reading], kept: list[Reading], word: Reading) -> None:
    for before in kept:
        plain, log = before.plain + word.plain, before.log + word.log
        if plain not in there or there[plain].log < log:
            there[plain] = Reading(before.raw + word.raw, plain, log)


def _words_from(lattice: Lattice, start: int, words: Words) -> Iterator[tuple[int, str, str]]:
    """Every word (or single character) that can be read from `start`, with the node behind it."""
    open_ends = [(start, "", "")]
    for _ in range(LONGEST):
        longer: list[tuple[int, str, str]] = []
        for at, raw, plain in open_ends:
            for stop, choices in lattice.edges[at]:
                for choice in choices:
                    text = plain + choice.plain
                    if not plain or text in words.logs:
                        yield stop, raw + choice.raw, text
                    if text in words.beginnings:
                        longer.append((stop, raw + choice.raw, text))
        open_ends = longer
