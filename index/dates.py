"""Dates as official Chinese texts write them."""

from __future__ import annotations

import re
import unicodedata
from datetime import date
from functools import cache

_DIGITS = dict(zip("〇零○OＯ一二三四五六七八九两", "00000123456789" + "2", strict=True))
_NUMERIC = r"(?P<y>(?:19|20)\d{2})\s*(?:年|[-./])\s*(?P<m>\d{1,2})\s*(?:月|[-./])\s*(?P<d>\d{1,2})(?:\s*日|(?!\d))"
_HAN = r"(?P<hy>[一二][〇零○O一二三四五六七八九]{3})年"
_HAN += r"(?P<hm>[一二三四五六七八九十]{1,2})月(?P<hd>[一二三四五六七八九十]{1,3})日"
DATE = re.compile(f"(?:{_NUMERIC}|{_HAN})")


def han_number(text: str) -> int:
    """A number up to 99 in Han or Arabic figures.

    >>> han_number("二十二"), han_number("十"), han_number("5"), han_number("两")
    (22, 10, 5, 2)
    """
    if text.isdigit():
        return int(text)
    if "十" in text:
        tens, _, ones = text.partition("十")
        return int(_DIGITS.get(tens, "1")) * 10 + int(_DIGITS.get(ones, "0"))
    return int("".join(_DIGITS[char] for char in text))


def _as_date(match: re.Match[str]) -> date | None:
    if match["y"]:
        year, month, day = int(match["y"]), int(match["m"]), int(match["d"])
    else:
        year = int("".join(_DIGITS[char] for char in match["hy"]))
        month, day = han_number(match["hm"]), han_number(match["hd"])
    try:
        return date(year, month, day)
    except ValueError:
        return None


@cache
def _narrow(char: str) -> str:
    return unicodedata.normalize("NFKC", char)[:1] or char


def dates_in(text: str) -> list[tuple[int, int, date]]:
    """Every complete date with its span. Figures of any width are read; a date that cannot be is left out."""
    # Folded character by character, so that the spans hold for `text`.
    folded = "".join(map(_narrow, text))
    return [(m.start(), m.end(), found) for m in DATE.finditer(folded) if (found := _as_date(m))]


def parse_date(text: str) -> date | None:
    """The first complete date in `text`.

    >>> [str(parse_date(text)) for text in ("2021.06.18", "二○○八年二月二十二日", "２０07年9月１日", "2021年13月1日")]
    ['2021-06-18', '2008-02-22', '2007-09-01', 'None']
    """
    found = dates_in(text)
    return found[0][2] if found else None


def only_date(line: str) -> date | None:
    """The date of a line that holds nothing else, as under a signature."""
    found = dates_in(line)
    bare = line.strip(" 　（）()")
    return found[0][2] if len(found) == 1 and found[0][1] - found[0][0] >= len(bare) else None
