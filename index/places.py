"""Administrative places: names in a text to paths from the province down.

The names and codes are cpca's administrative table. cpca's own matcher is not used: importing it needs `pkg_resources`
(gone from current setuptools) and pandas, and it reads every name as part of one address, while a policy or a question
names places inside ordinary words. So the table is read once and matched here by Aho-Corasick.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib.metadata import distribution
from pathlib import Path

from index.matcher import TermMatcher
from index.records import Place

NATION = Place((), "")

_PROVINCES = (*range(11, 16), 21, 22, 23, *range(31, 38), *range(41, 47), *range(50, 55), *range(61, 66))
# Short official names as they open document numbers (晋教〔2021〕5号).
_ABBREVIATIONS = dict(zip("京津冀晋蒙辽吉黑沪苏浙皖闽赣鲁豫鄂湘粤桂琼渝川黔云藏陕甘青宁新", _PROVINCES, strict=True))
_ABBREVIATIONS |= {"蜀": 51, "贵": 52, "滇": 53, "秦": 61, "陇": 62}
_NICKNAMES = dict(
    re.findall(
        r"(\w+)=(\w+)",
        "帝都=北京市 魔都=上海市 羊城=广州市 鹏城=深圳市 蓉城=成都市 榕城=福州市 鹭岛=厦门市 甬城=宁波市 申城=上海市 "
        "泉城=济南市 冰城=哈尔滨市 燕城=永安市 星城=长沙市 岛城=青岛市 津门=天津市 京城=北京市 京籍=北京市 沪籍=上海市",
    )
)
# Prefecture names that are ordinary words: they need their 市 or an ancestor in front.
_ORDINARY = frozenset(re.findall("..", "来宾白银日照山南阿里和田海东海西海北黄南大同中山朝阳安康北海黄山南通孝感开封"))
_COMPOUNDS = ("哈密瓜", "普洱茶", "中山装", "长治久安", "大同小异", "三明治", "东西安", "东西南北")
# County names that are ordinary words even in full: they need an ancestor in front.
_ORDINARY_FULL = re.compile(r"[老新]?城[东西南北中关]?区|新[市区]区|[东西南北]区|[郊矿]区|市[中南北]区|和县")
_SUFFIX = re.compile(r"(?:特别行政区|自治[区州县旗]|林区|新区|矿区|地区|[省市盟县区旗])$")
# A street or a university named after a place says nothing about whose rule is meant.
_NAMESAKE = re.compile(r"(?:[东西南北中]?[路街]|大道|[^的在和与，。？、]{0,5}?(?:大学(?!生)|学院))")
_CUE = re.compile(r"(?:在|来自|我是|户口|户籍|老家|住|去|到)$")
_OWNED = re.compile(
    r"的?(?:一所|这边|那边|本地)?(?:小学|初中|高中|中学|学校|幼儿园|老师|教师|教育局|户口|户籍|孩子|娃|家长)"
)
_NATIONAL = re.compile(
    "中共中央|中央|国务院|全国|中华人民共和国|国家|最高人民|中国人民解放军|共青团中央"
    "|(?:教育|财政|公安|司法|民政|商务|科学技术|科技|人力资源和?社会保障|自然资源|生态环境|住房和?城乡建设|交通运输|水利"
    "|农业农村|文化和旅游|应急管理|工业和信息化|卫生|农业|文化|国防|外交)部"
)
_NUMBER = re.compile(rf"^[（(]?([{''.join(_ABBREVIATIONS)}])[一-龥]{{1,8}}[〔\[【(（]")


@dataclass(frozen=True, slots=True)
class _Mention:
    start: int
    end: int
    candidates: tuple[Place, ...]
    full: bool
    cued: bool
    owned: bool


@cache
def _table() -> dict[str, Place]:
    """Six-digit code -> place; groups that are no place of their own (市辖区) are left out of the paths."""
    path = Path(str(distribution("cpca").locate_file("cpca/resources/adcodes.csv")))
    with path.open(encoding="utf-8", newline="") as file:
        names = {row["adcode"][:6]: row["name"] for row in csv.DictReader(file)}
    places = {}
    for code, name in names.items():
        if _is_group(name):
            continue
        chain = dict.fromkeys((code[:2] + "0000", code[:4] + "00", code))
        path_names = tuple(names[step] for step in chain if step in names and not _is_group(names[step]))
        places[code] = Place(path_names, code)
    return places


def all_places() -> tuple[Place, ...]:
    """Every province, prefecture and county."""
    return tuple(_table().values())


def is_place_name(text: str) -> bool:
    """Whether `text` is the full or short name of a place, or a nickname of one."""
    return text in _names()


def _is_group(name: str) -> bool:
    return name in ("市辖区", "县", "城区") or "直辖" in name


@cache
def _nations() -> re.Pattern[str]:
    path = Path(str(distribution("cpca").locate_file("cpca/resources/56_nations.csv")))
    names = [line.strip() for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    names += [name.removesuffix("族") for name in names if len(name) > 2] + ["各族"]
    return re.compile(f"(?:{'|'.join(sorted(names, key=len, reverse=True))})+$")


@cache
def short_name(name: str) -> str:
    """The name without what kind of place it is.

    >>> [short_name(name) for name in ("永安市", "恩施土家族苗族自治州", "内蒙古自治区", "广西壮族自治区")]
    ['永安', '恩施', '内蒙古', '广西']
    """
    bare = _SUFFIX.sub("", name)
    tribeless = _nations().sub("", bare) if "自治" in name else bare
    return next((short for short in (tribeless, bare) if len(short) >= 2), name)


def _level(place: Place) -> int:
    return 1 if place.adcode.endswith("0000") else 2 if place.adcode.endswith("00") else 3


@cache
def _names() -> dict[str, tuple[tuple[Place, ...], bool]]:
    """Every name to look for -> its places and whether it is a full name."""
    full: dict[str, list[Place]] = {}
    short: dict[str, list[Place]] = {}
    for place in _table().values():
        full.setdefault(place.name, []).append(place)
        short.setdefault(short_name(place.name), []).append(place)
        if place.name.endswith("自治州"):
            full.setdefault(f"{short_name(place.name)}州", []).append(place)
    found = {name: (tuple(places), False) for name, places in short.items()}
    found |= {name: (tuple(places), True) for name, places in full.items()}
    return found | {nick: (tuple(full[name]), True) for nick, name in _NICKNAMES.items()}


@cache
def _matcher() -> TermMatcher:
    return TermMatcher((*_names(), *_COMPOUNDS))


def _mentions(text: str) -> list[_Mention]:
    found = []
    for name, start, end in _matcher().find(text):
        if name in _COMPOUNDS:
            continue
        candidates, full = _names()[name]
        if full or not _NAMESAKE.match(text, end):
            cued, owned = bool(_CUE.search(text, 0, start)), bool(_OWNED.match(text, end))
            found.append(_Mention(start, end, candidates, full, cued, owned))
    return found


def _highest(places: list[Place]) -> list[Place]:
    return [place for place in places if _level(place) == min(map(_level, places))]


def _choose(
    mention: _Mention, name: str, above: Place | None, known: frozenset[Place], named: list[Place]
) -> Place | None:
    """The place meant: below `above`, else the only one of the highest level, known, or below one `named` elsewhere."""
    inside = [place for place in mention.candidates if above and place != above and above.covers(place)]
    below = _highest(inside)
    if len(below) == 1:
        return below[0]
    if mention.full:
        candidates = [] if _ORDINARY_FULL.fullmatch(name) else [*mention.candidates]
    else:
        plain = mention.cued or mention.owned or name not in _ORDINARY
        only = mention.cued and len(mention.candidates) == 1
        candidates = [p for p in mention.candidates if p in known or only or (plain and _level(p) < 3)]
    highest = _highest(candidates)
    in_library = [place for place in candidates if place in known]
    below_named = [place for place in candidates if any(other != place and other.covers(place) for other in named)]
    return next((pool[0] for pool in (highest, in_library, below_named) if len(pool) == 1), None)


def places_in(text: str, known: Iterable[Place] = ()) -> tuple[Place, ...]:
    """The places named in `text`, in order, each once; of a chain 福建省三明市永安市 only the last.

    Provinces and prefectures are found by short names too (太原, 宁波); counties by their short name only when they are
    in `known`, follow an ancestor (福建永安) or follow a cue such as 我在. A name shared by several places (朝阳区)
    needs an ancestor in the text or one of them in `known`, else it is left out.

    >>> [place.full_name for place in places_in("我在太原，永安市和福建永安有什么不同")]
    ['山西省太原市', '福建省三明市永安市']
    >>> places_in("学校要和平发展，维护长治久安")
    ()
    """
    return tuple(dict.fromkeys(place for _, _, place in place_spans(text, known)))


def place_spans(text: str, known: Iterable[Place] = ()) -> list[tuple[int, int, Place]]:
    """Where `text` names the places of `places_in`; a chain 福建省三明市永安市 is one span."""
    known_places = frozenset(known)
    mentions = _mentions(text)
    sure = [m.candidates[0] for m in mentions if len(m.candidates) == 1 and (m.full or _level(m.candidates[0]) < 3)]
    sure += [p for m in mentions for p in m.candidates if len(m.candidates) > 1 and _level(p) == 1]
    chosen: list[tuple[int, int, Place]] = []
    for mention in mentions:
        start, end, before = chosen[-1] if chosen else (0, -1, None)
        touching = end >= 0 and not text[end : mention.start].strip(" 　·的")
        name = text[mention.start : mention.end]
        place = _choose(mention, name, before if touching else None, known_places, sure)
        if place is None:
            continue
        if touching and before and before.covers(place):
            chosen[-1] = (start, mention.end, place)
        else:
            chosen.append((mention.start, mention.end, place))
    return chosen


def place_of(text: str, known: Iterable[Place] = (), context: str = "") -> Place | None:
    """The place whose organ, document number or title `text` is: the first one named, the nation for a national organ.

    `context` (the body) decides between places of the same name.

    >>> [place_of(name).full_name for name in ("教育部", "中共永安市委秘书组", "晋教〔2021〕5号", "深圳经济特区")]
    ['国家', '福建省三明市永安市', '山西省', '广东省深圳市']
    """
    if number := _NUMBER.match(text):
        return _table()[f"{_ABBREVIATIONS[number.group(1)]}0000"]
    found = places_in(text, known)
    if found:
        return found[0]
    if _NATIONAL.match(text):
        return NATION
    return _by_context(text, context) if context else None


def _by_context(text: str, context: str) -> Place | None:
    """Of the places that share the first name in `text`, the one whose ancestors the context names most."""
    for mention in _mentions(text):
        if not mention.full:
            continue
        scores = {p: sum(context.count(short_name(step)) for step in p.path[:-1]) for p in mention.candidates}
        ranked = sorted(scores.items(), key=lambda item: -item[1])
        if ranked[0][1] > 0 and (len(ranked) == 1 or ranked[0][1] > ranked[1][1]):
            return ranked[0][0]
    return None


def ancestors(place: Place) -> tuple[Place, ...]:
    """The places above `place`, nearest first, ending with the nation.

    >>> [above.name for above in ancestors(place_of("永安市"))]
    ['三明市', '福建省', '国家']
    """
    by_path = {p.path: p for p in _table().values()} if place.path else {}
    above = [by_path.get(place.path[:depth], Place(place.path[:depth])) for depth in range(len(place.path) - 1, 0, -1)]
    return (*above, NATION) if place.path else ()
