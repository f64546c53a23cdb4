"""Where in a document a question points: article, paragraph, item, a path of headings; and which years it names."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from functools import lru_cache

from bot.records import Reference

_NUMERAL = "一二三四五六七八九十百千零〇两0-9"
_ONES = "一二三四五六七八九"
_HAN = f"{_ONES}十"
_PART = rf"(?:第([{_NUMERAL}]+)款)?\s*(?:第?\(?([{_NUMERAL}]+)\)?项|(?<=[条款])\(([{_HAN}]{{1,3}})\))?"
_REFERENCES = (
    re.compile(rf"第([{_NUMERAL}]+)条(之[一二三四五])?(?!例)\s*{_PART}"),
    re.compile(rf"(?<![\d.])(\d{{1,3}})条()(?!例){_PART}"),
    # A bare 五十九条 is an article only above ten, or where 款 or 项 follows: 这一条, 有十条规定 are none.
    re.compile(
        rf"(?<![第国新双有共{_NUMERAL}])((?:[{_ONES}]百零?)?(?:[{_ONES}]?十[{_ONES}]|[二三四五六七八九]十|(?<=[百零])[{_ONES}]))条"
        rf"(之[一二三四五])?(?!例|规定|措施|意见|要求|标准|红线|禁令|建议|举措|政策|路|线){_PART}"
    ),
    re.compile(rf"(?<![第{_NUMERAL}这那哪几每])([{_HAN}百]+)条(之[一二三四五])?(?=第[{_NUMERAL}]+[款项])\s*{_PART}"),
    re.compile(rf"第([{_NUMERAL}]+)[项点]()"),
    re.compile(r"(?:(?<![\d.])(2[5-9]|[3-9]\d)|(?<=[件见案知划要文求号的里中])(\d{1,2}))点(?!钟|半|\d)"),
)  # fmt: skip
_PARAGRAPH = re.compile(rf"第([{_NUMERAL}]+)款\s*(?:第?\(?([{_NUMERAL}]+)\)?项)?")
_PATHS = (
    re.compile(
        rf"(?<![{_HAN}第初高大小])([{_HAN}]{{1,3}})[、.]?\s*\(([{_HAN}]{{1,3}})\)(?![项班])\s*(?:的?第?(\d{{1,2}})(?![\d年月日]))?"
    ),
    re.compile(rf"第([{_NUMERAL}]+)部分(?:的?(?:第([{_NUMERAL}]+)[点条项小]|\(([{_NUMERAL}]+)\)))?"),
    re.compile(rf"(?<![\w)])\(([{_HAN}]{{1,3}})\)"),
)
_DIGITS = dict(zip("零〇一二两三四五六七八九", (0, 0, 1, 2, 2, 3, 4, 5, 6, 7, 8, 9), strict=True))
_UNITS = {"十": 10, "百": 100, "千": 1000}

_YEAR = re.compile(r"(?<!\d)((?:19|20)\d{2})(?=年|[\-—至到~]|$|\D)")
_HAN_YEAR = re.compile(r"(?<![一-九])([一二]\s?[〇零九][〇零一二三四五六七八九]{2})年")
_SHORT_YEAR = re.compile(
    r"(?<![\d.满够干教龄作学约近过超了])(2\d)(?=年)(?!年(?:来|以上|以下|以内|之内|内|左右|教龄|工龄|的?教龄|多|才))"
    r"|(?:[比从到至截在])([01]\d)(?=年)(?!年(?:以上|以下|以内|内|左右))"
)
_RELATIVE = {"大前年": -3, "前年": -2, "去年": -1, "上一年": -1, "今年": 0, "本年": 0, "明年": 1, "后年": 2}
_PLAN = re.compile(r"(?<![二三四五六七八九])(十一|十二|十三|十四|十五|十六)五(?![年天个所名人岁条])")
_FIRST_PLAN = 1956  # by this rule 十四五 is 1956 + 5 × 13 and the four years after it (older plans were uneven)


def references(folded: str) -> tuple[Reference, ...]:
    """Articles with their paragraph and item (五十九条第二款), and paths of headings (二、(三))."""
    found: dict[Reference, None] = {}
    taken: list[tuple[int, int]] = []

    def take(match: re.Match[str], reference: Reference) -> None:
        if not any(a < match.end() and match.start() < b for a, b in taken):
            taken.append(match.span())
            found[reference] = None

    for pattern in _PATHS:
        for match in pattern.finditer(folded):
            take(match, Reference(path=tuple(str(to_number(n)) for n in match.groups() if n)))
    for pattern in _REFERENCES:
        for match in pattern.finditer(folded):
            groups = (*match.groups(), "", "", "")
            value = to_number(match[1] or match[2] or "")
            suffix = match[2] if match[1] and match[2] else ""
            if value:
                take(
                    match,
                    Reference(f"{value}{suffix}", to_number(groups[2] or ""), to_number(groups[3] or groups[4] or "")),
                )
    for match in _PARAGRAPH.finditer(folded):
        take(match, Reference(paragraph=to_number(match[1]), item=to_number(match[2] or "")))
    return _joined(list(found))


def _joined(found: list[Reference]) -> tuple[Reference, ...]:
    """One article and, apart from it, one paragraph (a follow-up's 那第二款呢) are one reference."""
    if len(found) == 2 and found[0].article and not (found[0].paragraph or found[1].article or found[1].path):
        return (replace(found[1], article=found[0].article),)
    return tuple(found)


def article_references(folded: str) -> tuple[str, ...]:
    """Numbers of articles or items referred to, as Arabic digits: 第五十九条 → 59, 第十五条之一 → 15之一."""
    return tuple(dict.fromkeys(r.article for r in references(folded) if r.article))


def without_references(folded: str) -> str:
    """The text with its article references taken out."""
    for pattern in (*_PATHS, *_REFERENCES, _PARAGRAPH):
        folded = pattern.sub(" ", folded)
    return folded


def blanked(text: str, spans: Iterable[tuple[int, int]]) -> str:
    """The text with the spans, which may overlap, turned to blanks.

    >>> blanked("午休办法第三条", [(0, 4), (2, 4)])
    '    第三条'
    """
    taken = {i for start, end in spans for i in range(start, end)}
    return "".join(" " if i in taken else letter for i, letter in enumerate(text))


def without_paragraphs(folded: str) -> str:
    """The text with 第二款 and 第三项 taken out, articles left in."""
    return _PARAGRAPH.sub(" ", folded)


def to_number(numeral: str) -> int:
    """A Chinese or Arabic integer below 10,000; 0 where it is none.

    >>> to_number("五十九"), to_number("一百零二"), to_number("一千二百六十"), to_number("12")
    (59, 102, 1260, 12)
    """
    if numeral.isdecimal():
        return int(numeral)
    total, digit = 0, 0
    for char in numeral:
        if char in _UNITS:
            total += (digit or 1) * _UNITS[char]
            digit = 0
        elif char in _DIGITS:
            digit = _DIGITS[char]
        else:
            return 0
    return total + digit


def to_han(number: int) -> str:
    """A number from 1 on as outlines write it; beyond 9999, where none counts so far, in figures.

    >>> [to_han(n) for n in (6, 12, 20, 105, 1260, 10000)]
    ['六', '十二', '二十', '一百零五', '一千二百六十', '10000']
    """
    if number > 9999:
        return str(number)
    written = ""
    for unit, name in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit, number = divmod(number, unit)
        if digit:
            written += f"{_ONES[digit - 1]}{name}"
        elif written and number and not written.endswith("零"):
            written += "零"
    return written.removeprefix("一") if written.startswith("一十") else written


@lru_cache(maxsize=4096)
def number_of(label: str) -> str:
    """An outline number as article references write it: 第五十九条 → 59, 12. → 12, 第十五条之一 → 15之一.

    >>> number_of("第五十九条"), number_of("12."), number_of("第十五条之一"), number_of("——")
    ('59', '12', '15之一', '')
    """
    match = re.search(rf"([{_NUMERAL}]+)条?(之[一二三四五])?", label)
    return f"{to_number(match[1])}{match[2] or ''}" if match else ""


def on_path(reference: Reference, path: str) -> bool:
    """Whether a heading path ends at the place that `reference` gives by numbers: 二、（三） → 二、… / （三）….

    >>> on_path(Reference(path=("2", "3")), "二、加强队伍建设 / （三）优化机制")
    True
    >>> on_path(Reference(path=("3", "2")), "二、总体要求 / （三）主要目标 / 2.远景目标")
    False
    """
    steps = path.split(" / ")
    numbered = [step for step in steps if _leading(step)][-len(reference.path) :]
    if not reference.path or not _leading(steps[-1]) or tuple(map(_leading, numbered)) != reference.path:
        return False
    return len(numbered) == 1 or not re.match(r"[（(\d]", numbered[0])  # 三、（二） begins at a 三、


def _leading(step: str) -> str:
    match = re.match(rf"第?[(（]?([{_NUMERAL}]+)[)）、.．部章节条]", step)
    return str(to_number(match[1])) if match else ""


def years(folded: str, on: date | None = None) -> tuple[int, ...]:
    """Years named, with 23年 read as 2023; given the asking day also 去年 and the years of a five-year plan (十四五)."""
    found = [int(y) for y in _YEAR.findall(folded)]
    found += [int("".join(str(_DIGITS[c]) for c in y if c in _DIGITS)) for y in _HAN_YEAR.findall(folded)]
    found += [2000 + int(a or b) for a, b in _SHORT_YEAR.findall(folded)]
    if on is not None:
        rest = folded
        for word, distance in _RELATIVE.items():
            if word in rest:
                found.append(on.year + distance)
                rest = rest.replace(word, "")
        for plan in _PLAN.findall(folded):
            first = _FIRST_PLAN + 5 * (to_number(plan) - 1)
            found += range(first, first + 5)
    return tuple(dict.fromkeys(found))
