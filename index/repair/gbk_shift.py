"""Lines that were read one byte off: GBK text cut in the middle of a character.

GBK writes a Chinese character as two bytes. A mirror site that cuts the byte stream where the second byte of one character
and the first of the next look like a full stop (A1 A3) or an exclamation mark (A3 A1) and decodes the pieces leaves

    （一）深化教育供給改革   →   ?。ㄒ唬┥罨逃┙o改革

The first byte of the cut character stands alone and becomes `?`; the rest is read one byte off until an ASCII byte, or a
second byte in the ASCII range (給 is BD 6F: `o`), puts the reader back in step. Pairs that fall on private-use characters
disappear. So the bytes that are left allow few texts, and of those the likeliest is taken, if it is so by a clear margin.
"""

from __future__ import annotations

import heapq
import re
from collections.abc import Iterator

from index.repair.frequencies import words_of_page
from index.repair.gbk_bytes import BLANK, CUTS, LOST, MARKS, PRIVATE, Characters, Choice, Shift, impossible, shifts_at
from index.repair.glosses import GLOSS, readings, strip_glosses
from index.repair.lattice import Lattice, best_readings
from index.repair.script import script_of, simplified

# The cut leaves `?` and one of the two marks, then something that is no punctuation.
_CUT = re.compile(r"[?\ufffd](?:。|([!！]))(?=[^\x00-\x7f“”‘’」』》）。，；：？！…—、]|[?\ufffd][^\s”])")
_RUN = re.compile(r"(?:[^\x00-\x7f]*\?)*[^\x00-\x7f]*[^\n]?")
_OPENINGS = {"“": "”", "《": "》", "【": "】", "〔": "〕"}
_TAG = re.compile(r"/?(?:p|br|b|i|u|a|div|span|strong|em|font|td|tr|li|h\d|o:p)(?:\s[^<>]*)?/?>", re.I)
_GLOSS_TAIL = re.compile(r"([^\s()（）\u3000-\u9fff“”]{1,5})[)）]")
_HAN_BEFORE = re.compile(r"[\u3400-\u9fff]{0,6}$")
# What no text has behind a repair: another `?`, the rest of a tag, a letter or a mark that stands between Chinese characters.
_ODD = re.compile(
    r"[?\ufffd]|(?<!<)/\w+>|(?<=[\u3400-\u9fff])[a-zA-Z](?=[\u3400-\u9fff])|^□[A-Za-z]|[\u2500-\u257f\u3040-\u312f]"
)
_FULL_WIDTH = re.compile(r"[\uff01-\uff5e]")
_LOST_PAIRS = 2
_CONTEXT = 6
_VANISHED = -3.0
_ASCII = {chr(code): -4.0 if chr(code).isdecimal() else -7.0 for code in range(0x20, 0x7F)} | {LOST: -6.0}
_NUMERALS = "一二三四五六七八九十"
# How far (in nats) the likeliest text must lead: further where the last character's second byte was eaten. Headings
# damaged as on a real mirror come back in 9 of 10 cases, on pages in simplified script in half of them, and what comes
# back is right (`tests/test_repair.py`).
MARGIN, WIDE_MARGIN = 3.0, 5.0
# How unlikely a character of it may be on average.
UNLIKELY = -6.5
# A page has a handful of them; what is left over is reported as damaged.
MOST_RUNS = 60
# A character of which no byte is left is sought among the commonest.
_COMMON = 1500


def shifted_runs(line: str) -> list[tuple[int, int]]:
    """Where a line looks as if it had been read one byte off.

    A `?!` stands for the cut before an opening mark, so a closing mark must miss its partner; else somebody meant it.

    >>> shifted_runs("校?!癗對一”"), shifted_runs("什么?!”他说"), shifted_runs("真的吗?!他说：“是。”")
    ([(1, 7)], [], [])
    """
    unopened = bool(_unopened(line))
    cuts = (cut for cut in _CUT.finditer(line) if unopened or not cut[1])
    return [(cut.start(), _run_end(line, cut.end())) for cut in cuts]


def unshift_gbk(text: str) -> str:
    """Put lines back that were decoded one byte off, where one reading of their bytes is clearly the likeliest.

    What the bytes cannot decide (a swallowed figure) becomes □. Where no reading leads by the margin the line stays as it
    is and is reported as damaged.

    >>> unshift_gbk("二、改革舉措\\n?。ㄒ唬┥罨逃┙o改革")
    '二、改革舉措\\n（一）深化教育供給改革'
    """
    lines = text.split("\n")
    broken = {line for line in lines if shifted_runs(line)}
    if not broken:
        return text
    page = _Page(text, "\n".join(line for line in lines if line not in broken))
    return "\n".join(page.repaired(line) if line in broken else line for line in lines)


