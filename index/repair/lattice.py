"""The likeliest text through a lattice of character choices."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from dataclasses import dataclass, field

from index.repair.frequencies import LONGEST, Words
from index.repair.gbk_bytes import Choice

_KEPT = 8
# Of many characters that fit, so many of the commonest may stand as a word of their own.
_SINGLES = 40
# A character that nobody knows, and the rarest that is believed without a word around it.
_UNSEEN, _RARE = -17.0, -12.5
# A line seldom ends on a word of one character.
_SHORT_END = -4.0


@dataclass(frozen=True, slots=True)
class Edge:
    """One of `choices` stands between a node and the node `end`; `log` is how likely it is that the bytes went this way."""

    end: int
    choices: tuple[Choice, ...]
    log: float


@dataclass(slots=True)
class Lattice:
    """Nodes 0…n in reading order, and the edges that leave each."""

    edges: list[list[Edge]] = field(default_factory=lambda: [[]])

    def node(self) -> int:
        self.edges.append([])
        return len(self.edges) - 1

    def join(self, start: int, end: int, choices: list[Choice], log: float = 0.0) -> None:
        if choices:
            self.edges[start].append(Edge(end, tuple(choices), log))


@dataclass(frozen=True, slots=True)
class Reading:
    """A text through the lattice and its log probability."""

    raw: str
    plain: str
    log: float


def best_readings(lattice: Lattice, words: Words, marks: dict[str, float], *, ends: bool) -> list[Reading]:
    """The likeliest distinct texts from the first node to the last, best first.

    A text is as likely as its best division into words; `marks` gives the log probabilities of what is no word. `ends`
    tells that the line ends here.
    """
    best: list[dict[str, Reading]] = [{} for _ in lattice.edges]
    best[0][""] = Reading("", "", 0.0)
    for start in range(len(lattice.edges) - 1):
        kept = heapq.nlargest(_KEPT, best[start].values(), key=lambda r: r.log)
        if kept:
            for end, word in _words_from(lattice, start, words, marks):
                short = ends and end == len(best) - 1 and len(word.plain) == 1 and word.plain not in marks
                _extend(best[end], kept, word, _SHORT_END if short else 0.0)
    return heapq.nlargest(_KEPT, best[-1].values(), key=lambda r: r.log)


def _extend(there: dict[str, Reading], kept: list[Reading], word: Reading, penalty: float) -> None:
    for before in kept:
        plain, log = before.plain + word.plain, before.log + word.log + penalty
        if plain not in there or there[plain].log < log:
            there[plain] = Reading(before.raw + word.raw, plain, log)


def _words_from(lattice: Lattice, start: int, words: Words, marks: dict[str, float]) -> Iterator[tuple[int, Reading]]:
    """Every word that can be read from `start`, with the node behind it."""
    longer: list[tuple[int, Reading]] = []
    for edge in lattice.edges[start]:
        singles = [Reading(c.raw, c.plain, _log_of(c.plain, words, marks)) for c in edge.choices]
        for single in heapq.nlargest(_SINGLES, singles, key=lambda r: r.log):
            if single.log > _RARE or not single.raw:
                yield edge.end, Reading(single.raw, single.plain, single.log + edge.log)
        longer += [(edge.end, Reading(c.raw, c.plain, edge.log)) for c in edge.choices if words.begins(c.plain)]
    for _ in range(LONGEST - 1):
        begun, longer = longer, []
        for at, part in begun:
            for edge in lattice.edges[at]:
                for choice in edge.choices:
                    plain = part.plain + choice.plain
                    log = words.log(plain)
                    if log is not None:
                        yield edge.end, Reading(part.raw + choice.raw, plain, part.log + edge.log + log)
                    if words.begins(plain):
                        longer.append((edge.end, Reading(part.raw + choice.raw, plain, part.log + edge.log)))


def _log_of(char: str, words: Words, marks: dict[str, float]) -> float:
    if char in marks:
        return marks[char]
    log = words.log(char)
    return _UNSEEN if log is None else log
