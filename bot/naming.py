"""Which documents a question names: by 文号 in any bracket style or in part, by full, short or abbreviated title."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable

from index.records import PolicyDocument
from index.tokens import fold

_DOC_NO = re.compile(
    r"(?P<body>[\u4e00-\u9fff]{1,9}?)(?:字)?[\[〔【(（]?(?:(?P<year>(?:19|20)\d{2})[\]〕】)）]?年?\s*)?第?(?P<number>\d{1,4})号"
)
_OWN_NO = re.compile(r"(?P<body>[\u4e00-\u9fff]{1,12})〔(?P<year>\d{4})〕(?P<number>\d+)号")
_ORDER = re.compile(r"(国务院|主席|教育部|[\u4e00-\u9fff]{2,8}政府)?令第?(\d+)号")
_SHORT = re.compile(r"[\u4e00-\u9fff]{1,14}?(?:实施办法|实施条例|条例|办法|规定|法)(?!律|院|治|定|人|规)")
_NATION = "中华人民共和国"
_VERBS = ("按照", "按", "根据", "依据", "看看", "讲讲", "关于", "请问", "查", "的", "和", "跟", "与", "是", "在")


class DocumentNames:
    """The names of a library's documents, made once for each generation."""

    def __init__(self, documents: Iterable[PolicyDocument]) -> None:
        self._titles: dict[str, list[str]] = defaultdict(list)
        self._numbers: list[tuple[str, str, str, str]] = []
        for document in documents:
            for name in short_names(document):
                self._titles[name].append(document.id)
            own = _OWN_NO.fullmatch(document.doc_no or "")
            if own:
                self._numbers.append((own["body"], own["year"], own["number"], document.id))
            head = document.text[:600]
            for order in _ORDER.finditer(fold(head)) if "令" in head else ():
                self._numbers.append((f"{order[1] or ''}令", "", order[2], document.id))

    def by_number(self, text: str) -> tuple[str, ...]:
        """Documents whose own 文号 the folded text gives in whole or in part (晋教5号, 教基2020 7号, 国务院令188号)."""
        found: dict[str, None] = {}
        for asked in _DOC_NO.finditer(text):
            for body, year, number, document in self._numbers:
                if number != asked["number"] or (asked["year"] and year and asked["year"] != year):
                    continue
                if asked["body"].endswith(body) or (len(asked["body"]) >= 2 and body.endswith(asked["body"])):
                    found[document] = None
        return tuple(found)

    def by_title(self, text: str) -> tuple[str, ...]:
        """Documents named in the folded text: the longest full or short title in it, else an abbreviation like 高教法."""
        named = [name for name in self._titles if name in text]
        longest = [n for n in named if not any(n != other and n in other for other in named)]
        if longest:
            return tuple(dict.fromkeys(i for name in longest for i in self._titles[name]))
        for match in _SHORT.finditer(text):
            for start in range(len(match[0]) - 2):
                documents = self._abbreviated(match[0][start:])
                if documents:
                    return documents
        return ()

    def _abbreviated(self, short: str) -> tuple[str, ...]:
        if len(short) < 3 or short.startswith(_VERBS):
            return ()
        full = [n for n in self._titles if n[0] == short[0] and _suffix(n) == _suffix(short) and _within(short, n)]
        if not full:
            return ()
        shortest = min(len(n) for n in full)
        return tuple(
            dict.fromkeys(i for n in full if len(n) == shortest and len(n) <= 4 * len(short) for i in self._titles[n])
        )


def short_names(document: PolicyDocument) -> set[str]:
    """Folded names by which people call a document: its title, the title without 中华人民共和国 or place, what 《》 holds."""
    title = fold(re.sub(r"[(（][^()（）]*[)）]$", "", document.title))
    names = {title, title.removeprefix(_NATION), *(fold(x) for x in re.findall("《([^《》]+)》", document.title))}
    if document.place and document.place.path:
        province = document.place.path[-1]
        names |= {n.removeprefix(province) for n in names if n.startswith(province) and len(n) - len(province) > 6}
    plain = {re.sub(r"[《》]", "", n) for n in names}
    return {n for n in plain if len(n) >= 3}


def _suffix(name: str) -> str:
    return next((s for s in ("实施办法", "实施条例", "条例", "办法", "规定", "法") if name.endswith(s)), name[-1])


def _within(short: str, name: str) -> bool:
    """Whether `short` is a subsequence of `name` (高教法 in 高等教育法)."""
    letters = iter(name)
    return all(c in letters for c in short)
