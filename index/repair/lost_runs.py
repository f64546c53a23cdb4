"""Spans that a text extraction lost between figures and letters, restored from what the page itself says elsewhere."""

from __future__ import annotations

import re
from collections import defaultdict
from datetime import date

PAIRS = {"”": "“", "》": "《", "】": "【", "）": "（", "〕": "〔"}
_MARKS = re.compile(f"[{re.escape(''.join(PAIRS) + ''.join(PAIRS.values()))}]")
_TWIN = re.compile(r"[^。；]{7,120}")
_LOST_MAX = 12
_PERIOD = re.compile(r"(?<!\d)(20\d\d)[-—–－~～至](20\d\d)年")
_GLUED_PERIOD = re.compile(r"(?<!\d)(20\d\d)(20\d\d)年")
_DATE = re.compile(r"(?<!\d)((?:19|20)\d\d)[-年./](\d{1,2})[-月./](\d{1,2})(?!\d)")
_GLUED_DATE = re.compile(r"[ \u3000]*((?:19|20)\d\d)(\d{2,4})日?")
_YEAR_FIGURES = r"(?<![\d〇○零一二三四五六七八九])(20\d\d|二[〇○零][〇○零一二三四五六七八九]{2})"
_YEAR = re.compile(_YEAR_FIGURES + r"年(?=([\u4e00-\u9fff]{3}))")
_BARE_YEAR = re.compile(_YEAR_FIGURES + r"(?=([\u4e00-\u9fff]{3}))")


def balanced(line: str) -> bool:
    """Whether every bracket and quote of a line has its partner.

    >>> balanced("“十四五”规划（试行）"), balanced("发展”规2021-2025年）")
    (True, False)
    """
    opened: list[str] = []
    for mark in _MARKS.findall(line):
        if mark not in PAIRS:
            opened.append(mark)
        elif not opened or opened.pop() != PAIRS[mark]:
            return False
    return not opened


def broken_twins(text: str) -> str:
    """Replace a broken title or document number by the whole one that the page shows elsewhere.

    Government pages repeat title and number in a header. Where the body's copy lost spans, its brackets do not balance
    and its characters are, in order, those of the header's copy. Both must hold, one whole copy only may fit, and no
    more than a few characters may be missing. Sentences are left alone.

    >>> broken_twins("• 巴南府发〔2021〕20号\\n巴南府发〔202120\\n学校〔2021")
    '• 巴南府发〔2021〕20号\\n巴南府发〔2021〕20号\\n学校〔2021'
    """
    lines = text.split("\n")
    short = {line for line in lines if _TWIN.fullmatch(line.strip())}
    broken = {line for line in short if not balanced(line)}
    whole: dict[str, set[str]] = defaultdict(set)
    for line in short - broken if broken else ():
        for at in range(len(line) - 2):
            whole[line[at : at + 3]].add(line)
    return "\n".join(_healed(line, whole) if line in broken else line for line in lines)


def glued_periods(text: str) -> str:
    """Put the dash back between two years that the page writes with a dash elsewhere.

    >>> glued_periods("规划（2021-2025年）\\n20212025年）\\n编号20212025")
    '规划（2021-2025年）\\n（2021—2025年）\\n编号20212025'
    """
    known = set(_PERIOD.findall(text))

    def split(match: re.Match[str]) -> str:
        return f"{match[1]}—{match[2]}年" if match.groups() in known else match[0]

    lines = []
    for line in text.split("\n"):
        fixed = _GLUED_PERIOD.sub(split, line)
        if fixed != line and fixed.endswith("）") and "（" not in fixed and fixed[0].isdecimal():
            fixed = "（" + fixed
        lines.append(fixed)
    return "\n".join(lines)


def glued_dates(text: str) -> str:
    """Read a signature date that lost 年, 月 and 日 by the date in the page's header.

    `2021128` can be 28 January or 8 December; it is one of them only where the page gives that date in full elsewhere.

    >>> glued_dates("成文日期 2021-12-08\\n2021128\\n2021129")
    '成文日期 2021-12-08\\n2021年12月8日\\n2021129'
    """
    known = {(int(y), int(m), int(d)) for y, m, d in _DATE.findall(text)}
    lines = []
    for line in text.split("\n"):
        match = _GLUED_DATE.fullmatch(line)
        fitting = [r for r in readings(match[1], match[2]) if r in known] if match else []
        lines.append("{}年{}月{}日".format(*fitting[0]) if len(fitting) == 1 else line)
    return "\n".join(lines)


def readings(year: str, rest: str) -> list[tuple[int, int, int]]:
    """All dates that the figures of month and day can mean.

    >>> readings("2021", "128")
    [(2021, 1, 28), (2021, 12, 8)]
    """
    found = []
    for cut in range(1, len(rest)):
        try:
            day = date(int(year), int(rest[:cut]), int(rest[cut:]))
        except ValueError:
            continue
        if not (rest[0] == "0" and cut == 1) and len(rest) - cut <= 2:
            found.append((day.year, day.month, day.day))
    return list(dict.fromkeys(found))


def bare_years(text: str) -> str:
    """Put 年 back behind a year where the page has the same words with it.

    >>> bare_years("二〇三五年远景目标纲要\\n2.二〇三五远景目标\\n2020小学")
    '二〇三五年远景目标纲要\\n2.二〇三五年远景目标\\n2020小学'
    """
    known = set(_YEAR.findall(text))
    return _BARE_YEAR.sub(lambda m: f"{m[1]}年" if m.groups() in known else m[1], text)


def _healed(line: str, whole: dict[str, set[str]]) -> str:
    broken = line.strip()
    found = {copy for twin in whole.get(broken[:3], ()) if (copy := _whole_copy(broken, twin.strip()))}
    return found.pop() if len(found) == 1 else line


def _whole_copy(broken: str, twin: str) -> str:
    """The end of `twin` of which `broken` is what is left, or nothing."""
    start = twin.find(broken[:3])
    copy = twin[start:]
    lost = len(copy) - len(broken)
    if start < 0 or not 0 < lost <= min(_LOST_MAX, len(broken) // 2) or not balanced(copy):
        return ""
    rest = iter(copy)
    return copy if all(char in rest for char in broken) else ""
