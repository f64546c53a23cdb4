"""What a document says of other documents: which it repeals, amends, issues, forwards or rests on, by title or 文号."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from index.boundaries import bare
from index.dates import parse_date
from index.metadata import normal_number
from index.records import Claim, PolicyDocument, RelationKind

_TITLE = r"《(?:[^《》]|《[^《》]*》)*》"
_NUMBER = r"[一-龥]{1,16}[〔\[【(（](?:19|20)\d{2}[〕\]】)）]\s*第?\s*\d{1,5}\s*号"
_BRACKET = r"[（(][^（）()]*(?:[（(][^（）()]*[）)][^（）()]*)*[）)]"
_NAMED = re.compile(rf"(?P<title>{_TITLE})\s*(?P<bracket>{_BRACKET})?|(?P<number>{_NUMBER})")
_ENDED = r"(?:废止|停止(?:执行|施行|实施|适用)|不再(?:执行|施行|实施|适用)|失效|作废)"
# What may stand between the name of a text and the word that ends it. 第三条 or 的有关规定 would end only a part of it.
_ENDS = re.compile(
    r"(?:等?(?:文件|规定|规章|文))?[，,]?(?:自(?P<since>[^，。；《》]{2,24}?)起|从即日起|均|也|即|现|同时|随之|相应|即行|予以|一并|一律"
    rf"|自行|全部|宣布)*{_ENDED}(?![的后前之时或]|以[前后]|期间)"
)
_ENDING = re.compile(
    rf"(?:决定|同时|现|一并|予以|宣布|关于|起[，,]?|^\W*(?:[一二三四五六七八九十\d]+[、.．])?){_ENDED}(?:下列|以下|原)?"
    rf"[^《》。；，,、：:]{{0,24}}?(?=《|原?{_NUMBER})"
)
_LISTED = re.compile(rf"{_ENDED}[^。；《》]{{0,16}}[：:]$|{_ENDED}的?[^。；《》：:]{{0,16}}(?:目录|清单)$")
_LIST_ITEM = re.compile(
    rf"\W*(?:[\d一二三四五六七八九十]+\s*[.．、）)]\s*)?(?=.*(?:{_TITLE}|{_NUMBER}))"
    rf"(?P<title>[^。；：]{{0,60}}{_TITLE}[^。；：（(]*|[^《》。；：（(]{{4,60}})\s*(?P<bracket>[（(].*)?[。；]?"
)
# What may stand between two texts that share their fate: 《甲》、1998年发布的《乙》.
_JOINT = re.compile(r"(?:以及|[、和及与])[^《》。；]{0,120}|[，,](?:[^《》。；，,]{0,60}的|原)?|")
_GROUND = re.compile("(?:根据|依据|依照|按照|违反|参照|适用|执行)[^，,。；]{0,12}$")
_PART = re.compile("第|中|有关|相关|部分|的(?:有关|相关|规定|部分|第)")
_NO_DOCUMENT = re.compile("(?:证|证书|执照|表|卡|合同|协议|通知书|手册)》$")
_BASIS = re.compile("根据|依据|依照|按照|遵照|贯彻落实|贯彻|落实")
_MAKES = re.compile(
    "制[定订]本|特制[定订]|制[定订](?:以下|如下)|编制本|现[^。]{0,80}(?:如下|印发|通知)|提出(?:如下|以下)|(?:通知|意见|规定|公告)如下"
)
_IN_TITLE: tuple[tuple[RelationKind, re.Pattern[str]], ...] = (
    ("forwards", re.compile(rf"(?:转发|批转)[^《》]{{0,40}}?({_TITLE})")),
    ("forwards", re.compile(r"(?:转发|批转)([^《》]{6,}?)的?通知$")),
    ("issues", re.compile(rf"(?:印发|发布|公布|颁布|下达)[^《》]{{0,20}}?({_TITLE})")),
    ("issues", re.compile(r"关于(?:印发|发布|公布)([^《》]{6,}?)的(?:通知|公告|决定)")),
    ("amends", re.compile(rf"(?:修改|修正|修订)[^《》]{{0,20}}?({_TITLE})")),
    ("based_on", re.compile(rf"(?:贯彻|落实|实施|执行){{1,2}}[^《》]{{0,8}}?({_TITLE})")),
)
_LEAD, _SHOWN = 3_000, 200


@dataclass(frozen=True, slots=True)
class _Name:
    """A text named in a sentence and where."""

    title: str
    number: str
    start: int
    end: int


def claims_of(document: PolicyDocument) -> tuple[Claim, ...]:
    """Every text that the document says it repeals, amends, issues, forwards or rests on; a third party says nothing.

    A repeal of a part (第三条同时废止) and one that is only possible (应当废止) are no repeals.
    """
    if document.kind == "third_party":
        return ()
    titled = list(_of_title(document.title))
    # A notice may name what it issues in the sentence that says on what ground.
    handed_on = {bare(document.title), *(bare(c.title) for c in titled if c.kind in ("issues", "forwards"))}
    bases = [c for c in _bases(document.text[:_LEAD]) if bare(c.title) not in handed_on]
    found = [*_repeals(document.text), *bases, *titled]
    unique = {(c.kind, bare(c.title), c.number): c for c in reversed(found)}
    return tuple(reversed(unique.values()))


def _of_title(title: str) -> Iterator[Claim]:
    taken: set[str] = set()
    for kind, pattern in _IN_TITLE:
        match = pattern.search(title)
        if match and match[1] not in taken:
            taken.add(match[1])
            yield Claim(kind, _inner(match[1]), "", None, "")


def _repeals(text: str) -> Iterator[Claim]:
    lines = text.split("\n")
    for at, line in enumerate(lines):
        if re.search(_ENDED, line):
            for sentence in re.split("[。；;]", line):
                if re.search(_ENDED, sentence):
                    yield from _repeals_in(sentence)
            if _LISTED.search(line):
                yield from _repeals_listed(lines[at + 1 :], line)


def _repeals_in(sentence: str) -> Iterator[Claim]:
    """《甲》、《乙》同时废止, and 废止《甲》、《乙》."""
    masked, names = _masked(sentence), _names(sentence)
    for at, name in enumerate(names):
        ends = _ENDS.match(masked, name.end)
        if ends:
            for each in _joined(masked, names[: at + 1][::-1]):
                yield _repeal(each, sentence, ends["since"] or "")
    for ending in _ENDING.finditer(masked):
        for each in _joined(masked, [n for n in names if n.start >= ending.end()]):
            if not _PART.match(masked, each.end):
                yield _repeal(each, sentence)


def _joined(masked: str, names: Sequence[_Name]) -> Iterator[_Name]:
    """The first of the names and those joined to it in either direction, without what is only a ground (根据《甲》)."""
    for before, name in zip([None, *names], names, strict=False):
        if before and not _JOINT.fullmatch(masked[min(before.end, name.end) : max(before.start, name.start)]):
            return
        if not _GROUND.search(masked[: name.start]):
            yield name


def _repeals_listed(lines: Sequence[str], head: str) -> Iterator[Claim]:
    """The list below 下列文件予以废止：."""
    for line in lines:
        item = _LIST_ITEM.fullmatch(line)
        if not item:
            return
        named = re.search(rf"{_TITLE}$", item["title"])
        title = _inner(named[0]) if named else item["title"]
        yield Claim("supersedes", title, normal_number(item["bracket"] or "") or "", None, f"{head}{line}"[:_SHOWN])


def _repeal(name: _Name, sentence: str, since: str = "") -> Claim:
    return Claim("supersedes", name.title, name.number, parse_date(since), _excerpt(sentence, name))


def _bases(lead: str) -> Iterator[Claim]:
    """根据《甲》、《乙》，制定本办法. 依照《甲》处罚 is no ground of the document."""
    for sentence in re.split("[。；;\n]", lead):
        if "《" not in sentence or not _BASIS.search(sentence):
            continue
        masked = _masked(sentence)
        makes = [m.start() for m in _MAKES.finditer(masked)]
        names = [n for n in _names(sentence) if makes and n.end <= makes[-1]]
        for cue in _BASIS.finditer(masked):
            after = [n for n in names if n.start >= cue.end()]
            if (
                after
                and after[0].start - cue.end() <= 40
                and not re.search("[，。]", masked[cue.end() : after[0].start])
            ):
                for before, name in zip([None, *after], after, strict=False):
                    if before and re.search("[，,].*[，,]", masked[before.end : name.start]):
                        break
                    yield Claim("based_on", name.title, name.number, None, _excerpt(sentence, name))


def _names(sentence: str) -> list[_Name]:
    """The texts named in a sentence; one without a title by its 文号 alone."""
    names = []
    for match in _NAMED.finditer(sentence):
        if match["title"] and _NO_DOCUMENT.search(match["title"]):
            continue
        number = (normal_number(match["bracket"] or match["number"] or "") or "").removeprefix("原")
        names.append(_Name(_inner(match["title"] or ""), number, match.start(), match.end()))
    return names


def _masked(sentence: str) -> str:
    """The sentence with its titles blotted out, so that words inside them say nothing."""
    return re.sub(_TITLE, lambda title: f"《{'□' * (len(title[0]) - 2)}》", sentence)


def _inner(title: str) -> str:
    return title.removeprefix("《").removesuffix("》")


def _excerpt(sentence: str, name: _Name) -> str:
    """The sentence, or what of it stands around the name."""
    start = max(0, min(name.start - 20, len(sentence) - _SHOWN))
    return sentence[start : start + _SHOWN].strip()
