"""What a look-up can be narrowed by: place, kind, validity, year and department of what was found, with counts."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache

from bot.cues import cues, table
from bot.records import Level
from index.places import NATION
from index.records import Place, PolicyDocument
from index.tokens import fold
from index.versions import version_date

Facets = dict[str, tuple[tuple[str, int], ...]]
FACETS = ("place", "kind", "validity", "year", "department")
SHOWN = 30
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d{2}(?!\d)")
_OVER = ("expired", "period_over", "superseded", "not_yet")


@dataclass(frozen=True, slots=True)
class Filters:
    """Values to narrow a look-up to, as `Found.facets` gives them; empty ones narrow nothing."""

    place: str = ""
    kind: str = ""
    validity: str = ""
    year: int | None = None
    department: str = ""

    def __bool__(self) -> bool:
        return bool(self.place or self.kind or self.validity or self.year or self.department)


NO_FILTERS = Filters()


@dataclass(frozen=True, slots=True)
class Marks:
    """What of one document never changes: the values that filters and queries are compared with."""

    place: str
    kind: str
    genres: frozenset[str]
    level: Level
    year: int | None
    years: frozenset[int]
    version: date | None


def marks_of(document: PolicyDocument) -> Marks:
    """The marks of a document. Its year is that of its version; `years` are all years of its dates, number and title."""
    days = (document.written, document.published, document.effective)
    named = f"{document.doc_no or ''} {document.title}"
    years = {day.year for day in days if day} | {int(year) for year in _YEAR.findall(named)}
    version = version_date(document)
    title = re.sub(r"\([^()]*\)", "", fold(document.title))
    carried = title.removesuffix("的通知").rstrip("》")  # 关于印发《…办法》的通知 is both
    return Marks(
        place=document.place.full_name if document.place else "",
        kind=_kind(document),
        genres=frozenset(
            word for word in cues("genres", "words", "find") if title.endswith(word) or carried.endswith(word)
        ),
        level=_level(document.place),
        year=version.year if version else max(years, default=None),
        years=frozenset(years),
        version=version,
    )


def state(document: PolicyDocument, on: date, *, superseded: bool) -> str:
    """The validity of a document on a day, as a key of `[validity]` in `find.toml`."""
    stated = document.validity or ""
    if superseded:
        return "superseded"
    if document.effective and document.effective > on:
        return "not_yet"
    if (document.expires and document.expires <= on) or "失效" in stated or "废止" in stated:
        return "expired"
    if document.period and document.period[1] < on.year:
        return "period_over"
    return "in_force" if "有效" in stated else "unstated"


def over(state_name: str) -> bool:
    """Whether a document in this state is not in force."""
    return state_name in _OVER


def in_state(found: str, wanted: str) -> bool:
    """Whether a document in state `found` is one that a query for `wanted` means: 有效 is what is not known to be over."""
    return found == wanted or (wanted == "in_force" and found not in _OVER)


@cache
def label(state_name: str) -> str:
    """How a state is shown."""
    return cues("validity", state_name, "find")[0]


def kinds_meant(word: str) -> frozenset[str]:
    """The kinds or the genre that a word for documents means.

    >>> sorted(kinds_meant("规章")), kinds_meant("条例"), kinds_meant("学校")
    (['地方政府规章', '部门规章'], frozenset({'条例'}), frozenset())
    """
    found = table("find")
    if word in found["kind_groups"]:
        return frozenset(found["kind_groups"][word])
    kinds = frozenset(name for name, words in found["kinds"].items() if word == name or word in words)
    return kinds or frozenset({word} & set(found["genres"]["words"]))


def facets(found: Sequence[tuple[Marks, str, Sequence[str]]]) -> Facets:
    """Counts of what was found by each facet, the most frequent first, years the newest first.

    `found` gives marks, state and responsible bodies of each section.
    """
    states = Counter(state_name for _, state_name, _ in found)
    return {
        "place": _ranked(Counter(marks.place for marks, _, _ in found)),
        "kind": _ranked(Counter(marks.kind for marks, _, _ in found)),
        "validity": _ranked(Counter({label(name): count for name, count in states.items()})),
        "year": tuple(sorted(_ranked(Counter(str(marks.year or "") for marks, _, _ in found)), reverse=True)),
        "department": _ranked(Counter(unit for _, _, units in found for unit in units)),
    }


def _ranked(counter: Counter[str]) -> tuple[tuple[str, int], ...]:
    known = ((name, count) for name, count in counter.items() if name)
    return tuple(sorted(known, key=lambda c: (-c[1], c[0]))[:SHOWN])


def _kind(document: PolicyDocument) -> str:
    if document.level in table("find")["kinds"]:
        return document.level or ""
    if document.kind == "third_party":
        return "参考资料"
    if document.kind == "policy" or "规范性文件" in (document.level or ""):
        return "政策文件"
    if document.place != NATION:
        return "地方性法规"
    return "法律" if fold(document.title).split("(")[0].endswith("法") else "行政法规"


def _level(place: Place | None) -> Level:
    if place is None:
        return ""
    if not place.path:
        return "national"
    if place.adcode.endswith("0000"):
        return "province"
    return "city" if place.adcode.endswith("00") else "county"
