"""The revision history of a law: who passed, changed and published it, and when."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from index.dates import dates_in

_CONGRESS = re.compile(r"([一-龥]{0,14}?)(?:第[一二三四五六七八九十百\d]+届)?(全国)?人民代表大会(常务委员会)?(?=第)")
_NAMED = re.compile(r"《?([一-龥]{2,12}(?:人民代表大会(?:常务委员会)?))关于")
_MINISTRY = re.compile(r"([一-龥]{2,14}?)(?:、[一-龥]{2,14}?)*(?:令|公告)?\s*第?\s*\d+\s*号")
_ISSUING = re.compile("通过|修订|修正|批准|公布|发布|修改")


@dataclass(frozen=True, slots=True)
class Event:
    """One step of a law's history: a date and what happened on it."""

    day: date
    text: str


def read_history(front: Sequence[str]) -> tuple[Event, ...]:
    """The dated steps in the lines above the first article. One line may hold several.

    >>> [e.day.year for e in read_history(["2013年6月2日 公告公布施行根据2018年9月7日青岛市人大常委会《决定》修正"])]
    [2013, 2018]
    """
    events = []
    for line in front:
        found = dates_in(line)
        ends = [*(start for start, _, _ in found[1:]), len(line)][: len(found)]
        for (_, end, day), stop in zip(found, ends, strict=True):
            text = line[end:stop].strip()
            if _ISSUING.search(text) or "施行" in text:
                events.append(Event(day, text))
    return tuple(events)


def newest(events: Sequence[Event]) -> date | None:
    """The date of the version: the last time it was passed, changed, approved or published."""
    return max((event.day for event in events if _ISSUING.search(event.text)), default=None)


def published(events: Sequence[Event]) -> date | None:
    return max((event.day for event in events if re.search("公布|发布", event.text)), default=None)


def first_issue(events: Sequence[Event]) -> date | None:
    """When the law was first published, for 自公布之日起; its passing does where that is the only step known."""
    days = [event.day for event in events if re.search("公布|发布", event.text)]
    return min(days) if days else events[0].day if len(events) == 1 else None


def in_force(events: Sequence[Event]) -> date | None:
    """A date given with 施行 alone, as the State Council's histories do."""
    return max((event.day for event in events if event.text.startswith("施行")), default=None)


def lawmakers(events: Sequence[Event]) -> tuple[str, ...]:
    """The organ that last passed or changed the law; an approving organ above it only when nobody else is named."""
    for event in sorted(events, key=lambda e: (not e.text.rstrip("。）)").endswith("批准"), e.day), reverse=True):
        if organ := _organ(event.text):
            return (organ,)
    return ()


def _organ(text: str) -> str | None:
    if "批准的" in text and (named := _NAMED.search(text.split("批准的", 1)[1])):
        return named.group(1)
    if match := _CONGRESS.search(text):
        area = "全国" if match[2] else match[1].strip()
        return f"{area}人民代表大会{match[3] or ''}" if area else None
    if "国务院" in text:
        return "国务院"
    order = _MINISTRY.search(text)
    return order.group(1).removesuffix("令").removeprefix("中华人民共和国") if order else None


def law_level(organs: Sequence[str], title: str) -> str | None:
    """Rank by who made it: 法律, 行政法规, 地方性法规, 部门规章."""
    if not organs:
        return "法律" if re.match("中华人民共和国[一-龥]+法$", title) else None
    maker = organs[0]
    if maker.startswith("全国人民代表大会"):
        return "法律"
    if maker == "国务院":
        return "行政法规"
    if "人民代表大会" in maker:
        return "地方性法规"
    return "地方政府规章" if maker.endswith("人民政府") else "部门规章"
