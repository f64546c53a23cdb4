"""Dates as official Chinese texts write them."""

from __future__ import annotations

import re
import unicodedata
from datetime import date, timedelta
from functools import cache

_DIGITS = dict(zip("〇零○OＯ一二三四五六七八九两", "00000123456789" + "2", strict=True))
_NUMERIC = r"(?P<y>(?:19|20)\d{2})\s*(?:年|[-./])\s*(?P<m>\d{1,2})\s*(?:月|[-./])\s*(?P<d>\d{1,2})(?:\s*日|(?!\d))"
_HAN = r"(?P<hy>[一二][〇零○O一二三四五六七八九]{3})年"
_HAN += r"(?P<hm>[一二三四五六七八九十]{1,2})月(?P<hd>[一二三四五六七八九十]{1,3})日"
DATE = re.compile(f"(?:{_NUMERIC}|{_HAN})")
_SUBJECT = r"(?:本|此|该)[一-龥《》（）“”]{1,24}?"
_IN_FORCE = re.compile(
    rf"{_SUBJECT}(?:从|自)(?P<from>[^。；]{{1,24}}?)(?:之日)?起(?:正式|开始)?(?:施行|实施|执行|生效|试行)"
)
_TERM = re.compile(
    r"(?:有效期|试行期|执行期)(?:限)?(?:暂定)?(?:为)?(?:(?:至|到)(?P<until>[^。；，]{6,14})|(?P<years>[一二三四五六七八九十两\d]{1,3})年)"
)
_PERIOD = re.compile(r"(?P<first>(?:19|20)\d{2})年?\s*[-—–~～至到]+\s*(?P<last>(?:19|20)\d{2})年?")


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


def effective_date(text: str, issued: date | None) -> date | None:
    """When the document says it comes into force; `issued` stands in for 自印发之日起.

    >>> effective_date("本办法自2025年1月1日起施行，有效期五年。", None)
    datetime.date(2025, 1, 1)
    """
    for match in reversed(list(_IN_FORCE.finditer(text))):
        if found := parse_date(match["from"]):
            return found
        if re.match("(?:印发|发布|公布|颁布|下发|发文)", match["from"]):
            return issued
    return None


def expiry_date(text: str, start: date | None) -> date | None:
    """The last day in force, from a date or from a term in years counted from `start`.

    >>> expiry_date("本办法自2025年1月1日起施行，有效期五年。", date(2025, 1, 1))
    datetime.date(2029, 12, 31)
    >>> expiry_date("许可证有效期五年。", date(2025, 1, 1))
    """
    for sentence in re.split("[。\n]", text):
        match = _TERM.search(sentence)
        if not match or not re.search(
            r"(?:本|此)[一-龥《》（）]{1,16}?(?:从|自|有效|试行|执行)|^自.{1,20}起", sentence
        ):
            continue
        if match["until"] and (until := parse_date(match["until"])):
            return until
        if match["years"] and start:
            return _years_later(start, han_number(match["years"])) - timedelta(days=1)
    return None


def _years_later(day: date, years: int) -> date:
    leap_day = (day.month, day.day) == (2, 29)
    return date(day.year + years, 3, 1) if leap_day else day.replace(year=day.year + years)


def period(text: str) -> tuple[int, int] | None:
    """The years a plan covers.

    >>> period("发展“十四五”规划（2021—2025年）")
    (2021, 2025)
    """
    match = _PERIOD.search(text)
    if not match or not int(match["first"]) < int(match["last"]) <= int(match["first"]) + 30:
        return None
    return int(match["first"]), int(match["last"])
