"""Full-width punctuation that was folded to ASCII."""

from __future__ import annotations

import re

from index.repair.gbk_shift import shifted_runs

_MARKS = dict(zip(",;:?!()", "，；：？！（）", strict=True))
_HAN = re.compile(r"[\u3400-\u9fff○〇]")
_CHINESE = re.compile(r"[\u3400-\u9fff○〇、。“”‘’《》〈〉〔〕【】…—（），；：？！％]")
# Addresses, e-mail and HTML entities are written in ASCII.
_ADDRESS = re.compile(r"https?:[\x21-\x7e]*[\w/=#]|www\.[\x21-\x7e]*[\w/=#]|[\w.+-]+@[\w.-]+\w|&#?\w+;", re.A)


def widen_punctuation(text: str) -> str:
    """Give Chinese text its full-width punctuation back.

    Normalisation to NFKC, or a careless crawler, folds the whole block U+FF01–FF5E to ASCII, while `、。“”《》` survive. A
    mark goes back to full width where it touches Chinese text; of a pair of brackets one side is enough. Between figures
    (`6:4`, `9:00`), in numbering (`1.`), in addresses and in text of another language it stays.

    >>> widen_punctuation("比例为6:4(试行),每生1,250元;(一)标准(JY/T 0385-2006)和 see (a), b")
    '比例为6:4（试行），每生1,250元；（一）标准（JY/T 0385-2006）和 see (a), b'
    """
    return "\n".join(line if _stays(line) else _widened(line) for line in text.split("\n"))


def mixed_quotes(text: str) -> str:
    """Turn the one straight quote of a pair into the curly quote that its partner asks for.

    >>> mixed_quotes('“两基"工作，"两基”工作，"两基"工作')
    '“两基”工作，“两基”工作，"两基"工作'
    """
    text = re.sub(r'“([^“”"\n]*)"', r"“\1”", text)
    return re.sub(r'"([^“”"\n]*)”', r"“\1”", text)


def _stays(line: str) -> bool:
    return not any(mark in line for mark in _MARKS) or not _HAN.search(line)


def _widened(line: str) -> str:
    # A widened mark is Chinese text to the mark before it.
    while (wider := _widen(line)) != line:
        line = wider
    return line


def _widen(line: str) -> str:
    spans = [m.span() for m in _ADDRESS.finditer(line)] + shifted_runs(line)
    fixed = {i for start, end in spans for i in range(start, end)}
    partners = _partners(line)
    chars = ["", *line, ""]  # a list: a line may be millions of marks long
    # Brackets first: a comma behind a widened bracket touches Chinese text.
    for marks in ("()", ",;:?!"):
        for i, char in enumerate(line):
            if char in marks and i not in fixed and any(_touches(chars, at) for at in {i, partners.get(i, i)} - fixed):
                chars[i + 1] = _MARKS[char]
    return "".join(chars)


def _touches(chars: list[str], i: int) -> bool:
    """Whether the mark at `i` of a line stands beside Chinese text; `chars` begins one earlier."""
    before, after = chars[i], chars[i + 2]
    if before.isdecimal() and after.isdecimal():
        return False
    return bool(_CHINESE.match(before) or _CHINESE.match(after))


def _partners(line: str) -> dict[int, int]:
    """Opening and closing ASCII brackets that belong together, by position, both ways."""
    found: dict[int, int] = {}
    opened: list[int] = []
    for i, char in enumerate(line):
        if char == "(":
            opened.append(i)
        elif char == ")" and opened:
            start = opened.pop()
            found |= {start: i, i: start}
    return found
