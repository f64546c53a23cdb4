"""Since when and until when a document holds, by its own words: 自…起施行, 有效期五年, 规划期 2021—2025年."""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterator
from datetime import date, timedelta

from index.dates import han_number, only_date, parse_date

_SENTENCE = re.compile(r"[^。；;\n]+")
_GENRE = (
    "法|条例|办法|规定|细则|意见|通知|方案|规划|纲要|决定|标准|规则|规程|章程|计划|制度|公告|通告|命令|令|指南|指引|准则|清单"
    "|措施|解释|批复|决议|文件|政策|守则|目录|安排|预案|要点|规范|说明|要求|函|简章|修正案|文本|文"
)
_NUMBERED = r"(?:第[一二三四五六七八九十百零〇\d]+条|[一二三四五六七八九十]+、|[（(][一二三四五六七八九十\d]+[）)]|\d+[.．、])?\s*"
# The document itself by its genre: 本办法, 本实施意见（试行）, 以上规定. 本市, 本证书 are something else.
_SELF = rf"(?:本|此|该|以上|上述)[^。；;，,\n]{{0,24}}?(?:{_GENRE})(?:[（(][^（）()]{{1,30}}[）)]|[》”])*"
# What may stand before 自…起施行: the document and perhaps who explains it, or nothing but the article's number.
_OWN = re.compile(rf"^{_NUMBERED}[（(]?$|{_SELF}(?:[^。；;\n]{{0,60}}[，,]\s*)?(?:并|均|一并|统一|暂)?$")
_OWN_TERM = re.compile(rf"{_SELF}的?(?:先|暂)?$|(?:^{_NUMBERED}|{_SELF}[^。；]{{0,60}}?)(?:从|自)[^，。；]{{1,20}}$")
_BEGINS = r"(?:(?:正式|开始|统一|全面)*(?:施行|实施|执行|生效|试行)(?![的后前])|至(?=\s*(?:19|20)\d{2}))"
_SINCE = re.compile(
    r"(?:从|自|于)\s*(?P<from>[^。；;，,《》]{1,24}?)\s*(?:之日)?起"
    r"(?:[，,]?\s*满?(?P<wait>\d{1,3}|[一二三四五六七八九十]{1,3})\s*(?P<unit>日|天|个月)(?:之?后|以后)?起?)?" + _BEGINS
)
_ON = re.compile(rf"(?:从|自|于)\s*(?P<from>[^。；;，,《》]{{6,16}}?)\s*{_BEGINS}")
_ISSUE = re.compile(
    "(?:本[一-龥]{1,8}|文件|行文|正式|修订|修改|公开)*(?:印发|发布|公布|颁布|颁发|下发|发文|签发|公告|通过|批准)"
)
_MONTH = re.compile(r"(?P<year>(?:19|20)\d{2})\s*年\s*(?P<month>\d{1,2})\s*月")
_TERM = r"(?:(?:有效|试行|执行|实施)(?:期限|时限|时间|期))"
_UNTIL = re.compile(
    rf"(?:{_TERM}[^。；，,]{{0,24}}?(?:至|到|—|-)|(?:施行|实施|执行|有效|起)[，,]?(?:至|到))\s*"
    r"(?P<until>(?:19|20)[^。；，,]{4,14})"
)
_LASTS = re.compile(
    rf"(?:{_TERM}(?:暂定|暂|均|定|自[^。；，,]{{1,12}}起(?:计算)?)?(?:为|是|：|:)?|试行)\s*"
    r"(?P<count>[一二三四五六七八九十两\d]{1,3})\s*(?P<unit>年|个月)(?![零又]?[\d一二三四五六七八九十半])"
)
_YEARS = r"(?P<first>(?:19|20)\d{2})年?\s*[-—–~～－至到]+\s*(?P<last>(?:19|20)\d{2})"
_PERIOD = re.compile(rf"{_YEARS}(?P<school>\s*学年)?")
_FIVE_YEARS = re.compile(
    '[“"](?P<quoted>九|十[一二三四五六七]?)五[”"]|(?<![一-十])(?P<plain>十[一二三四五六七])五(?=规划|计划|时期|期间|发展)'
    "|第(?P<long>九|十[一二三四五六七]?)个五年"
)
_VISION = re.compile(r"和(?P<last>20\d{2})年?(?:远景|愿景)?目标")
_PLAN = re.compile("规划|计划|纲要|方案|行动|工程|目标|任务|试点|意见")
# A title about the making or the outcome of a plan covers no period itself.
_ABOUT_PLAN = re.compile("编制|评估|征集|征求|总结|课题|立项|前期|统计|公报|情况|结果|名单|报告")
_ONE_YEAR = re.compile(
    r"(?P<year>20\d{2})年(?!以来|修订|修正|版)度?[^年《》]{0,16}?(?:招生|入学|报名|录取|考试|中考|高考|招聘|(?:资助|补助|收费)标准"
    "|工作要点|工作计划|工作安排|校历|放假|寒假|暑假|开学|评选|申报|认定工作)"
)
_STATED = re.compile(
    rf"(?:规划|计划|方案|行动|实施|试点|创建)(?:期限|期间|年限|时限|周期|时间|期)(?:为|是|：|:|从|自)*\s*{_YEARS}"
)


