"""Repairs located in the finished text, so that a page can show them and a quotation check can leave them out."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import chain, groupby

from index.records import Fix, Mark
from index.repair.script import simplified

_WORD = re.compile(r"\S+")
_WINDOWS = (24, 12, 6, 3)
_MOST_PAIRS = 2_000_000  # half a second


@dataclass(frozen=True, slots=True)
class Locator:
    """Finds pieces of source lines in a document's text, whatever blanks and line breaks were dropped between."""

    text: str
    squeezed: str
    offsets: tuple[int, ...]

    @classmethod
    def of(cls, text: str) -> Locator:
        offsets = chain.from_iterable(range(*word.span()) for word in _WORD.finditer(text))
        return cls(text, _squeeze(text), tuple(offsets))

    def find(self, line: str, start: int, end: int, after: int = 0) -> tuple[int, int] | None:
        """The span of `line[start:end]` from offset `after` on: found by the whole line, else by ever less of it."""
        core = _squeeze(line[start:end])
        left, right = _squeeze(line[:start]), _squeeze(line[end:])
        floor = bisect_left(self.offsets, after)
        for width in (len(line), *_WINDOWS):
            before = left[max(0, len(left) - width) :]
            wanted = before + core + right[:width]
            at = self.squeezed.find(wanted, floor)
            at = self.squeezed.find(wanted) if at < 0 and width >= len(line) else at
            if at >= 0 and wanted:
                first = at + len(before)
                last = first + len(core)
                return self.offsets[first] if first < len(self.offsets) else len(self.text), self._end(last)
        return None

    def _end(self, last: int) -> int:
        return self.offsets[last - 1] + 1 if last else 0


def _squeeze(text: str) -> str:
    return "".join(text.split())


def marks_of(fixes: Iterable[Fix], text: str, final: Sequence[str]) -> tuple[Mark, ...]:
    """Spans of `text` whose characters a fix changed; widths, script, blanks and dropped glosses leave no mark.

    `final` are the lines of the repaired source. Each fix saw the line as it stood at its step, so its span is carried
    through the later fixes of the line before it is looked for in the text.
    """
    locator = Locator.of(text)
    fixes = list(fixes)
    # A line joined to the one before is moved, not changed.
    moved = {_squeeze(fix.before) for fix in fixes if not fix.after.strip()}
    found: list[Mark] = []
    position = 0
    for number, group in groupby(sorted(fixes, key=lambda fix: fix.line), key=lambda fix: fix.line):
        line = final[number - 1]
        steps = [fix for fix in group if fix.confidence != "damaged"]
        for step, fix in enumerate(steps):
            for start, end, original in changed_spans(fix.before, fix.after):
                if _squeeze(fix.after[start:end]) in moved:
                    continue
                span = _carried((start, end), steps[step + 1 :])
                place = locator.find(line, *span, position) if line.strip() and span[0] < span[1] else None
                if place and _squeeze(text[slice(*place)]) == _squeeze(line[slice(*span)]) != "":
                    found.append(Mark(*place, fix.name, original, fix.confidence))
                    position = max(position, place[0] - len(line))
    return tuple(sorted(dict.fromkeys(found), key=lambda mark: (mark.start, mark.end)))


def changed_spans(before: str, after: str) -> list[tuple[int, int, str]]:
    """Spans of `after` that differ from `before` in more than width, script or blanks, with what stood there.

    >>> changed_spans("巴南府发〔202120", "巴南府发〔2021〕20号")
    [(9, 10, ''), (12, 13, '')]
    >>> changed_spans("實施(試行)", "实施（试行）")
    []
    """
    if _plain(before) == _plain(after):
        return []
    spans = []
    for tag, i1, i2, j1, j2 in _opcodes(before, after):
        if tag != "equal" and j1 < j2 and _plain(before[i1:i2]) != _plain(after[j1:j2]):
            spans.append((j1, j2, before[i1:i2]))
    return spans


def _opcodes(before: str, after: str) -> Sequence[tuple[str, int, int, int, int]]:
    """How one line became the other; only where they part and meet again where the pairs of like characters are too many.

    The pairs grow with the square of the length of a line that repeats itself.
    """
    counts = Counter(after)
    if sum(n * counts[c] for c, n in Counter(before).items()) <= _MOST_PAIRS:
        return SequenceMatcher(None, before, after, autojunk=False).get_opcodes()
    first = _shared(before, after)
    last = _shared(before[first:][::-1], after[first:][::-1])
    i, j = len(before) - last, len(after) - last
    return [("equal", 0, first, 0, first), ("replace", first, i, first, j), ("equal", i, len(before), j, len(after))]


def _shared(one: str, other: str) -> int:
    """How many characters both begin with."""
    return next((n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))


def _plain(text: str) -> str:
    return simplified(unicodedata.normalize("NFKC", _squeeze(text)).translate(str.maketrans("“”‘’", "\"\"''")))


def _carried(span: tuple[int, int], later: Sequence[Fix]) -> tuple[int, int]:
    """Where a span of one step's line stands after the later steps."""
    for fix in later:
        codes = _opcodes(fix.before, fix.after)
        span = (_moved(span[0], codes, last=False), _moved(span[1], codes, last=True))
    return span


def _moved(at: int, codes: Sequence[tuple[str, int, int, int, int]], *, last: bool) -> int:
    for tag, i1, i2, j1, j2 in codes:
        inside = i1 < at <= i2 if last else i1 <= at < i2
        if inside:
            aligned = tag == "equal" or i2 - i1 == j2 - j1
            return j1 + at - i1 if aligned else (j2 if last else j1)
    return codes[-1][4] if at and codes else 0
