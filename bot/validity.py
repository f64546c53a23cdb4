"""Whether a document is in force on a day, in words; and whether the deadline of a quote has passed by then."""

from __future__ import annotations

import calendar
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from bot.cues import cues, first_match
from bot.messages import message
from index.dates import han_number
from index.in_force import five_years
from index.records import PolicyDocument
from index.versions import base_title, in_force_from, is_draft, version_date

_CLOSING = 3_000  # a text says at its end that it is a trial


class State(StrEnum):
    """The states of a document on a day; the value is the Chinese word."""

    IN_FORCE = "现行有效"
    NOT_YET = "尚未施行"
    EXPIRED = "已失效"
    PERIOD_OVER = "规划期已过"
    SUPERSEDED = "已被取代"
    UNSTATED = "未注明"


@dataclass(frozen=True, slots=True)
class Validity:
    """A state and `text`, the label shown at citations, which says on what ground and by what it was superseded."""

    state: State
    text: str

    @property
    def binding(self) -> bool:
        """Whether the document may answer a question about the present alone."""
        return self.state in (State.IN_FORCE, State.UNSTATED)


def state_of(document: PolicyDocument, on: date, newer: PolicyDocument | None = None) -> Validity:
    """The state of a document on a day; `newer` has taken its place by then (`Succession.newer`).

    What took its place decides first, then its own dates, then what its header states, then the library.
    """
    return _state(document, on, _superseded(document, newer) if newer else "")


def _state(document: PolicyDocument, on: date, superseded: str) -> Validity:
    if document.kind == "third_party":
        return Validity(State.UNSTATED, message("third_party"))
    if superseded:
        return Validity(State.SUPERSEDED, superseded)
    found = next(_not_in_force(document, on, document.validity or ""), None)
    if found is None:
        state, text = _standing(document, document.validity or "")
        mark = trial_mark(document)
        found = Validity(state, message("trial", validity=text, mark=mark) if mark else text)
    return found


def _not_in_force(document: PolicyDocument, on: date, stated: str) -> Iterator[Validity]:
    """Why a document is not in force on a day, the weightiest reason first: its dates, its header, its period."""
    start, period = in_force_from(document), document.period
    if is_draft(document):
        yield Validity(State.NOT_YET, message("draft"))
    if start and start > on:
        yield Validity(State.NOT_YET, message("not_yet_effective", date=start.isoformat()))
    if document.expires and document.expires < on:
        yield Validity(State.EXPIRED, message("expired", date=document.expires.isoformat()))
    words = {"expired": State.EXPIRED, "superseded": State.SUPERSEDED} | ({} if start else {"not_yet": State.NOT_YET})
    for word, state in words.items():
        if _says(stated, word):
            yield Validity(state, message("validity_stated", validity=stated))
    if period and period[1] < on.year:
        key = "year_over" if period[0] == period[1] else "period_over"
        yield Validity(State.PERIOD_OVER, message(key, start=period[0], end=period[1]))


def _standing(document: PolicyDocument, stated: str) -> tuple[State, str]:
    """The state of a document that nothing has ended, and the ground on which it is said to be in force."""
    if stated and not _says(stated, "not_yet"):
        state = State.IN_FORCE if _says(stated, "in_force") else State.UNSTATED
        return state, message("validity_stated", validity=stated)
    if document.expires:
        return State.IN_FORCE, message("validity_term", date=document.expires.isoformat())
    if document.period and document.period[0] < document.period[1]:
        return State.IN_FORCE, message("validity_period", start=document.period[0], end=document.period[1])
    if document.kind == "law" and in_force_from(document):
        return State.IN_FORCE, message("validity_law")
    return State.UNSTATED, message("validity_unstated")


def _says(stated: str, state: str) -> bool:
    return stated.startswith(cues("stated", state, file="validity"))


def _superseded(document: PolicyDocument, newer: PolicyDocument) -> str:
    """By what, with the day of the version where the titles do not tell the two apart."""
    title = _quoted(newer.title)
    day = version_date(newer)
    if day and base_title(newer.title) == base_title(document.title):
        title = message("version", title=title, date=day.isoformat())
    return message("repealed" if "废止" in newer.title else "superseded", title=title)


def _quoted(title: str) -> str:
    return title if "《" in title else f"《{title}》"


def trial_mark(document: PolicyDocument) -> str:
    """试行 or 暂行 where the title or the end of the text says so, else nothing."""
    closing = document.text[-_CLOSING:]
    found = first_match(document.title, "trial", "title", "validity") or first_match(
        closing, "trial", "text", "validity"
    )
    return (found["a"] or found["b"]) if found else ""


