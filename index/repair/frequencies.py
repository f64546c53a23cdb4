"""Word frequencies: how likely a wording is. Loaded only when a page shows byte shifts."""

from __future__ import annotations

import gzip
import math
import re
from collections import Counter
from dataclasses import dataclass
from functools import cache
from pathlib import Path

DATA = Path(__file__).with_name("frequencies.tsv.gz")
LONGEST = 6
UNIT = 100
_HAN = re.compile(r"[\u4e00-\u9fff]+")
# What the page itself says counts this much beside the general frequencies.
_PAGE = 0.1
_UNSEEN = -17.0


@dataclass(frozen=True, slots=True)
class Words:
    """Log probabilities of words and phrases, and every beginning of one."""

    logs: dict[str, float]
    beginnings: set[str]

    def log(self, word: str) -> float:
        """Log probability of a word; a single character nobody knows is as unlikely as it gets."""
        return self.logs.get(word, _UNSEEN if len(word) == 1 else -math.inf)

    def with_phrases(self, logs: dict[str, float]) -> Words:
        """These words and some more."""
        return Words(self.logs | logs, self.beginnings | _beginnings(logs))


def phrases(text: str) -> list[str]:
    """All runs of two to six Chinese characters in a text.

    >>> phrases("办学校，校")
    ['办学', '办学校', '学校']
    """
    runs = _HAN.findall(text)
    return [run[i:end] for run in runs for i in range(len(run)) for end in range(i + 2, min(i + LONGEST, len(run)) + 1)]


@cache
def general_words() -> Words:
    """The frequencies that come with the program."""
    rows = (line.split("\t") for line in gzip.decompress(DATA.read_bytes()).decode().splitlines())
    logs = {word: -int(cost) / UNIT for word, cost in rows}
    return Words(logs, _beginnings(logs))


def words_of_page(text: str) -> Words:
    """General frequencies mixed with those of a page (simplified), which says most things more than once."""
    general = general_words()
    counts = Counter(phrases(text))
    total = sum(n for word, n in counts.items() if len(word) == 2) or 1
    logs = dict(general.logs)
    for word, n in counts.items():
        logs[word] = math.log((1 - _PAGE) * math.exp(general.logs.get(word, -99.0)) + _PAGE * n / total)
    return Words(logs, general.beginnings | _beginnings(counts))


def _beginnings(words: Counter[str] | dict[str, float]) -> set[str]:
    return {word[:size] for word in words for size in range(1, len(word))}
