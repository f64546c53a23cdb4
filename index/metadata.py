"""What a document says about itself: title, number, issuers, kind and place. What it does not say is None or empty."""

from __future__ import annotations

import re
from collections.abc import Sequence

from index.boundaries import Line, bare
from index.dates import only_date
from index.places import NATION, place_of
from index.records import DocumentKind, Place

_NUMBER = re.compile(r"([一-龥]{1,16}?)\s*[〔\[【(（]\s*((?:19|20)\d{2})\s*[〕\]】)）]\s*(?:第\s*)?(\d{1,5})\s*号")
_ORDER = re.compile(r"([一-龥、]{2,30}令)\s*(?:\d{4}\s*年)?\s*第?\s*(\d{1,4})\s*号")
_ORGAN = re.compile(
    r"(?:委员会|委|政府|办公厅|办公室|秘书[组局处]|领导小组|厅|局|部|院|署|总工会|联合会|协会|中心|处|兵团|法院|大学|学院|学校|组|总队|支队|集团|公司)$"
)
_GENRE = (
    "通知|意见|决定|方案|办法|规定|规划|纲要|细则|要点|条例|批复|复函|函|公告|通告|公报|命令|令|决议|通报|计划|标准|规则|规程|章程"
    "|指南|指引|准则|守则|制度|清单|措施|答复|工作安排|预案|目录|解读|解释|问答|要求|说明|简章"
)
_GENRE_END = re.compile(rf"(?:{_GENRE})(?:（[^（）]{{1,20}}）|\([^()]{{1,20}}\))*$")
_ABOUT = re.compile(r"^(.{2,80}?)(?=关于|转发|批转|印发|发布|公布)")
_LAW_NAME = re.compile(
    r"(?:法|法典|条例|规定|办法|细则|决定|解释|章程|规则|准则|议事规则|修正案|决议|标准|安排)(?:（[^（）]{1,20}）|\([^()]{1,20}\))*$"
)
_LAW_ARTICLE = re.compile(r"^第[一二三四五六七八九十百零〇\d]+条")
_HEADING = re.compile(
    r"[一二三四五六七八九十]+、|[（(][一二三四五六七八九十]+[）)]|第[一二三四五六七八九十百]+[条章节编]|\d+[.．、]|——"
)
_BYLINE = re.compile(r"^(?:作\s*者|来\s*源|摘\s*要|关键词|文\s*[/／|]|记者|【摘要】|议题\s*\d)")
_ADDRESSEE = re.compile(r"^[^。；]{1,260}?[：:]$")
INFO_END = "<!-- INFO END -->"


def normal_number(text: str) -> str | None:
    """A document number with its brackets as 〔〕.

    >>> normal_number("晋政办发[2008]14号"), normal_number("教育部令 第49号"), normal_number("第三条")
    ('晋政办发〔2008〕14号', '教育部令第49号', None)
    """
    if match := _NUMBER.search(text):
        return f"{match[1]}〔{match[2]}〕{match[3]}号"
    order = _ORDER.search(text)
    return f"{order[1]}第{order[2]}号" if order else None


def is_number_line(text: str) -> bool:
    """Whether a line holds a document number and nothing else."""
    rest = re.sub(r"签发人.*$|^(?:发文字号|文号)[：:]", "", text.strip()).strip(" 　（）()")
    return bool(_NUMBER.fullmatch(rest) or _ORDER.fullmatch(rest))


def own_number(header_value: str | None, front: Sequence[str]) -> str | None:
    """The document's own number, from the header or a line of its own before the addressee; never from the body."""
    if header_value:
        return normal_number(header_value) or header_value
    for text in front[:12]:
        if is_number_line(text):
            return normal_number(text)
        if _ADDRESSEE.match(text) or _HEADING.match(text) or text.endswith("。"):
            return None
    return None


def take_title(lines: Sequence[Line], fallback: str) -> tuple[str, tuple[Line, ...]]:
    """The title among the first lines of a plain document, on up to four of them, and the lines without it."""
    front = [(i, _plain(text)) for i, (_, text) in enumerate(lines[:12])]
    stop = next(
        (i for i, text in front if _HEADING.match(text) or _ADDRESSEE.match(text) or text.endswith("。")), len(front)
    )
    candidates = [i for i, text in front[:stop] if _may_be_title(text)]
    marked = [i for i in candidates if lines[i][1].startswith("# ")]
    official = [i for i in candidates if _GENRE_END.search(front[i][1]) and len(bare(front[i][1])) >= 6]
    if not candidates:
        return fallback, tuple(lines)
    at = (marked or official or candidates)[0]
    taken = [at] if marked else _title_lines([text for _, text in front], at, stop)
    title = "".join(front[i][1] for i in taken)
    return title, tuple(line for i, line in enumerate(lines) if i not in taken)


