"""Word frequencies: how likely a wording is. Loaded only when a page shows byte shifts."""

from __future__ import annotations

import gzip
import math
import re
from collections import Counter
from dataclasses import dataclass
from functools import cache
from itertools import accumulate
from pathlib import Path

DATA = Path(__file__).with_name("frequencies.tsv.gz")
LONGEST = 6
UNIT = 100
_HAN = re.compile(r"[\u4e00-\u9fff]+")
# What the page itself says counts this much beside the general frequencies.
_PAGE = 0.1


@dataclass(frozen=True, slots=True)
class Words:
    """Log probabilities of words and phrases, and every beginning of one; those of a page stand before the general ones."""

    logs: dict[str, float]
    beginnings: set[str]
    general: Words | None = None

    def log(self, word: str) -> float | None:
        """Log probability of a word, `None` for what is no word."""
        found = self.logs.get(word)
        return self.general.logs.get(word) if found is None and self.general else found

    def begins(self, text: str) -> bool:
        """Whether a longer word begins with `text`."""
        return text in self.beginnings or (self.general is not None and text in self.general.beginnings)


def phrases(text: str) -> list[str]:
    """All runs of whole words with two to six characters in a text.

    >>> phrases("提高教师待遇，办好")
    ['提高', '提高教师', '提高教师待遇', '教师', '教师待遇', '待遇', '办好']
    """
    import rjieba

    found = []
    for run in _HAN.findall(text):
        ends = list(accumulate(map(len, rjieba.cut(run))))
        found += [run[a:b] for a in (0, *ends) for b in ends if 2 <= b - a <= LONGEST]
    return found


@cache
def general_words() -> Words:
    """The frequencies that come with the program."""
    rows = (line.split("\t") for line in gzip.decompress(DATA.read_bytes()).decode().splitlines())
    logs = {word: -int(cost) / UNIT for word, cost in rows}
    return Words(logs, _beginnings(logs))


def words_of_page(text: str, extra: dict[str, float]) -> Words:
    """General frequencies mixed with those of a page (simplified), which says most things more than once, and `extra` words."""
    general = general_words()
    counts = Counter(phrases(text))
    total = sum(n for word, n in counts.items() if len(word) == 2) or 1
    logs = {
        word: math.log((1 - _PAGE) * math.exp(general.log(word) or -99.0) + _PAGE * n / total)
        for word, n in counts.items()
    }
    return Words(logs | extra, _beginnings(logs | extra), general)


def _beginnings(words: dict[str, float]) -> set[str]:
    return {word[:size] for word in words for size in range(1, len(word))}