def effective_date(text: str, issued: date | None) -> date | None:
    """When the document says it comes into force; `issued` stands in for 自印发之日起.

    >>> effective_date("本办法自2025年1月1日起施行，有效期五年。", None)
    datetime.date(2025, 1, 1)
    """
    for match in reversed(list(_beginnings(text))):
        if found := _first_day(match["from"]):
            return found
        if _ISSUE.match(match["from"]):
            wait, unit = (match.groupdict().get(name) for name in ("wait", "unit"))
            if not (issued and wait):
                return issued
            count = han_number(wait)
            return _later(issued, count) if unit == "个月" else issued + timedelta(days=count)
    return None


def _beginnings(text: str) -> Iterator[re.Match[str]]:
    """Where the document itself is said to begin, in each sentence the first."""
    for sentence in _SENTENCE.finditer(text):
        if not re.search("施行|实施|执行|生效|试行|起至", sentence[0]):
            continue
        found = _SINCE.search(text, *sentence.span()) or _ON.search(text, *sentence.span())
        if found is None or (found.re is _ON and not only_date(found["from"])):
            continue
        if _OWN.search(text[sentence.start() : found.start()].strip()):
            yield found


def _first_day(written: str) -> date | None:
    """A date, or the first day of a month."""
    month = _MONTH.search(written)
    if (found := parse_date(written)) or not month or not 1 <= int(month["month"]) <= 12:
        return found
    return date(int(month["year"]), int(month["month"]), 1)


def _last_day(written: str) -> date | None:
    """A date, or the last day of a month."""
    if found := parse_date(written):
        return found
    first = _first_day(written)
    return first and first.replace(day=calendar.monthrange(first.year, first.month)[1])


def expiry_date(text: str, start: date | None) -> date | None:
    """The last day in force, from a date or from a term counted from `start`.

    >>> expiry_date("本办法自2025年1月1日起施行，有效期五年。", date(2025, 1, 1))
    datetime.date(2029, 12, 31)
    >>> expiry_date("许可证有效期五年。", date(2025, 1, 1))
    """
    lines = {text.count("\n", 0, match.start()) for match in _beginnings(text)}
    for sentence in _SENTENCE.finditer(text):
        for match in (*_UNTIL.finditer(sentence[0]), *_LASTS.finditer(sentence[0])):
            head = sentence[0][: match.start()].strip()
            # 有效期五年 may be a sentence of its own, in the line that says since when.
            own = _has_own_subject(head) if head else text.count("\n", 0, sentence.start()) in lines
            if own and (found := _end_of_term(match, start)):
                return found
    return None


def _has_own_subject(head: str) -> bool:
    """Whether what stands before a term makes it the document's: 本办法, or 本办法自…起施行 and a comma."""
    if _OWN_TERM.search(head):
        return True
    begun = _SINCE.search(head) or _ON.search(head)
    return begun is not None and bool(_OWN.search(head[: begun.start()].strip())) and head.endswith(("，", ","))


def _end_of_term(match: re.Match[str], start: date | None) -> date | None:
    if match.re is _UNTIL:
        return _last_day(match["until"])
    months = han_number(match["count"]) * (12 if match["unit"] == "年" else 1)
    return _later(start, months) - timedelta(days=1) if start else None


def _later(day: date, months: int) -> date:
    """The day so many months later; where the month has no such day, the first of the next."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    last = calendar.monthrange(year, month + 1)[1]
    return date(year, month + 1, min(day.day, last)) + timedelta(days=day.day > last)


def period(title: str) -> tuple[int, int] | None:
    """The first and the last year that a plan or a yearly notice covers, by its title.

    >>> period("发展“十四五”规划"), period("关于做好2026年义务教育招生工作的通知"), period("教育现代化2035")
    ((2021, 2025), (2026, 2026), None)
    """
    if _ABOUT_PLAN.search(title):
        return None
    years = _PERIOD.search(title)
    if years and (_PLAN.search(title) or years["school"]):
        return _plausible(years)
    if plan := _FIVE_YEARS.search(title):
        first, last = five_years(plan["quoted"] or plan["plain"] or plan["long"])
        vision = _VISION.search(title)
        return first, int(vision["last"]) if vision else last
    year = _ONE_YEAR.search(title)
    return (int(year["year"]), int(year["year"])) if year else None


def five_years(numeral: str) -> tuple[int, int]:
    """The years of a five-year plan by its number, from the sixth on.

    >>> five_years("十四")
    (2021, 2025)
    """
    last = 1955 + 5 * han_number(numeral)
    return last - 4, last


def stated_period(text: str) -> tuple[int, int] | None:
    """The years that a plan says it covers in its text: 规划期为2021—2025年."""
    stated = _STATED.search(text)
    return _plausible(stated) if stated else None


def _plausible(years: re.Match[str]) -> tuple[int, int] | None:
    first, last = int(years["first"]), int(years["last"])
    return (first, last) if first < last <= first + 30 else None
