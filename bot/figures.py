"""Figures of a text: each number with its unit, bound and period, comparable whatever notation it is written in."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from functools import cache, lru_cache

from bot.cues import cues, table
from bot.notations import DATE, Value, grammar, plain, read

Fact = tuple[Value, str, str, str]
ANY_PERIOD = "*"
OVER = ">"
BOUNDS = (">=", "<=", OVER, "<", "~")
_CLAUSE_END = re.compile(r"[。；;，,!?！？\n|]")


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure as read at `span` of a text.

    `value`: the number in its canonical unit (2万元 is 20000 元, 六成 60 %); of a date (year, month, day), None for what is
    not written; of a ratio, a clock time or a fraction its terms. `bound`: "", ">=", "<=", "<", ">" or "~", two joined
    where one stands before and another behind. `per`: the period that it counts for (每月, /年).
    """

    value: Value
    unit: str
    span: tuple[int, int]
    bound: str = ""
    per: str = ""

    @property
    def fact(self) -> Fact:
        """What is stated, without where."""
        return self.value, self.unit, self.bound, self.per

    def proves(self) -> set[Fact]:
        """The facts that follow: itself, fewer parts of a date, and without its period or, where it has none, with any."""
        values = [self.value]
        if self.unit == DATE and not self.bound and isinstance(self.value, tuple):
            y, m, d = self.value
            values += [part for part in ((y, m, None), (y, None, None), (None, m, d), (None, m, None)) if any(part)]
        return {(value, self.unit, self.bound, per) for value in values for per in ("", self.per or ANY_PERIOD)}


@lru_cache(maxsize=4096)
def figures_in(text: str) -> tuple[Figure, ...]:
    """Every figure of a text in order. An Arabic number always is one, a Chinese numeral where a unit follows or 万 ends it.

    >>> [(str(f.value), f.unit, f.bound, f.per) for f in figures_in("每人每月不少于1.2万元，占六成以上")]
    [('12000.0', '元', '>=', '月'), ('60', '%', '>=', '')]
    >>> figures_in("一、统一管理，十分重要")
    ()
    """
    folded = plain(text)
    found: list[Figure] = []
    last = -1
    for match in grammar().finditer(folded):
        if not (values := read(match)):
            continue
        start, end = match.span()
        lead = _CLAUSE_END.split(folded[max(last, 0) : start])[-1]
        bound, per = _bound(lead, match), _period(lead, match)
        for i, (value, unit) in enumerate(values):
            below = i == 0 and _negative(text, start, last)
            signed = -value if below and isinstance(value, Decimal) else value
            found.append(Figure(signed, unit, (start, end), bound, per))
        last = end
    return tuple(found)


def _negative(text: str, start: int, last: int) -> bool:
    """Whether the dash before a number is its sign: it joins neither another figure nor a Latin name, nor is it doubled."""
    before = text[max(start - 2, 0) : start]
    sign = before[-1:] in ("-", "−") and start - 1 != last
    return sign and not re.match(r"[A-Za-z\d—-]", before[:-1])


def _bound(lead: str, match: re.Match[str]) -> str:
    """The bounds that the clause states before a figure, within it (200余名) and right behind it, each once."""
    before = _touching().search(lead) or next(reversed(list(_before().finditer(lead))), None)
    behind = _behind().match(match.string, match.end())
    stated = (before and _named(before), OVER if match["over1"] or match["over2"] else None, behind and _named(behind))
    return "".join(dict.fromkeys(filter(None, stated)))


def _named(match: re.Match[str]) -> str:
    return BOUNDS[int(str(match.lastgroup)[1:])]


def _period(lead: str, match: re.Match[str]) -> str:
    """The period that a figure counts for: the one behind a slash, or the last one before it in its clause."""
    slashed = _slashed_period().match(match.string, match.end())
    period = slashed or next(reversed(list(_leading_period().finditer(lead))), None)
    return "" if period is None else period[1].replace("日", "天")


@cache
def _before() -> re.Pattern[str]:
    return re.compile(_by_bound("before"))


@cache
def _touching() -> re.Pattern[str]:
    return re.compile(f"(?:{_by_bound('touching')}) ?$")


@cache
def _behind() -> re.Pattern[str]:
    return re.compile(rf" ?(?:\([不]?含[^)]{{0,8}}\) ?)?(?:{_by_bound('behind')})")


def _by_bound(section: str) -> str:
    named = (
        (i, cues(section, bound, "figures")) for i, bound in enumerate(BOUNDS) if bound in table("figures")[section]
    )
    return "|".join(f"(?P<b{i}>{'|'.join(words)})" for i, words in named)


@cache
def _leading_period() -> re.Pattern[str]:
    words = "|".join(cues("periods", "words", "figures"))
    return re.compile(f"(?:每个?(?={words})|(?=[年月周日]均))({words})")


@cache
def _slashed_period() -> re.Pattern[str]:
    words = "|".join(cues("periods", "words", "figures"))
    return re.compile(f" ?/[^\\d，。；、|)]{{0,4}}?({words})")
