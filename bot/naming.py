"""Which documents a question names: by 文号, by full, short or abbreviated title, or by how one of these begins."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import islice, takewhile

from bot.cues import cues
from bot.numbering import DocumentNumbers
from index.matcher import TermMatcher
from index.places import places_in, short_name
from index.records import Place, PolicyDocument
from index.tokens import fold

_NATION = "中华人民共和国"
_KINDS = ("条例", "细则", "办法", "规定", "法")
_ORDINARY_KINDS = ("办法", "规定")  # words of every other question, so that what stands before them must say more
# What follows 法 in another word (法律) or in a longer name (教师法实施办法).
_NOT_LAW = re.compile(r"[律院治人则务庭盲官案]|规(?!定)|制(?!定)|定(?=[代监职假义期])|学(?![校生前])")
_LAW = rf"法(?!{_NOT_LAW.pattern}|实施|办法|条例)"
_SHORT = re.compile(rf"[\u4e00-\u9fff]{{1,16}}?(?:{'|'.join(_KINDS[:-1])}|{_LAW})")
_NO_CORE = re.compile(r"(?:[的有没么是按]|[部厅局委府院校园家省市县区里中上级们人师生])$")
_VERSION = re.compile(r"(?<!\d)((?:19|20)?\d\d)年?(?:[的那版老旧]|那一|修订|修正|发布|公布)+《?$")
_HELD_PLAIN = re.compile(r"(?:[印转]发|[发公]布)([^《》]{6,60})的通知$")
_LEAST_ORDINARY, _LONGEST_RATIO, _LEAST_STRIPPED, _LEAST_TAIL = 3, 4, 5, 4
_LEAST_BEGUN, _BEGUN_SHOWN = 2, 200
_SHARED_BY = 3  # of an abbreviation that fits more documents the shortest title is meant


class DocumentNames:
    """The names of a library's documents, made once for each generation."""

    def __init__(self, documents: Iterable[PolicyDocument]) -> None:
        self._titles: dict[str, list[str]] = defaultdict(list)
        self._shared: set[tuple[str, str]] = (
            set()
        )  # a name without its place, which other places' documents may bear too
        self._places: dict[str, Place | None] = {}
        documents = tuple(documents)
        self.numbers = DocumentNumbers(documents)
        for document in documents:
            self._places[document.id] = document.place
            full = fold(document.title)
            for name in short_names(document):
                self._titles[name].append(document.id)
                if document.place and document.place.path and not full.startswith(name):
                    self._shared.add((name, document.id))
        self._sorted = sorted(self._titles)
        self._matcher = TermMatcher(self._titles, every=True)
        self._known = tuple({p for p in self._places.values() if p and p.path})
        self._by_kind: dict[tuple[str, str], list[str]] = defaultdict(list)
        for name in self._titles:
            if name.endswith(_KINDS):
                self._by_kind[_kind(name), name[0]].append(name)

    def by_number(self, text: str) -> tuple[str, ...]:
        """Documents whose own 文号 the folded text gives in whole or in part (晋教5号, 教基2020 7号, 国务院令188号)."""
        return tuple(dict.fromkeys(i for mention in self.numbers.mentions(text) for i in mention.documents))

    def begun(self, text: str) -> tuple[str, ...]:
        """Documents with a name or number that begins as the whole folded text does, the shortest names first."""
        first = bisect_left(self._sorted, text)
        names = takewhile(lambda name: name.startswith(text), islice(self._sorted, first, first + _BEGUN_SHOWN))
        titled = (i for name in sorted(names, key=len) for i in self._titles[name])
        return tuple(dict.fromkeys((*self.numbers.begun(text), *titled))) if len(text) >= _LEAST_BEGUN else ()

    def by_title(self, text: str, places: Sequence[Place] = ()) -> tuple[str, ...]:
        """Documents named in the folded text: the longest full or short titles in it, else abbreviations like 高教法.

        Of a name that several places' documents bear (实施《教师法》办法) those of the places in the text are meant, else
        those of `places`.
        """
        spans = self.name_spans(text)
        asked = places_in(text, self._known) or tuple(places)
        return tuple(dict.fromkeys(i for _, _, name in spans for i in self._of_places(name, asked)))

    def name_spans(self, text: str) -> list[tuple[int, int, str]]:
        """Where the folded text names documents, and by which of their names."""
        found = [(a, b, n) for n, a, b in self._matcher.find(text) if not _inside_a_word(text, a, b, n)]
        found += self._abbreviations(text)
        return [s for s in found if not any(_inside(s, other) for other in found)]

    def versions(self, text: str) -> tuple[int, ...]:
        """The years of the versions that a folded text names: the year stands before the name (2012年的教师法, 96年那版教师法)."""
        found = (_VERSION.search(text, 0, start) for start, _, _ in self.name_spans(text))
        years = (int(match[1]) for match in found if match)
        return tuple(dict.fromkeys(y if y > 100 else y + (1900 if y > 49 else 2000) for y in years))

    def _of_places(self, name: str, asked: Sequence[Place]) -> list[str]:
        own = [i for i in self._titles[name] if (name, i) not in self._shared]
        shared = [i for i in self._titles[name] if (name, i) in self._shared]
        if not asked:
            return own or shared
        return own + [i for i in shared if any(p.covers(a) for a in asked if (p := self._places[i]))]

    def _abbreviations(self, text: str) -> list[tuple[int, int, str]]:
        found = []
        for match in _SHORT.finditer(text):
            for start in range(len(match[0]) - 2):
                names = self._abbreviated(match[0][start:])
                if names:
                    found += [(match.start() + start, match.end(), name) for name in names]
                    break
        return found

    def _abbreviated(self, short: str) -> list[str]:
        kind = _kind(short)
        core = short.removesuffix(kind)
        if kind in _ORDINARY_KINDS and (len(core) < _LEAST_ORDINARY or _NO_CORE.search(core)):
            return []
        near = [n for n in self._by_kind.get((kind, short[0]), ()) if len(n) <= _LONGEST_RATIO * len(short)]
        fitting = [n for n in near if abbreviates(core, n.removesuffix(kind))]
        meant = {i for n in fitting for i in self._titles[n]}
        return fitting if len(meant) <= _SHARED_BY else [min(fitting, key=len)]


