"""The frame of a document around its body: title, addressee and lead before it, attachments, signers and date after it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from index.headings import read_heading

_HAN_YEAR = "[一二][〇○零O０一二三四五六七八九]{3}年[一二三四五六七八九十]{1,2}月[一二三四五六七八九十]{1,3}日"
_DATE = re.compile(rf"(?:\d{{4}}\s*年\s*\d{{1,2}}\s*月\s*\d{{1,2}}\s*日|{_HAN_YEAR})")
_SIGNER = re.compile(
    r"^[^。，；：！？|]{2,40}(?:局|厅|委|府|部|办公室|办|会|院|组|校|处|中心|室|公司|署|团|联)(?:[（(].{0,8}[）)])?$"
)
_NOTE = re.compile(r"[（(](?:此件|本件|联系|信息公开)[^）)]*[）)]$|抄送[：:]|主动公开|.{0,12}\d{4}年\d+月\d+日印发$")
_ATTACHED = re.compile(r"附\s*件\s*(?:\d+|[一二三四五六七八九十]+)?\s*[：:]")
_HEADER = re.compile(r"【[^】\d]{2,10}】|[|•∙]|文章属性")
_NUMBER = re.compile(r"[（(]?[一-龥]{1,16}[〔\[【（(]\d{4}[〕\]】)）]\s*第?\d{1,5}\s*号[）)]?$")
_SHORT = 80
_REACH = 14  # lines of attachments above a signature


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a document's text: `text` begins at `at`, without surrounding blanks; `end` is after its line break."""

    text: str
    start: int
    at: int
    end: int


def lines_of(text: str) -> list[Line]:
    """The lines of `text`, together all of it."""
    lines, at = [], 0
    for line in text.split("\n"):
        indent = len(line) - len(line.lstrip())
        lines.append(Line(line.strip(), at, at + indent, min(at + len(line) + 1, len(text))))
        at += len(line) + 1
    return [line for line in lines if line.start < line.end] if text else []


def closings(lines: Sequence[Line]) -> list[tuple[int, int]]:
    """Line ranges of attachments, signers, date and notes: one after each document or notice that is signed.

    >>> closings(lines_of("请贯彻执行。\\n附件：方案\\n某市教育局\\n2024年9月11日\\n实施方案\\n为落实，制定。"))
    [(1, 4)]
    """
    found: list[tuple[int, int]] = []
    for i, line in enumerate(lines):
        signed = (
            _DATE.fullmatch(line.text)
            and i
            and (_SIGNER.match(lines[i - 1].text) or _ATTACHED.match(lines[i - 1].text))
        )
        if signed and (not found or i >= found[-1][1]):
            first = i - 1
            while first > 0 and _SIGNER.match(lines[first - 1].text) and not read_heading(lines[first - 1].text):
                first -= 1
            first = _attachments_above(lines, first, found[-1][1] if found else 0)
            last = i + 1
            while last < len(lines) and _NOTE.match(lines[last].text):
                last += 1
            found.append((first, last))
    return _with_end(lines, found)


def _attachments_above(lines: Sequence[Line], at: int, least: int) -> int:
    for i in range(at - 1, max(least, at - _REACH) - 1, -1):
        if lines[i].text.endswith(("。", "；")) or len(lines[i].text) > _SHORT:
            break
        if _ATTACHED.match(lines[i].text):
            return i
    return at


def _with_end(lines: Sequence[Line], found: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """The last range also takes short lines to the end; without a signature the end may still list attachments."""
    rest = found[-1][1] if found else 0
    first = len(lines)
    while first > rest and _can_close(lines[first - 1].text):
        first -= 1
    named = (i for i in range(first, len(lines)) if _ATTACHED.match(lines[i].text) or _NOTE.match(lines[i].text))
    start = next(named, None)
    return found if start is None else [*found, (start, len(lines))]


def _can_close(text: str) -> bool:
    """Short and no sentence: a name, a date, an entry of a list of attachments."""
    if len(text) > _SHORT or text.endswith(("。", "；", "|")):
        return False
    heading = read_heading(text)
    return heading is None or heading.kind == "h3" or _ATTACHED.match(text) is not None


def contents(lines: Sequence[Line]) -> range:
    """The lines of a table of contents: from `目录` to where its first entry comes again."""
    for i, line in enumerate(lines[:60]):
        if re.fullmatch(r"#*\s*目\s*[录次]", line.text) and i + 1 < len(lines):
            again = next((j for j in range(i + 2, len(lines)) if lines[j].text == lines[i + 1].text), None)
            return range(i, again) if again else range(0)
    return range(0)


def masthead(lines: Sequence[Line]) -> int:
    """How many lines of a document without headings stand before its text: title, header, number, addressee."""
    at = 1 if len(lines) > 1 and len(lines[0].text) <= 120 and not lines[0].text.endswith("。") else 0
    while at < len(lines) - 1 and (
        _HEADER.match(lines[at].text) or _NUMBER.match(lines[at].text) or re.match(r"各.{0,250}[：:]$", lines[at].text)
    ):
        at += 1
    return at


def is_title(text: str) -> bool:
    """Whether a line can be the title of an annexed text."""
    return 4 <= len(text) <= _SHORT and text[-1] not in "。：；，、:;" and not text.startswith("|")
