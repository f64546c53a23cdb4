"""Blanks that are no blanks: no-break spaces, invisible marks, runs of `?` where a blank could not be encoded, PDF line wraps."""

from __future__ import annotations

import re
from itertools import pairwise

_ODD_BLANKS = re.compile(r"[\u00a0\u1680\u2000-\u200a\u202f\u205f]+")
# Zero-width and direction marks, variation selectors, tags: they show nothing and can hide words from a reader or a rule.
INVISIBLE = re.compile(
    r"[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0"
    r"\U000e0000-\U000e0fff\r\f\v]"
)
_QUESTION_RUN = re.compile(
    r"^[ \t]*[?\ufffd]{4,}[ \t]*(?=[^?\ufffd]|$)|(?<=[^?\ufffd])[?\ufffd]{4,}(?=[^?\ufffd\s])", re.M
)
_CJK = r"\u3400-\u9fff、。，；：？！“”‘’《》〈〉（）〔〕【】…—"
_AFTER_MARK = re.compile(
    r"(?<=[，。；：？！、]) +(?!第[^，。]{1,6}[编章节条款]|（[一二三四五六七八九十]+）|[一二三四五六七八九十]+、)(?=[\u3400-\u9fff“《（])"
)
_AFTER_OPENING = re.compile(r"(?<=[“‘《〈（〔【]) +(?=[\u3400-\u9fff])")
_WRAP = re.compile(rf"(?<=[{_CJK}]) (?=[{_CJK}])")
_NUMBER = re.compile(
    r"\s*(?:第[一二三四五六七八九十百千零\d]+[编章节条款]|[一二三四五六七八九十]+、|（[一二三四五六七八九十]+）|\d+[.．、])\s*"
)
# A printed column of Chinese text holds about this many characters; spaces set by hand stand closer or further.
_COLUMN = range(15, 61)


def plain_blanks(text: str) -> str:
    """Turn no-break and typographic blanks into plain ones, and drop them at both ends of a line.

    Pages indent and pad with U+00A0, which splits nothing and shows nothing. Ordinary spaces and the ideographic space
    U+3000 are left alone: they are layout, not damage.

    >>> plain_blanks("\\u00a0\\u00a0 3.保障\\n5\\u00a0所\\ufeff")
    '3.保障\\n5 所'
    """
    lines = []
    for raw in text.split("\n"):
        line = INVISIBLE.sub("", raw)
        if _ODD_BLANKS.search(line):
            line = _ODD_BLANKS.sub(" ", line).strip(" ")
        lines.append(line)
    return "\n".join(lines)


def question_runs(text: str) -> str:
    """Remove runs of four or more `?` that pad a line.

    A blank that GBK cannot hold (U+00A0, an en or em space) becomes one `?` on its way through GBK, so a signature pushed
    to the right by seventeen blanks arrives as seventeen question marks. Runs at the end of a sentence are left alone.

    >>> question_runs("?????某区人民政府\\n真的吗????")
    '某区人民政府\\n真的吗????'
    """
    return _QUESTION_RUN.sub(lambda m: "" if not m.start() or text[m.start() - 1] == "\n" else " ", text)


def stray_spaces(text: str) -> str:
    """Remove spaces that a PDF's line wraps and an editor's habits left inside Chinese prose.

    A wrapped column leaves a space at nearly constant distances, so a space between two Chinese characters goes only where
    a line has several of them a column apart. A space after a full-width mark or after an opening quote or bracket always
    goes. Spaces after numbering (`1. `), around Latin and figures, in tables and between words of a list stay.

    >>> stray_spaces("满意度显著提高， 使全县\\n第一条 为了规范办学\\n1. 落实责任")
    '满意度显著提高，使全县\\n第一条 为了规范办学\\n1. 落实责任'
    """
    return "\n".join(line if line.startswith("|") else _close_up(line) for line in text.split("\n"))


def _close_up(line: str) -> str:
    if " " not in line:
        return line
    number = _NUMBER.match(line)
    head, body = (line[: number.end()], line[number.end() :]) if number else ("", line)
    body = _AFTER_OPENING.sub("", body)
    gaps = [m.start() for m in _WRAP.finditer(body)]
    widths = [b - a - 1 for a, b in pairwise(gaps)]
    wrapped = len(gaps) > 1 and all(width in _COLUMN for width in widths)
    return head + (_WRAP if wrapped else _AFTER_MARK).sub("", body)