def short_names(document: PolicyDocument) -> set[str]:
    """Folded names by which people call a document: its title, without 中华人民共和国, place or 实施, what it issues in 《》."""
    title = fold(re.sub(r"[(（][^()（）]*[)）]", "", document.title))
    held = re.findall("(?:[印转]发|[发公]布|下达)[^《]{0,12}《([^《》]+)》|《([^《》]+)》$", title)
    plain = _HELD_PLAIN.findall(title)
    names = {re.sub(r"[《》]", "", n) for n in (title, *(a or b for a, b in held), *plain)}
    names |= {re.sub(r"[“”]", "", n) for n in names}
    names |= {n.replace(_NATION, "") for n in names}
    names |= {s for n in names for s in _without_place(n, document.place)}
    names |= {s for n in tuple(names) for s in (*_of_law(n), *_about(n))}
    return {n for n in names if len(n) >= 3}


def _of_law(name: str) -> set[str]:
    """实施教师法办法 is called 教师法办法 and 教师法实施办法, 国家通用语言文字法 语言文字法."""
    carried = re.fullmatch(r"(?:贯彻)?实施(?P<law>.{2,20}法)(?P<kind>的?(?:若干)?(?:办法|规定|细则))", name)
    if carried:
        return {f"{carried['law']}{carried['kind']}", f"{carried['law']}实施{carried['kind']}"}
    return {name[i:] for i in _word_starts(name) if len(name) - i > _LEAST_TAIL} if name.endswith("法") else set()


def _about(name: str) -> set[str]:
    """关于推进教育高质量发展的意见 is called 教育高质量发展的意见 and 高质量发展意见."""
    parts = re.fullmatch(
        r".*?关于(?:印发)?(?P<what>.{4,40}?)的?(?P<kind>(?:若干|实施)?意见|通知|决定|方案|规划|计划)", name
    )
    if not parts:
        return set()
    what, kind = parts["what"], parts["kind"]
    tails = [what[i:] for i in _word_starts(what) if len(what) - i >= _LEAST_TAIL]
    return {f"{tail}{joint}{k}" for tail in tails for joint in ("", "的") for k in (kind, kind[-2:])}


def _without_place(name: str, place: Place | None) -> set[str]:
    if place is None or not place.path:
        return set()
    own, full = place.path[-1], place.full_name
    rest = name.removeprefix(full) if name.startswith(full) else name.removeprefix(own)
    if rest == name or len(rest) < _LEAST_STRIPPED:
        return set()
    return {rest, f"{short_name(own)}{rest}"}


def _kind(name: str) -> str:
    return next((s for s in _KINDS if name.endswith(s)), name[-1:])


def _inside(span: tuple[int, int, str], other: tuple[int, int, str]) -> bool:
    return span != other and other[0] <= span[0] and span[1] <= other[1] and other[1] - other[0] > span[1] - span[0]


def _inside_a_word(text: str, start: int, end: int, name: str) -> bool:
    """Whether a name only looks like one: 教育法 in 职业教育法, 教师法 in 教师法定假期."""
    if name.endswith("法") and _NOT_LAW.match(text, end):
        return True
    return name.endswith(_KINDS) and text[:start].endswith(cues("naming", "modifiers"))


def abbreviates(core: str, full: str) -> bool:
    """Whether `core` takes its letters in order from beginnings of words of `full`, or goes on where it took one.

    >>> abbreviates("高教", "高等教育"), abbreviates("等教", "高等教育")
    (True, False)
    """
    if not core or not _within(core, full):
        return False
    starts = _word_starts(full)
    ends = {0} if core[0] == full[0] else set()
    for letter in core[1:]:
        first = min(ends, default=len(full))
        ends = {i for i in range(first + 1, len(full)) if full[i] == letter and (i in starts or i - 1 in ends)}
    return bool(ends)


def _within(short: str, name: str) -> bool:
    letters = iter(name)
    return all(c in letters for c in short)


def _word_starts(text: str) -> set[int]:
    """Where words begin in `text`, words inside compounds and 法 included."""
    import rjieba

    starts, at = set(), 0
    for word in rjieba.cut(text, False):
        starts.add(at)
        for part in rjieba.cut_for_search(word):
            starts.add(at + word.find(part))
        at += len(word)
    return starts | {i for i, letter in enumerate(text) if letter == "法"}