def _title_lines(front: list[str], at: int, stop: int) -> list[int]:
    """Lines of one title: organs above 关于…, and 关于… continued until its genre word."""
    taken = [at]
    if at and front[at].startswith(("关于", "印发", "转发")) and _is_organs(front[at - 1]):
        taken.insert(0, at - 1)
    while len(taken) < 4 and taken[-1] + 1 < stop and not _GENRE_END.search(front[taken[-1]]):
        text = front[taken[-1] + 1]
        opened = _is_organs(front[taken[-1]]) and text.startswith(("关于", "印发", "转发"))
        running = "关于" in front[taken[-1]] and not is_number_line(text) and only_date(text) is None
        if not (opened or running) or not _may_be_title(text):
            break
        taken.append(taken[-1] + 1)
    return taken


def _plain(text: str) -> str:
    return re.sub(r"^#+\s*", "", text).strip()


def _may_be_title(text: str) -> bool:
    if (
        not 2 <= len(bare(text)) <= 120
        or text[-1] in "。：；:;，,"
        or text.startswith(("|", "<", "【", "[", "•", "附件"))
    ):
        return False
    return (
        not is_number_line(text)
        and only_date(text) is None
        and not re.search(r"[>＞»]|https?:|^（.*）$|\d{4}年.*(?:通过|公布)", text)
    )


def _is_organs(text: str) -> bool:
    return bool(organs(text))


def organs(text: str) -> tuple[str, ...]:
    """The organs that `text` lists; empty when some of it is no organ's name.

    >>> organs("中共金昌市委、金昌市人民政府"), organs("教育部等八部门"), organs("学生")
    (('中共金昌市委', '金昌市人民政府'), (), ())
    """
    names = [name for name in re.split(r"[、，,;；\s　]+", text.strip()) if name]
    good = names and all(_is_organ(name) for name in names)
    return tuple(names) if good else ()


def _is_organ(name: str) -> bool:
    return name in ("中共中央", "国务院") or (len(name) <= 40 and _ORGAN.search(name) is not None)


def title_organs(title: str) -> tuple[str, ...]:
    match = _ABOUT.match(title)
    return organs(match.group(1)) if match else ()


def issuers(header_value: str | None, title: str, signers: Sequence[str]) -> tuple[str, ...]:
    """Who issued it. The title corrects a header that shortens a name or leaves out an organ named in the title."""
    named = title_organs(title)
    stated = organs(header_value or "") or ((header_value,) if header_value else ())
    if stated and not (named and all(any(full.endswith(name) for full in named) for name in stated)):
        return stated
    lead = re.match(r"^(.{2,40}?)等[一二三四五六七八九十\d]{1,3}(?:部门|单位|委|厅|局)", title)
    return named or tuple(signers) or (organs(lead.group(1)) if lead else ())


def signature(lines: Sequence[str]) -> tuple[tuple[str, ...], int | None]:
    """The signing organs and the index of the date under them: of a notice in front, else at the end."""
    for at, text in enumerate(lines):
        if only_date(text) is None or _HEADING.match(text):
            continue
        names: list[str] = []
        for above in reversed(lines[max(0, at - 12) : at]):
            if not organs(above):
                break
            names = [*organs(above), *names]
        if names or at >= len(lines) - 4 or at <= 12:
            return tuple(names), at
    return (), None


def kind_of(title: str, lines: Sequence[str], *, headed: bool, strict: bool) -> DocumentKind:
    """Law by its articles and name; policy by a header or by looking official; everything else is a third party's text.

    `strict` (a page of several documents): only a header, a number or an addressee makes a policy.
    """
    articles = sum(bool(_LAW_ARTICLE.match(_plain(text))) for text in lines)
    named = _LAW_NAME.search(title) is not None
    if (named and articles >= 2) or (INFO_END in lines[:60] and (named or articles)):
        return "law"
    if headed:
        return "policy"
    front = lines[:10]
    formal = any(is_number_line(text) or _is_addressee(text) for text in front) or bool(signature(lines)[0])
    if strict or any(_BYLINE.match(text) for text in front):
        return "policy" if formal else "third_party"
    official = bool(_GENRE_END.search(title)) and bool(
        title_organs(title) or place_of(title) or formal or "关于" in title
    )
    return "policy" if official or (formal and _GENRE_END.search(title)) else "third_party"


def _is_addressee(text: str) -> bool:
    return (
        bool(_ADDRESSEE.match(text))
        and bool(re.search(r"[各厅局委校]|政府|单位|办事处|部门|学院|大学|公司", text))
        and len(text) > 3
    )


def place(names: Sequence[str], title: str, number: str | None, kind: DocumentKind, text: str) -> Place | None:
    """The place whose rule it is: of the issuer, else of the title, else of the number (晋教 → 山西省)."""
    if kind == "third_party":
        return None
    if kind == "law" and title.startswith("中华人民共和国"):
        return NATION
    makers = title_organs(title) or (title,)
    for source in (*names, *makers, number or ""):
        if source and (found := place_of(source, context=text)):
            return found
    return NATION if kind == "law" else None