_YEAR = r"(?:(?:19|20)\d{2}|[一二][〇零○九][〇零○一二三四五六七八九]{2})"
_COUNT = r"(?:\d{1,2}|[一二三四五六七八九十]{1,3})"
_POINT = (
    rf"(?P<year>{_YEAR})年(?:(?P<month>{_COUNT})月(?:(?P<day>{_COUNT})日|份|[底末])?"
    rf"|(?P<half>[上下])半年|(?P<term>[春秋])季学期|第?(?P<quarter>[一二三四1-4])季度|年?[底末内])?"
)
_RANGE = re.compile(
    rf"(?P<year0>{_YEAR})年?(?:(?P<month0>{_COUNT})月(?:{_COUNT}日)?)?\s*(?:[-—–~～－]+|起?至|起?到)\s*"
    rf"(?:{_POINT}|(?P<month1>{_COUNT})月(?:(?P<day1>{_COUNT})日|[底末])?|(?P<day2>{_COUNT})日)"
)
_BEFORE = re.compile(rf"(?P<point>{_POINT})(?:开学|结束)?[之以]?前")
_SCHOOL_YEAR = re.compile(rf"(?P<point>{_YEAR}年?\s*[-—–~～－至]+\s*(?P<year>{_YEAR})(?P<school>学年))")
_UNTIL = re.compile(
    rf"(?:(?<!截止)到|(?<!截)至|不迟于|不晚于|最迟[于在]?|截止(?:时间|日期)?(?:为|是|：|:|于)|(?:时限|期限)(?:为|是|：|:))\s*(?P<point>{_POINT})"
)
# A period that a plan looks forward to; 期间 and 时期 alone look back as often.
_PLAN = re.compile(
    '(?P<point>[“"](?P<plan>十[一二三四五六七])五[”"](?:规划|时期)?(?:期?末|(?:期间|时期)(?=[^。；]{0,16}(?:规划|计划|将|力争|拟|争取|确保))))'
)


def deadline_remark(text: str, on: date, *, script: str = "simplified") -> str:
    """注：该期限（2025年底）已过, of the latest deadline or period in a quote that had ended by the day before; else nothing."""
    passed = [(end, written) for end, written in deadlines(text) if end < on]
    return message("deadline_passed", date=max(passed)[1], script=script) if passed else ""


def deadlines(text: str) -> Iterator[tuple[date, str]]:
    """The last day of each deadline and period in a text, with the words for it; titles of documents hold none.

    >>> list(deadlines("到2025年底达到80%；自2022年1月1日起施行。"))
    [(datetime.date(2025, 12, 31), '2025年底')]
    """
    text = re.sub("《[^》]*》", lambda title: " " * len(title[0]), text)
    taken: list[tuple[int, int]] = []
    for pattern in (_SCHOOL_YEAR, _RANGE, _BEFORE, _UNTIL, _PLAN):
        for match in pattern.finditer(text):
            if any(a < match.end() and match.start() < b for a, b in taken) or _no_deadline(match):
                continue
            if found := _last_day(match):
                taken.append(match.span())
                yield found, _written(match)


def _written(match: re.Match[str]) -> str:
    """The deadline as it is named in the remark; 前 stays where the named year itself is too late."""
    if match.re is _RANGE:
        return match[0]
    return f"{match['point']}前" if match.re is _BEFORE and not _is_whole(match) else match["point"]


def _is_whole(match: re.Match[str]) -> bool:
    """Whether a deadline lasts to the end of what it names: 2025年底前, not 2025年前."""
    return match.re is not _BEFORE or re.search("[底末内日]|半年|季度", match["point"]) is not None


def _no_deadline(match: re.Match[str]) -> bool:
    before, after = match.string[: match.start()], match.string[match.end() :]
    return bool(
        first_match(before[-12:], "no_deadline", "before", "validity")
        or first_match(after[:24], "no_deadline", "after", "validity")
    )


def _last_day(match: re.Match[str]) -> date | None:
    """The day with which a deadline ends; 2025年前 and 2025年6月前 end the day before that year or month begins."""
    part = defaultdict(str, {name: value for name, value in match.groupdict().items() if value})
    if part["plan"]:
        return date(five_years(part["plan"])[1], 12, 31)
    year = int(_figures(part["year"] or part["year0"]))
    month = _number(part["month"] or part["month1"] or (part["day2"] and part["month0"]))
    day = _number(part["day"] or part["day1"] or part["day2"])
    whole = _is_whole(match)
    if part["half"]:
        month = 6 if part["half"] == "上" else 12
    elif part["quarter"]:
        month = 3 * _number(part["quarter"])
    elif part["term"]:
        begins, ends = (
            (date(year, 2, 28), date(year, 7, 31))
            if part["term"] == "春"
            else (date(year, 8, 31), date(year + 1, 1, 31))
        )
        return ends if whole else begins
    elif part["school"]:
        month = 8
    try:
        if day:
            return date(year, month, day)
        first = date(year, month or (12 if whole else 1), 1)
    except ValueError:
        return None
    return first.replace(day=calendar.monthrange(first.year, first.month)[1]) if whole else first - timedelta(days=1)


def _number(written: str) -> int:
    return han_number(written) if written else 0


def _figures(year: str) -> str:
    return "".join(str(han_number(char)) for char in year)
