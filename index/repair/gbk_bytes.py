"""The bytes behind a line that was read one byte off, and the characters that they allow."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from index.repair.script import is_simplified, is_traditional, simplified

LOST = "□"
# The two marks at which a stream is cut, as the bytes of a pair.
CUTS = {"。": (0xA1, 0xA3), "!": (0xA3, 0xA1), "！": (0xA3, 0xA1)}
# First bytes of pairs that fall on private-use characters and vanish.
PRIVATE = (*range(0xAA, 0xB0), *range(0xF8, 0xFF))
# Punctuation that an official text prints, with its log probability.
MARKS = dict.fromkeys("，、。", -4.0) | dict.fromkeys("（）“”：；《》", -6.0) | dict.fromkeys("〔〕【】‘’…—？！·", -9.0)
BLANK = "\u3000"
_FOLDED_MAX = 2
_IMPOSSIBLE_MAX = 2
_LONGEST_RUN = 40


@dataclass(frozen=True, slots=True)
class Shift:
    """A run of shifted pairs, the cut first. `pairs[k]` holds the second byte of a character and the first of the next;
    it is `None` for a pair that is no character and became `?`.

    The last character's second byte is `trail`, or was eaten (`None`); `kept` is the ASCII character that put the reader
    back in step; the line goes on unharmed at `rest`.
    """

    pairs: tuple[tuple[int, int] | None, ...]
    trail: int | None
    kept: str
    rest: int


@dataclass(frozen=True, slots=True)
class Choice:
    """One character that the bytes allow: `raw` as the page would print it, `plain` in simplified script."""

    raw: str
    plain: str


def shifts_at(line: str, cut: int, folded: bool) -> Iterator[Shift]:
    """What the text from the `?` at `cut` on can be in bytes; on a `folded` page an ASCII character may be a full-width one."""
    yield from _walk(line, cut + 2, (CUTS[line[cut + 1]],), _FOLDED_MAX if folded else 0)


def _walk(line: str, at: int, pairs: tuple[tuple[int, int] | None, ...], folds: int) -> Iterator[Shift]:
    if at >= len(line) or len(pairs) > _LONGEST_RUN:
        return
    char, code = line[at], ord(line[at])
    if code >= 0x80 and char != "\ufffd":
        data = char.encode("gbk", "ignore")
        if len(data) == 2 and data[1] < 0x80:
            yield Shift(pairs, data[0], chr(data[1]), at + 1)
        elif len(data) == 2:
            yield from _walk(line, at + 1, (*pairs, (data[0], data[1])), folds)
        return
    if char in "?\ufffd":
        yield Shift(pairs, None, LOST, at + 1)
        if pairs[-1] is not None and pairs.count(None) < _IMPOSSIBLE_MAX:
            yield from _walk(line, at + 1, (*pairs, None), folds)
    elif 0x40 <= code < 0x7F:
        yield Shift(pairs, code, "", at + 1)
    if folds and 0x21 <= code < 0x7F:
        yield from _walk(line, at + 1, (*pairs, (0xA3, code + 0x80)), folds - 1)


class Characters:
    """The characters that a page can print, by their bytes.

    A converter to traditional script leaves no simplified character behind and the other way round, so characters of the
    other script are left out unless the page prints them; so are the ones it glosses, which the bytes would show.
    """

    def __init__(self, traditional: bool, printed: frozenset[str], glossed: frozenset[str]) -> None:
        self._by_lead: dict[int, dict[int, Choice]] = defaultdict(dict)
        self._by_trail: dict[int, list[Choice]] = defaultdict(list)
        self._all: list[Choice] = []
        self._glossed = glossed
        foreign = is_simplified if traditional else is_traditional
        for lead, trail, choice in _gbk():
            if choice.raw in printed or not foreign(choice.raw):
                self._by_lead[lead][trail] = choice
                self._by_trail[trail].append(choice)
                self._all.append(choice)

    def choices(self, lead: int | None, trail: int | None, *, last: bool = False) -> list[Choice]:
        """Characters with these bytes; `None` is any byte. Only the `last` of a run may be one that the page glosses."""
        if lead is None:
            found = self._all if trail is None else self._by_trail[trail]
        elif trail is None:
            found = [c for second, c in self._by_lead[lead].items() if second >= 0x80]
        else:
            found = [self._by_lead[lead][trail]] if trail in self._by_lead[lead] else []
        return found if last else [c for c in found if c.raw not in self._glossed]


@cache
def _gbk() -> tuple[tuple[int, int, Choice], ...]:
    """Every Chinese character of GBK whose simplified form is in GB2312, and the punctuation, with both bytes."""
    pairs = [(lead, trail) for lead in range(0x81, 0xFF) for trail in range(0x40, 0xFF)]
    chars = [bytes(pair).decode("gbk", "ignore") for pair in pairs]
    found = []
    for (lead, trail), char in zip(pairs, chars, strict=True):
        if char in MARKS:
            found.append((lead, trail, Choice(char, char)))
        elif len(char) == 1 and "\u4e00" <= char <= "\u9fff":
            plain = simplified(char)
            if plain.encode("gb2312", "ignore"):
                found.append((lead, trail, Choice(char, plain)))
    return tuple(found)


@cache
def impossible() -> tuple[int, ...]:
    """First bytes of pairs that are no character."""
    return tuple(
        sorted({lead for lead in range(0x80, 0xFF) for trail in range(0x81, 0xFF) if _is_impossible(lead, trail)})
    )


def _is_impossible(lead: int, trail: int) -> bool:
    return not (lead in PRIVATE and trail >= 0xA1) and not bytes((lead, trail)).decode("gbk", "ignore")