class _Page:
    """What a page tells about itself: its script, its wording, the characters it glosses."""

    def __init__(self, text: str, sound: str) -> None:
        plain = simplified(strip_glosses(sound))
        glossed = frozenset(match[1] for match in GLOSS.finditer(text))
        self._characters = Characters(script_of(sound) == "traditional", frozenset(sound), glossed)
        self._words = words_of_page(plain, {f"（{n}）": -5.0 for n in _headings()})
        every = self._characters.choices(None, None)
        self._common = heapq.nlargest(_COMMON, every, key=lambda c: self._words.log(c.plain) or -99.0)
        self._tried = 0
        self._folded = not _FULL_WIDTH.search(text)

    def repaired(self, line: str) -> str:
        at = 0
        while self._tried < MOST_RUNS and (runs := [run for run in shifted_runs(line) if run[0] >= at]):
            cut = runs[0][0]
            self._tried += 1
            fixed = self._repaired_at(line, cut)
            at = cut + 1 if fixed is None else cut
            line = line if fixed is None else fixed
        return line

    def _repaired_at(self, line: str, cut: int) -> str | None:
        shifts = list(shifts_at(line, cut, folded=False))
        found = self._texts(line, cut, shifts)
        if not found and self._folded:
            found = self._texts(line, cut, list(shifts_at(line, cut, folded=True)))
        ranked = sorted(found, key=lambda text: -found[text])
        margin = WIDE_MARGIN if any(shift.trail is None for shift in shifts) else MARGIN
        leads = len(ranked) == 1 or (len(ranked) > 1 and found[ranked[0]] - found[ranked[1]] >= margin)
        return ranked[0].lstrip(BLANK) if leads else None

    def _texts(self, line: str, cut: int, shifts: list[Shift]) -> dict[str, float]:
        """Whole lines that the bytes allow, with the log probability of the part around the cut, which all have in common."""
        found: dict[str, float] = {}
        before = _HAN_BEFORE.findall(line[:cut])[0]
        upto = max((shift.rest for shift in shifts), default=0) + _CONTEXT
        marks = MARKS | _ASCII | {BLANK: -1.0} | dict.fromkeys(_unopened(line[cut:]), -1.0)
        for shift in shifts:
            kept, rest, gloss = _behind(line, shift)
            behind = kept + line[rest + len(f"({gloss})") * bool(gloss) : max(rest, upto)]
            if _ODD.search(behind if kept else f"字{behind}"):
                continue
            lattice = self._lattice(shift, before, behind, gloss, indented=not line[:cut].strip())
            for reading in best_readings(lattice, self._words, marks, ends=not behind):
                text = f"{line[:cut]}{reading.raw}{kept}{line[rest:]}"
                if reading.log >= UNLIKELY * len(reading.plain):
                    found[text] = max(reading.log, found.get(text, reading.log))
        closed = {text: log for text, log in found.items() if not _unopened(text)}
        return closed or found

    def _lattice(self, shift: Shift, before: str, behind: str, gloss: str, *, indented: bool) -> Lattice:
        """The lattice of all texts for a run between what stands before and behind it.

        A state is (pairs read, pairs that vanished, whether the first byte of the open character is unknown).
        """
        lattice, pairs = Lattice(), shift.pairs
        start = _chain(lattice, 0, before)
        states = [
            (k, lost, open_) for k in range(len(pairs) + 1) for lost in range(_LOST_PAIRS + 1) for open_ in (1, 0)
        ]
        nodes = {state: lattice.node() for state in states}
        nodes[0, 0, 1] = start
        end = lattice.node()
        if indented and pairs[0] == CUTS["。"]:
            lattice.join(start, nodes[1, 0, 0], [Choice(BLANK, BLANK)])
        for k, lost, open_ in states:
            here, pair, earlier = nodes[k, lost, open_], pairs[k] if k < len(pairs) else None, pairs[k - 1]
            lead = None if open_ or earlier is None else earlier[1]
            if k == len(pairs) and (lead or shift.trail or (earlier and lost < _LOST_PAIRS)):
                known = lead or shift.trail
                last = self._characters.choices(lead, shift.trail, last=bool(gloss)) if known else self._common
                lattice.join(here, end, [c for c in last if not gloss or gloss in readings(c.raw)])
            elif k < len(pairs) and pair is None:
                lattice.join(here, nodes[k + 1, lost, 1], self._with_trails(lead, impossible()))
            elif pair:
                lattice.join(here, nodes[k + 1, lost, 0], self._characters.choices(lead, pair[0]))
            if k and lost < _LOST_PAIRS and not open_:
                lattice.join(here, nodes[k, lost + 1, 1], self._with_trails(lead, PRIVATE), _VANISHED)
        _chain(lattice, end, behind)
        return lattice

    def _with_trails(self, lead: int | None, trails: tuple[int, ...]) -> list[Choice]:
        return [choice for trail in trails for choice in self._characters.choices(lead, trail)]


def _behind(line: str, shift: Shift) -> tuple[str, int, str]:
    """What to print behind the run, where the line goes on, and the gloss of the run's last character, if it has one.

    The byte that was eaten is the `<` of a tag or the bracket of a gloss where the rest of one follows; else it is lost.
    """
    kept, rest = shift.kept, shift.rest
    if kept == LOST:
        if tag := _TAG.match(line, rest):
            return "", tag.end(), ""
        tail = _GLOSS_TAIL.match(line, rest)
        if tail and GLOSS.fullmatch(f"字({tail[1]})"):
            return "", tail.end(), tail[1]
    gloss = None if kept else GLOSS.fullmatch(f"字{line[rest : rest + 9].partition(')')[0]})")
    return kept, rest, gloss[2] if gloss else ""


def _chain(lattice: Lattice, at: int, text: str) -> int:
    """Add undamaged text, which is not to be printed again, behind the node `at` and give the node behind it."""
    for char in text:
        following = lattice.node()
        lattice.join(at, following, [Choice("", simplified(char))])
        at = following
    return at


def _run_end(line: str, start: int) -> int:
    run = _RUN.match(line, start)
    return run.end() if run else start


def _unopened(text: str) -> list[str]:
    """The opening marks that a text lacks for its closing ones."""
    return [opening for opening, close in _OPENINGS.items() if text.count(close) > text.count(opening)]


def _headings() -> Iterator[str]:
    yield from _NUMERALS
    yield from (f"十{n}" for n in _NUMERALS[:9])
