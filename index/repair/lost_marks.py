"""Single marks that a text extraction lost, restored where grammar or the page's own wording leaves one place for them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import accumulate, groupby

from index.repair.lost_runs import PAIRS

_CLAUSE = re.compile(r"[，。；：！？\s]")
_CAPTION = re.compile(r"(\d{1,2})：([^，。；：]{4,40}表)")
_OPEN_UNIT = re.compile(r"[^（）。，；]{2,20}（(?![一二三四五六七八九十]+$)(?:[%‰％]|[\u4e00-\u9fff]{1,4})")
_YEAR_CLAUSE = re.compile(r"(?<=[\u4e00-\u9fff])(?<![年月到至于在自从以由截止和与或及为是约近])(20\d\d)年，")
_ACRONYMS = re.compile(r"(?<![A-Za-z0-9])(?:AI|VR|AR|MR|XR){2,}(?![A-Za-z0-9])")
_NUMBERED = re.compile(r"(（[一二三四五六七八九十]+）|\d{1,2}[.．]\s?)(?=[\u4e00-\u9fff“《])")
_HEADING = re.compile(
    r"#+\s|（?[一二三四五六七八九十]+[）、]|\(?\d+[.．、)）]|第[一二三四五六七八九十百]+[条章节编款]|[—|•∙·]|专栏|表\d|附[件录表则]"
)
_PROSE_END = re.compile(r"[。！？；：”’）》】…]$")
# Names in both marks, by their closing mark.
_NAMED = {close: f"{PAIRS[close]}([^{PAIRS[close]}{close}\n]{{2,80}}){close}" for close in "”》】"}
CELL = 22
LONGEST_HEADING = 30


def lost_openings(text: str) -> str:
    """Put back the opening mark of a pair where the page names the same thing with both marks.

    The mark opens at the start of a clause if all that stands between there and the closing mark is named, in both marks,
    elsewhere on the page. A `】` near the start of a line can only have opened there. A closing mark that ends a quotation
    of an earlier line is left alone.

    >>> lost_openings("“十三五”规划\\n十三五”期间\\n内容三】：氛围\\n他说：“甲。\\n乙。\\n丙。”")
    '“十三五”规划\\n“十三五”期间\\n【内容三】：氛围\\n他说：“甲。\\n乙。\\n丙。”'
    """
    lines = text.split("\n")
    named = {close: set(re.findall(_NAMED[close], text)) for close in _NAMED}
    carried = dict.fromkeys(PAIRS.values(), 0)
    for n, line in enumerate(lines):
        for close in _NAMED:
            start = -1 if carried[PAIRS[close]] else _opening(line, close, named[close])
            if start >= 0:
                line = line[:start] + PAIRS[close] + line[start:]  # noqa: PLW2901
        lines[n] = line
        for close, opening in PAIRS.items():
            carried[opening] = max(0, carried[opening] + line.count(opening) - line.count(close))
    return "\n".join(lines)


def table_captions(text: str) -> str:
    """Give a table caption its 表 back: a line `1：…表` above a run of short cells.

    >>> table_captions("1：主要指标表\\n分类\\n指标\\n2016\\n2020\\n")
    '表1：主要指标表\\n分类\\n指标\\n2016\\n2020\\n'
    >>> table_captions("1：填写下列申请表\\n申请人应当在规定的期限以前把这张表格交到学校的办公室里去。")
    '1：填写下列申请表\\n申请人应当在规定的期限以前把这张表格交到学校的办公室里去。'
    """
    lines = text.split("\n")
    for n, line in enumerate(lines):
        match = _CAPTION.fullmatch(line.strip())
        if match:
            below = [other.strip() for other in lines[n + 1 : n + 20] if other.strip()][:4]
            if len(below) == 4 and all(len(cell) <= CELL and cell[-1] not in "。；！？" for cell in below):
                lines[n] = f"表{match[1]}：{match[2]}"
    return "\n".join(lines)


def unit_brackets(text: str) -> str:
    """Close the bracket around a unit at the end of a table cell.

    >>> unit_brackets("毛入园率（%\\n99.5\\n（一")
    '毛入园率（%）\\n99.5\\n（一'
    """
    lines = text.split("\n")
    for n, line in enumerate(lines):
        if _OPEN_UNIT.fullmatch(line.strip()) and len(line) <= CELL and len(_below(lines, n)) <= CELL:
            lines[n] = line.rstrip() + "）" if "）" not in _below(lines, n) else line
    return "\n".join(lines)


def lost_parentheses(text: str) -> str:
    """Drop a bracket that opens at the end of a line and nowhere closes: what stood in it is lost.

    The loss itself is reported by `find_damage`; a bracket that the next line closes is a line wrap and stays.

    >>> lost_parentheses("（一）启动准备阶段（\\n1.组织学习\\n学校（\\n以下简称甲）应当")
    '（一）启动准备阶段\\n1.组织学习\\n学校（\\n以下简称甲）应当'
    """
    lines = text.split("\n")
    for n, line in enumerate(lines):
        if line.rstrip().endswith("（") and "）" not in _below(lines, n).split("（")[0]:
            while line.rstrip().endswith("（") and line.strip() != "（":
                line = line.rstrip()[:-1]  # noqa: PLW2901
            lines[n] = line
    return "\n".join(lines)


def year_sentences(text: str) -> str:
    """Put back the full stop before the first of a series of sentences that begin with successive years.

    >>> year_sentences("提升整体水平2021年，制定意见。2022年，实施行动。到2021年，建成。")
    '提升整体水平。2021年，制定意见。2022年，实施行动。到2021年，建成。'
    """

    def stop(match: re.Match[str]) -> str:
        follows = re.compile(rf"[。；]{int(match[1]) + 1}年，").search(match.string, match.end())
        return ("。" if follows else "") + match[0]

    return "\n".join(_YEAR_CLAUSE.sub(stop, line) for line in text.split("\n"))


def run_in_headings(text: str) -> str:
    """Put back the full stop behind a run-in heading whose numbered siblings all have headings of one rhythm.

    `（四）强化监测，以评促建构建…` among siblings `（一）政府主导，部门联动。把…` ends its heading after four and four characters.
    At least two siblings must agree, in at least two clauses, and what stands before the first full stop must be too long
    for a heading.

    >>> siblings = "（一）政府主导，部门联动。把甲\\n（二）抓住关键，重点突破。把乙\\n（三）强化监测，以评促建"
    >>> print(run_in_headings(siblings + "构建义务教育优质均衡发展监测评估机制，及时向社会公告。").splitlines()[2])
    （三）强化监测，以评促建。构建义务教育优质均衡发展监测评估机制，及时向社会公告。
    >>> run_in_headings(siblings + "促改。公告") == siblings + "促改。公告"
    True
    """
    lines = text.split("\n")
    for siblings in _sibling_groups(lines):
        shapes = {n: _rhythm(lines[n]) for n in siblings}
        for n in siblings:
            others = {shape for other, shape in shapes.items() if other != n}
            if len(siblings) > 2 and len(others) == 1 and all("。" in lines[i] for i in siblings):
                lines[n] = _stop_after(lines[n], others.pop())
    return "\n".join(lines)


def glued_acronyms(text: str) -> str:
    """Part two-letter names of technologies that lost the `、` between them.

    >>> glued_acronyms("运用VRAR等技术，STEAM教育")
    '运用VR、AR等技术，STEAM教育'
    """
    return _ACRONYMS.sub(lambda m: "、".join(re.findall("..", m[0])), text)


def page_breaks(text: str) -> str:
    """Join a paragraph that a page break cut in two; the second line becomes empty.

    Only on pages whose paragraphs end in a full stop otherwise, only between two lines of prose, and only where the word
    at the end of the first line is met again on the page and never ends a clause there.

    >>> page = "甲乙。\\n" * 9 + "引导学校依法治校、依法施教，办出\\n\\n特色、办出水平，促进学生全面发展。"
    >>> page_breaks(page).split("\\n")[9:]
    ['引导学校依法治校、依法施教，办出特色、办出水平，促进学生全面发展。', '', '']
    """
    lines = text.split("\n")
    if not ends_in_stops(lines):
        return text
    last = -1
    for n, line in enumerate(lines):
        if last >= 0 and line.strip() and _cut_off(lines[last], line, text):
            lines[last], lines[n] = lines[last].rstrip() + line.lstrip(), ""
        elif line.strip():
            last = n
    return "\n".join(lines)


def ends_in_stops(lines: list[str]) -> bool:
    """Whether the paragraphs of a page regularly end in a mark, so that one without is an accident."""
    prose = [line.strip() for line in lines if "。" in line]
    return len(prose) >= 8 and sum(bool(_PROSE_END.search(line)) for line in prose) >= 0.9 * len(prose)


def is_heading(line: str) -> bool:
    """Whether a line begins with a number or mark of its own."""
    return bool(_HEADING.match(line.strip()))


def _below(lines: list[str], n: int) -> str:
    return next((line.strip() for line in lines[n + 1 :] if line.strip()), "")


def _opening(line: str, close: str, named: set[str]) -> int:
    """Where the mark that the first unopened `close` of a line needs is to be put, or -1."""
    if close not in line:
        return -1
    opening = PAIRS[close]
    depths = accumulate((char == opening) - (char == close) for char in line)
    end = next((i for i, depth in enumerate(depths) if depth < 0), -1)
    if end < 0:
        return -1
    cuts = [m.end() for m in _CLAUSE.finditer(line, 0, end)] + [line.rfind(c, 0, end) + 1 for c in (opening, close)]
    start = max([0, *cuts])
    heads_line = close == "】" and start == 0 and line[:1].isalnum() and end <= 12
    return start if heads_line or line[start:end] in named else -1


def _sibling_groups(lines: list[str]) -> Iterator[list[int]]:
    """Line numbers of neighbouring numbered lines of one kind of numbering."""
    filled = [n for n, line in enumerate(lines) if line.strip()]

    def kind(n: int) -> str:
        match = _NUMBERED.match(lines[n].strip())
        return match[1][0] if match and match[1][0] == "（" else "1" if match else ""

    return (list(group) for name, group in groupby(filled, kind) if name)


def _rhythm(line: str) -> tuple[int, ...]:
    heading = _NUMBERED.sub("", line.strip(), count=1).split("。")[0]
    return tuple(map(len, heading.split("，")))


def _stop_after(line: str, shape: tuple[int, ...]) -> str:
    own, match = _rhythm(line), _NUMBERED.match(line)
    same = len(shape) > 1 and len(own) >= len(shape) and own[: len(shape) - 1] == shape[:-1]
    if not same or not match or own[len(shape) - 1] <= shape[-1] or sum(own) <= LONGEST_HEADING:
        return line
    at = match.end() + sum(shape) + len(shape) - 1
    return f"{line[:at]}。{line[at:]}"


def _cut_off(line: str, following: str, text: str) -> bool:
    line, following = line.strip(), following.strip()
    prose = len(line) >= 15 and len(re.findall("[，、。]", line)) >= 2 and "\u4e00" <= line[-1] <= "\u9fff"
    if not prose or (is_heading(line) and "。" not in line) or is_heading(following):
        return False
    if not ("\u4e00" <= following[0] <= "\u9fff" and "，" in following and following.endswith("。")):
        return False
    word = line[-2:]
    clause_final = re.search(rf"{word}[^\u4e00-\u9fff\n]|{word}\n(?!\s*{re.escape(following)})", text)
    return text.count(word) > 1 and not clause_final
