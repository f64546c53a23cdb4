"""Paragraphs put together again: from pages that print one sentence a line, and where a page break tore one."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

_ENDS = "。！？；：.!?;:”’」』）)】》…"
_SENTENCE_END = re.compile(r"[。！？!?][”’」』）)】》]*")
_NUMBERED = r"(?:[一二三四五六七八九十]+、|[（(][一二三四五六七八九十]+[）)]|\d{1,2}[.．] ?)"
_HEADINGS = (
    "指导思想|基本原则|总体目标|主要目标|工作目标|发展目标|目标任务|总体要求|基本要求|工作要求|工作原则|基本思路"
    "|总体思路|重大意义|重要意义|主要任务|重点任务|工作任务|工作内容|工作重点|工作措施|主要措施|实施步骤|保障措施|组织保障|组织实施"
)
# Where a new paragraph begins inside running text. Each looks at what stands before, so that citations
# (第（一）项), decimals and dashes inside a sentence stay where they are.
_BREAKS = (
    re.compile(r"(?:(?<=[。！？”）)])|(?<=^))(?=[一二三四五六七八九十]{1,3}、)"),
    re.compile(r"(?<![第至、和与及或])(?=[（(][一二三四五六七八九十]{1,3}[）)](?![项款条]))"),
    re.compile(r"(?<![\d.．—-])(?=\d{1,2}[.．] ?[一-龥“《])"),
    re.compile(r"(?<=[。；）)])(?=第[一二三四五六七八九十百零]+[条章节][ 　])"),
    re.compile(r"(?<=[。！？])(?=【?[^。【】]{1,6}】)"),
    re.compile(r"(?<=.)(?=(?:摘\s*要|关键词)[：:])"),
    re.compile(r"(?:(?<=[。”）)])|(?<=^)|(?<=原则)|(?<=目标))(?=——[一-龥“《])"),
)
_RESPONSIBLE = re.compile(
    r"[（(](?:责任|牵头|配合|主管|负责|参与)[^（）()]{0,4}[：:][^（）()]*(?:[（(][^（）()]*[）)][^（）()]*)*[）)]"
)
_GLUED_HEADING = re.compile(rf"^({_NUMBERED}(?:{_HEADINGS}))(?![。，、：；及和与的])(?=.)")
_HAN_DATE = re.compile(
    r"^([二一][〇○零O０九一二三四五六七八十]{3}年[一二三四五六七八九十]{1,2}月[一二三四五六七八九十]{1,3}日)"
)
_GLUED_TITLE = re.compile(
    r"^(关于[^。，；：]{4,40}?(?:意见|方案|办法|规划|决定|规定|细则|要点))(?=[^》”）)、，。的等和及中])"
)
_TITLE = re.compile(r"(?:通知|意见|方案|办法|规划|决定|规定|细则|要点|条例|报告|计划|函)$")
_OPENS = re.compile(
    r"#|\||[一二三四五六七八九十]+、|[（(][一二三四五六七八九十\d]+[）)]|第[一二三四五六七八九十百零\d]+[条章节编部]"
    r"|\d{1,3}[.．、]|——|[①-⑳]|专栏|附[件表录]|表\s*\d|图\s*\d|[（(]此件|\d{4}年\d+月\d+日$|【|\[|•|∙"
)


def one_sentence_a_line(lines: Sequence[str]) -> bool:
    """Whether a page prints each sentence on a line of its own, so that its lines are no paragraphs.

    Two signs are needed: most lines are exactly one sentence, and sentences were cut where no paragraph can begin (a
    line opens with the closing quote of the one before) or numbered items are glued behind other text.
    """
    body = [line for line in lines if len(line) > 10 and not line.startswith("|")]
    single = sum(len(_SENTENCE_END.findall(line)) == 1 and _SENTENCE_END.search(line[-3:]) is not None for line in body)
    torn = sum(line[0] in "”’）》" for line in body)
    glued = sum(re.search(r"[）)一-龥]\d{1,2}[.．] ?[一-龥]{2,20}。$", line) is not None for line in body)
    return len(body) >= 6 and single >= 0.6 * len(body) and torn + glued >= 2


def rejoin(lines: Sequence[str]) -> list[str]:
    """Paragraphs of a page that prints one sentence a line. Blank lines are dropped, no character is added or lost.

    All text is put together without separator and cut again at headings, items, dashes and responsibility tails.

    >>> rejoin(["二、坚持放管结合6.完善机制。", "", "推行职级制。", "", "（责任单位：省教育厅）7.完善治理。"])
    ['二、坚持放管结合', '6.完善机制。推行职级制。（责任单位：省教育厅）', '7.完善治理。']
    """
    pieces: list[str] = []
    closed = True
    for line in (line for line in lines if line.strip()):
        alone = _stands_alone(line)
        if closed or alone or _HAN_DATE.match(line):
            pieces.append(line)
        else:
            pieces[-1] += line
        closed = alone
    return [paragraph for piece in pieces for paragraph in _cut(piece)]


def _stands_alone(line: str) -> bool:
    """Table rows, attachments, dates and lines without any mark of a sentence (titles, headings, signers)."""
    return line.startswith(("|", "附件")) or bool(_HAN_DATE.fullmatch(line)) or not re.search("[，。；：！？]", line)


def _cut(text: str) -> list[str]:
    if text.startswith(("|", "附件")):
        return [text]
    cuts = {match.start() for pattern in _BREAKS for match in pattern.finditer(text)}
    cuts |= {match.end() for match in _RESPONSIBLE.finditer(text)}
    edges = [0, *sorted(cuts - {0, len(text)}), len(text)]
    parts = [text[a:b] for a, b in pairwise(edges)]
    return [piece for part in parts for piece in _unglue(part)]


def _unglue(text: str) -> list[str]:
    """A heading, a date or an annexed title that runs into the text after it stands alone."""
    for pattern in (_GLUED_HEADING, _HAN_DATE, _GLUED_TITLE):
        if (match := pattern.match(text)) and match.end() < len(text):
            return [match.group(1), *_unglue(text[match.end() :])]
    return [text]


def mend_page_breaks(lines: Sequence[str]) -> list[str]:
    """Put together a paragraph that was torn in the middle of a sentence; the rest stays as it is.

    >>> mend_page_breaks(["学校要坚持依法办学、依法施教，努力在教育教学全过程中办出", "特色、办出水平。", "一、总则"])
    ['学校要坚持依法办学、依法施教，努力在教育教学全过程中办出特色、办出水平。', '一、总则']
    """
    mended: list[str] = []
    for line in lines:
        if mended and _is_torn(mended[-1], line):
            mended[-1] += line
        else:
            mended.append(line)
    return mended


def _is_torn(line: str, after: str) -> bool:
    heading = _OPENS.match(line) and "。" not in line
    running = len(line) >= 25 and re.search("[，。；、]", line) and not heading and not _TITLE.search(line)
    return bool(running) and line[-1] not in _ENDS and after[-1] in "。；" and not _OPENS.match(after)
