"""The notations of figures: where dates, times, shares, ratios and counts with units stand, and what each is worth."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from functools import cache, lru_cache

from bot.cues import table

Value = Decimal | tuple[Decimal | None, ...]
Reading = Iterator[tuple[Value, str]]

DATE, RATIO, FRACTION = "日期", "比", "分之"
# All repetitions are bounded: whatever a document repeats, reading it takes time in proportion to its length.
_SCALES = {"十": 10, "百": 100, "千": 1000, "万": 10_000, "亿": 100_000_000}
_ONES = "一二两三四五六七八九壹贰叁肆伍陆柒捌玖"
_HAN = rf"(?:[{_ONES}十拾廿]|零(?=点))[〇零{_ONES}十拾廿百千万亿]{{0,16}}(?:点[〇零{_ONES}]{{1,6}}[万亿]?)?"
_ARABIC = r"(?:\d{1,3}(?:,\d{3}){1,5}(?!\d)|\d+)(?:\.\d+)?"
_SCALED = r"(?: ?(?:百(?!分)|千(?![克米瓦])|[十万亿]){1,3}(?:\d{1,4}[百千万]){0,3})?"
_NUMBER = rf"(?:(?:\d{{1,3}}(?: \d{{3}}){{1,4}}(?!\d)|{_ARABIC}){_SCALED}|{_HAN})"
_TO = r" ?(?:--?|[~至到、或和及]) ?"
_SEVERAL = rf"{_NUMBER}(?:{_TO}{_NUMBER}){{0,7}}"
_YEAR = r"(?:(?:19|20)\d\d|[一二][〇零一二三四五六七八九]{3})"
_MONTH = r"(?:1[0-2]|0?[1-9]|十[一二]?|[一二三四五六七八九])"
_DAY = r"(?:[12]\d|3[01]|0?[1-9]|[一二三]?十[一二三四五六七八九]?|[一二三四五六七八九])"
_HALF_DAY = r"(?:(?P<{}>上午|早上|早晨|凌晨|中午|下午|傍晚|晚上|晚) ?)"
_SHORT = rf"(?:\d{{1,2}}|[{_ONES}十]{{1,3}})"
_LINE_NUMBER = rf"(?m:^)[ \t]*(?:\((?:[{_ONES}十百]+|\d{{1,2}})\)|[{_ONES}十百]{{1,4}}[、.)]|\d{{1,2}}(?:[、)]|\.(?!\d)|\.(?=20\d\d年)))"

_STARTS = f"0123456789{_ONES}十拾廿零百千万半第高初上早凌中下傍晚( \t"
_NO_HOUR = "[间段期代限候刻常效速]"

_DATE = (
    rf"(?:(?P<y1>{_YEAR}) ?年 ?)?(?P<m1>{_MONTH}) ?月 ?(?P<d1>{_DAY}(?: ?[日号]?{_TO}{_DAY}){{0,7}}) ?[日号](?!常)"
    rf"|(?P<y2>{_YEAR}) ?年 ?(?P<m2>{_MONTH}) ?月(?P<d2>)"
    rf"|(?P<y3>(?:19|20)\d\d)(?P<mark>[-./])(?P<m3>1[0-2]|0?[1-9])(?P=mark)(?P<d3>[12]\d|3[01]|0?[1-9])(?!\d)"
    r"|(?P<y4>(?:19|20)\d\d)[-./](?P<m4>0[1-9]|(?<=-)1[0-2])(?P<d4>)(?![-./%\d]| ?[百千万亿]| ?(?:%(unit)s))"
)
_CLOCK = (
    rf"(?:{_HALF_DAY.format('half1')}?(?P<hour1>\d{{1,2}}) ?(?:时(?!{_NO_HOUR})|点(?=[钟半整前后之以起止至到~-]|\d))"
    rf"|(?:{_HALF_DAY.format('half2')}|(?<=日))(?P<hour2>{_SHORT}) ?[时点](?!{_NO_HOUR})"
    rf"|(?P<hour3>{_SHORT}) ?(?:[时点](?=[{_ONES}十]+分(?!之)|[钟半])|时(?=[至到前后])))钟?(?: ?(?P<minute>{_SHORT}) ?分(?!钟)|(?P<past>半)|整)?"
)
_SHARE = rf"(?P<base>[百千万]) ?分之 ?(?P<shares>百|{_SEVERAL})"
_FRACTION = (
    rf"(?P<whole>{_NUMBER}) ?分之 ?(?P<part>{_NUMBER})|(?<![\d/.])(?P<over>\d{{1,2}})/(?P<under>\d{{1,2}})(?![\d/])"
    r"|(?P<even>一半|半数)"
)
_RATIO = (
    rf"{_HALF_DAY.format('half3')}?(?P<terms>{_ARABIC}(?: ?: ?{_ARABIC})+)(?! ?年)"
    rf"|(?P<of>{_NUMBER}) ?比 ?(?P<to>{_NUMBER})(?! ?年)"
)
_GRADE = r"(?<![提最更较偏增很])(?P<school>[高初])(?P<year>[一二三])(?![个点些次种项条期等旦步年月])"
_VERSION = r"\d+(?:\.\d+){2,}"
_COUNTED = (
    rf"(?P<order>第 ?\(?)?(?P<numbers>{_SEVERAL})\)? ?(?P<over1>[余多几来])?(?P<scale>[十百千万亿]*) ?(?P<half>个半)?(?P<unit>%(unit)s)"
    rf"(?P<rest>(?<=成)[{_ONES}](?![{_ONES}十个])|半(?![数径天场]))?"
)
_HALVED = r"半 ?(?P<time>%(time)s)"
_BARE = rf"(?P<order2>第 ?)?(?P<number>{_ARABIC}(?: ?(?P<over2>[余多])? ?[百千万亿]+)?|{_HAN}(?<=[万亿]))"


@cache
def grammar() -> re.Pattern[str]:
    """One pattern for all notations, for text as `plain` leaves it. `lastgroup` names the notation that was met; `skip`
    stands for words and line numbers that only look like figures.
    """
    barred = table("figures")["not_before"]
    spellings = {s: f"{re.escape(s)}(?![{barred[s]}])" if s in barred else re.escape(s) for s in units()}
    lasting = ("个月", "天", "周", "分钟", "学期", "学年")
    unit = "|".join(spellings.values())
    time = "|".join(pattern for s, pattern in spellings.items() if units()[s][0] in lasting)
    words = table("figures")["words"]
    kinds = {
        "skip": "|".join((*words["led"], *words["other"], words["tens"], _LINE_NUMBER)),
        "date": _DATE.replace("%(unit)s", unit), "clock": _CLOCK, "share": _SHARE, "fraction": _FRACTION,
        "ratio": _RATIO, "grade": _GRADE, "version": _VERSION, "counted": _COUNTED.replace("%(unit)s", unit),
        "halved": _HALVED.replace("%(time)s", time), "bare": _BARE,
    }  # fmt: skip
    # Most characters begin none of these: to say so first makes reading ten times as fast.
    first = "".join({*_STARTS, *(word[0] for word in (*words["other"], "数"))})
    return re.compile(f"(?=[{first}])(?:{'|'.join(f'(?P<{kind}>{pattern})' for kind, pattern in kinds.items())})")


def read(match: re.Match[str]) -> list[tuple[Value, str]]:
    """The values and units of one match of `grammar`: several for a range or a list, none for what is skipped."""
    return list(_READERS[match.lastgroup](match)) if match.lastgroup in _READERS else []


def plain(text: str) -> str:
    """The text with digits, marks and numerals in their everyday form, each character in its place."""
    return re.sub(r"(?<=[一二〇零])[OＯ]|[OＯ](?=[〇零一二三四五六七八九])", "〇", text.translate(_everyday()))


@cache
def units() -> dict[str, tuple[str, Decimal]]:
    """Spelling → canonical unit and what the spelling is worth in it, the longest spelling first."""
    data = table("figures")
    listed = {**data["units"], **{word: [word] for word in data["measure_words"]["words"]}}
    found = {s: (unit, Decimal(data["factors"].get(s, 1))) for unit, spellings in listed.items() for s in spellings}
    return dict(sorted(found.items(), key=lambda item: -len(item[0])))


@cache
def _everyday() -> dict[int, str]:
    script = table("figures")["script"]
    return {ord(a): b for a, b in zip(script["from"], script["to"], strict=True)}


def _date(match: re.Match[str]) -> Reading:
    i = next(i for i in "1234" if match[f"m{i}"])
    year = number(match[f"y{i}"]) if match[f"y{i}"] else None
    days = [number(day) for day in re.split(f" ?[日号]?{_TO}", match[f"d{i}"]) if day]
    for day in days or (None,):
        yield (year, number(match[f"m{i}"]), day), DATE


def _clock(match: re.Match[str]) -> Reading:
    hour = number(match["hour1"] or match["hour2"] or match["hour3"])
    minute = number(match["minute"]) if match["minute"] else Decimal(30 if match["past"] else 0)
    yield (_of_day(hour, match["half1"] or match["half2"]), minute), RATIO


def _share(match: re.Match[str]) -> Reading:
    for _, value in _terms(match["shares"]):
        yield value * 100 / _SCALES[match["base"]], "%"


def _fraction(match: re.Match[str]) -> Reading:
    words = ("1", "2") if match["even"] else (match["part"] or match["over"], match["whole"] or match["under"])
    yield tuple(number(word) for word in words), FRACTION


def _ratio(match: re.Match[str]) -> Reading:
    first, *others = (number(t) for t in (match["terms"].split(":") if match["terms"] else (match["of"], match["to"])))
    yield (_of_day(first, match["half3"]), *others), RATIO


def _grade(match: re.Match[str]) -> Reading:
    yield number(match["year"]), f"{match['school']}年级"


def _version(match: re.Match[str]) -> Reading:
    yield tuple(Decimal(part) for part in match[0].split(".")), ""


def _counted(match: re.Match[str]) -> Reading:
    spelling, terms = match["unit"], _terms(match["numbers"])
    unit, worth = units()[spelling]
    half = number(match["rest"].replace("半", "5")) / 10 if match["rest"] else Decimal("0.5" if match["half"] else 0)
    if spelling in ("年", "年度") and any(re.fullmatch(_YEAR, word) for word, _ in terms):
        for word, value in terms:  # 1、2026年: the first number is no year
            yield ((value, None, None), DATE) if re.fullmatch(_YEAR, word) else (value, "")
    elif unit == "月" and not half and all(1 <= value <= 12 for _, value in terms):
        for _, value in terms:
            yield (None, value, None), DATE
    else:
        whole = "个月" if unit == "月" else unit
        for _, value in terms:
            yield (
                (value * _worth(match["scale"]) + half) * worth,
                f"第{whole}" if match["order"] and unit != "号" else whole,
            )


def _halved(match: re.Match[str]) -> Reading:
    unit, worth = units()[match["time"]]
    yield worth / 2, unit


def _bare(match: re.Match[str]) -> Reading:
    yield number(re.sub("[余多]", "", match["number"])), "第" if match["order2"] else ""


_READERS = {
    "date": _date, "clock": _clock, "share": _share, "fraction": _fraction, "ratio": _ratio, "grade": _grade,
    "version": _version, "counted": _counted, "halved": _halved, "bare": _bare,
}  # fmt: skip


def _terms(text: str) -> list[tuple[str, Decimal]]:
    """The numbers of a range or list: in 2-3万 the first is 万 too, 三五 is a three and a five."""
    words = [word for part in re.split(_TO, text) for word in _apart(part)]
    values = [number(word) for word in words]
    if scale := re.search("[万亿]+$", words[-1]):
        by = _worth(scale[0])
        values = [
            v * by if w[-1] not in "千万亿" and v < values[-1] / by else v for w, v in zip(words, values, strict=True)
        ]
    return list(zip(words, values, strict=True))


def _apart(word: str) -> tuple[str, ...]:
    rising = len(word) == 2 and all(char in _ONES for char in word) and number(word[0]) < number(word[1])
    return tuple(word) if rising else (word,)


def _of_day(hour: Decimal, half: str | None) -> Decimal:
    return hour + 12 if half in ("下午", "傍晚", "晚上", "晚") and hour < 12 else hour


def _worth(scale: str) -> int:
    worth = 1
    for char in scale:
        worth *= _SCALES[char]
    return worth


@lru_cache(maxsize=4096)
def number(word: str) -> Decimal:
    """The value of an Arabic or Chinese numeral, or of one that mixes both (2万5千). One that is not well formed (二三十)
    is below zero and made of its characters, so that it equals itself alone.
    """
    word = word.replace(",", "").replace(" ", "")
    if word[0].isdigit() and word[-1].isdigit() and not set(word) & set(_SCALES):
        return Decimal(word)  # exact at any length
    if word[0].isdigit():
        parts = re.findall(r"(\d+(?:\.\d+)?)([十百千万亿]*)", word)
        return sum((Decimal(digits) * _worth(scale) for digits, scale in parts), Decimal(0))
    if len(word) == 1 and word in _SCALES:
        return Decimal(_SCALES[word])
    from cn2an import cn2an

    scale = word[-1] if "点" in word and word[-1] in "万亿" else ""
    try:
        return Decimal(str(cn2an(word.removesuffix(scale), "smart"))) * _worth(scale)
    except (ValueError, KeyError):
        return -Decimal("".join(str(number(char)) for char in word if char != "点"))
