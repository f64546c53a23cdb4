"""Whether a passage holds what a look-up wants, and how well: words, phrases, references, headings, numbers."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from bot.numbering import cites
from bot.records import Reference
from bot.references import number_of, to_number
from bot.wanted import Wanted
from index.records import Chunk, PolicyDocument
from index.tokens import fold

_LABELS = (
    re.compile(r"第\S+?条"),
    re.compile(r"\d{1,3}\s*[.．、]"),
    re.compile(r"[一二三四五六七八九十]+\s*[、．.]"),
    re.compile(r"[（(]"),
)
_STEP = re.compile(r"第([一二三四五六七八九十百千零〇两\d]+)([编章节条])|[（(]?([一二三四五六七八九十\d]+)[)）、.．]")
_ARTICLE, _ITEM = 0, 1  # ranks of 第六条 and of 6. as what 第六条 means
_BLANKS = re.compile(r"[\s“”\"'‘’「」『』]")
_TITLE_SHARE = 0.6


@dataclass(frozen=True, slots=True)
class Match:
    """How well a passage fits: for each word what it says itself (`own`) and with its title (`said`), 0 to 1 each.

    `pointed` ranks how exactly its label is what the references mean (smaller is better), `near` how closely the whole
    subject stands together in it: in its heading, its title or its text.
    """

    own: tuple[float, ...]
    said: tuple[float, ...]
    pointed: int = 0
    near: float = 0.0


class Matcher:
    """Compares passages with one query."""

    def __init__(self, wanted: Wanted) -> None:
        self._wanted = wanted
        self._subject = wanted.text.replace(" ", "")
        self._phrases = tuple(_bare(phrase) for phrase in wanted.phrases)
        self._longest = max((len(p) for p in wanted.phrases), default=0)
        self._titles: dict[str, tuple[float, ...]] = {}
        self._weight = sum(word.weight for word in wanted.words) or 1.0

    def match(self, chunk: Chunk, document: PolicyDocument) -> Match | None:
        """How a passage fits, None where it lacks a phrase, a number, a reference or a heading that is asked for."""
        pointed = label_rank(self._wanted, chunk.path)
        if pointed is None or not self._quoted(chunk, document) or not self._numbered(chunk):
            return None
        if not self._wanted.words:
            return Match((), (), pointed)
        text = f"{chunk.path}\n{chunk.text}\n{chunk.indexed}\n{' '.join(chunk.responsible)}".lower()
        inside = [word.credit(text) for word in self._wanted.words]
        above = self._above(document.title)
        own = tuple(max(credit, title * _TITLE_SHARE) for credit, title in zip(inside, above, strict=True))
        return Match(own, tuple(map(max, inside, above)), pointed, self._near(chunk, document.title))

    def coverage(self, credits: Sequence[float]) -> float:
        """The share of the wanted words, by weight, that credits stand for; 1 where none is wanted."""
        if not self._wanted.words:
            return 1.0
        return sum(c * w.weight for c, w in zip(credits, self._wanted.words, strict=True)) / self._weight

    def _above(self, title: str) -> tuple[float, ...]:
        """What a document's title says of each word."""
        if title not in self._titles:
            self._titles[title] = tuple(word.credit(title) for word in self._wanted.words)
        return self._titles[title]

    def _near(self, chunk: Chunk, title: str) -> float:
        heading = chunk.path.rsplit(" / ", 1)[-1]
        if self._subject in heading:
            return 0.8 if len(heading) <= len(self._subject) + 4 else 0.5
        if not chunk.article and self._subject in title:
            return 1.0
        return 0.2 if self._subject in chunk.text else 0.0

    def _quoted(self, chunk: Chunk, document: PolicyDocument) -> bool:
        if not self._phrases:
            return True
        around = document.text[max(0, chunk.start - self._longest) : chunk.end + self._longest]
        text = _bare(f"{chunk.path}\n{around}\n{chunk.indexed}")
        return all(phrase in text for phrase in self._phrases)

    def _numbered(self, chunk: Chunk) -> bool:
        if not self._wanted.numbers:
            return True
        text = fold(chunk.text)
        return any(cites(text, number) for number in self._wanted.numbers)


def label_rank(wanted: Wanted, path: str) -> int | None:
    """How exactly a heading path is what is pointed at, None where it is not; 0 where nothing is pointed at."""
    if wanted.headed and not set(wanted.headed) <= _headings(path):
        return None
    references = [r for r in wanted.references if r.article or r.path]
    if not references:
        return 0
    ranks = (_rank(reference, path) for reference in references)
    return min((rank for rank in ranks if rank is not None), default=None)


def _rank(reference: Reference, path: str) -> int | None:
    """How exactly a heading path is what a reference means, None where it is not: 第六条 is 第六条, else 6., else 六、."""
    if reference.path:
        steps = _numbers(path)
        if steps == reference.path:
            return 0
        return 1 if steps[-len(reference.path) :] == reference.path else None
    label = path.rsplit(" / ", 1)[-1]
    rank = next((i for i, pattern in enumerate(_LABELS) if pattern.match(label)), None)
    return rank if rank is not None and number_of(label) == reference.article else None


def surely_pointed(match: Match) -> bool:
    """Whether a label may be meant where no document is named: 第六条 or 6."""
    return match.pointed in (_ARTICLE, _ITEM)


@lru_cache(maxsize=20_000)
def _numbers(path: str) -> tuple[str, ...]:
    """The numbers of a heading path; none where its last heading has none."""
    steps = [_STEP.match(step) for step in path.split(" / ")]
    if steps[-1] is None:
        return ()
    return tuple(str(to_number(m[1] or m[3])) for m in steps if m)


@lru_cache(maxsize=20_000)
def _headings(path: str) -> frozenset[str]:
    steps = (_STEP.match(step) for step in path.split(" / "))
    return frozenset(f"{to_number(m[1])}{m[2]}" for m in steps if m and m[2])


def _bare(text: str) -> str:
    return _BLANKS.sub("", fold(text))
