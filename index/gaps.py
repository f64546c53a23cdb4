"""What is known to be missing from a document, so that nobody answers from a hole."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from index.boundaries import bare
from index.dates import han_number, only_date
from index.marks import Locator
from index.metadata import organs
from index.records import Fix, Gap
from index.repair.damage import GLUED_RANGE

Located = tuple[int, str]
"""A paragraph with its offset in the document's text."""

_BOX = re.compile(r"^专栏\s*(\d{1,2}|[一二三四五六七八九十]{1,3})")
# Numbered heads by level; a head of one level starts the levels below it anew.
_LEVELS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("{}、", re.compile(r"^([一二三四五六七八九十]{1,3})、")),
    ("（{}）", re.compile(r"^[（(]([一二三四五六七八九十]{1,3})[）)]")),
    ("{}.", re.compile(r"^(\d{1,2})[.．]\s*(?![\d.])")),
)
_ARTICLE = re.compile(r"^第([一二三四五六七八九十百零〇]+)条")
_ATTACHED = re.compile(r"^附\s*件\s*\d{0,2}\s*[：:]\s*(.*)$")
_HANDED_DOWN = re.compile(r"现(?:将|予|就|把)?[^。]{0,80}?(?:印发|转发|发布|公布)(?:给|如下)")
_HANDED_TITLE = re.compile(r"(?:印发|转发|发布|公布)《(.{4,60}?)》的通知")
# Damage by its name in `index.repair.damage`; lone brackets lose no content, and sentences cut off are found here.
_LOST = {
    "byte_shift": "此处文字残缺，无法辨认",
    "lost_character": "此处缺字（□）",
    "lost_span": "括号内的内容（如日期）缺失",
    "glued_date": "日期残缺",
    "lost_dash": "数字之间可能缺少连接号",
    "unsure_figure": "扫描件此处的数字识别没有把握（□）",
    "unsure_line": "扫描件此处的文字识别没有把握",
    "unread_page": "此处有一页是图片，文字没有识别",
}
# Where in its line the damage is.
_HOLE = {"lost_character": re.compile("□"), "lost_dash": GLUED_RANGE, "unsure_figure": re.compile("□+")}
_HAN = "零一二三四五六七八九十"


def find_gaps(
    text: str, empty_keys: Sequence[str], fixes: Iterable[Fix], final: Sequence[str], *, excerpt: bool
) -> tuple[Gap, ...]:
    """All gaps of a finished text in order of position.

    `empty_keys` are the header keys without a value; `excerpt`: the page shows only the beginning of the document.
    """
    paragraphs = list(_located(text))
    found = [
        *_numbering(paragraphs),
        *_boxes(paragraphs),
        *_attachments(paragraphs),
        *_absent_annex(paragraphs),
        *_empty_fields(text, empty_keys),
        *_cut_off(paragraphs),
        *_damaged(text, fixes, final),
    ]
    if excerpt and not any(gap.what.startswith("正文在此中断") for gap in found):
        found.append(Gap(len(text), "此后的正文可能缺失", "来源网页只收录本文件的开头部分，没有落款"))
    return tuple(sorted(dict.fromkeys(found), key=lambda gap: gap.position))


def _located(text: str) -> Iterator[Located]:
    at = 0
    for line in text.split("\n"):
        if line and not line.startswith("|"):
            yield at, line
        at += len(line) + 1


def _numbering(paragraphs: Sequence[Located]) -> Iterator[Gap]:
    """Jumps among numbered heads. Items may run on through a document or begin again under each heading."""
    last = [0] * len(_LEVELS)
    running = 0
    since: list[str] = []
    for at, line in paragraphs:
        if _BOX.match(line) or _ARTICLE.match(line):
            last[1 if _ARTICLE.match(line) else 2 :] = [0] * (2 if _ARTICLE.match(line) else 1)
            since = []
            continue
        level, number = _head(line)
        if not number:
            since.append(line)
            continue
        expected = last[level] + 1
        if number > expected and not (level == 2 and number == running + 1) and _lost(level, expected, number, since):
            shape = _LEVELS[level][0]
            yield Gap(at, _missing(shape, expected, number - 1), _jump(shape, expected - 1, number))
        last[level:] = [number] + [0] * (len(_LEVELS) - level - 1)
        running = number if level == 2 else running
        since = [line]


def _head(line: str) -> tuple[int, int]:
    """Level and number of a numbered head; number 0 for any other paragraph."""
    for level, (_, pattern) in enumerate(_LEVELS):
        if match := pattern.match(line):
            return level, han_number(match[1])
    return 0, 0


def _lost(level: int, first: int, number: int, since: Sequence[str]) -> bool:
    """Whether items are really gone: not run in behind the one before, and not only their numbers lost."""
    labels = [_label(_LEVELS[level][0], n) for n in range(first, number)]
    run_in = any(label in line for label in labels for line in since)
    unnumbered = sum(line[-1] in "；;" and not _head(line)[1] for line in since)
    return not run_in and unnumbered < len(labels)


def _missing(shape: str, first: int, last: int) -> str:
    numbers = list(range(first, last + 1)) if last - first < 12 else [first, last]
    joined = "、" if len(numbers) == last - first + 1 else "至"
    return "缺少" + joined.join(f"“{_label(shape, n)}”" for n in numbers) + "及其内容"


def _jump(shape: str, before: int, number: int) -> str:
    return (
        f"编号从{_label(shape, before)}跳到{_label(shape, number)}" if before else f"编号从{_label(shape, number)}开始"
    )


def _label(shape: str, number: int) -> str:
    if "." in shape or "专栏" in shape:
        return shape.format(number)
    tens, ones = divmod(number, 10)
    return shape.format(("" if tens < 2 else _HAN[tens]) + ("十" if tens else "") + (_HAN[ones] if ones else ""))


def _boxes(paragraphs: Sequence[Located]) -> Iterator[Gap]:
    last = 0
    for at, line in paragraphs:
        if match := _BOX.match(line):
            number = han_number(match[1])
            if number > last + 1:
                yield Gap(at, _missing("专栏{}", last + 1, number - 1), _jump("专栏{}", last, number))
            last = max(last, number)


def _attachments(paragraphs: Sequence[Located]) -> Iterator[Gap]:
    """An attachment named under the text without a heading of its own after it."""
    for index, (at, line) in enumerate(paragraphs):
        if not (match := _ATTACHED.match(line)):
            continue
        names = [match[1]] if match[1] else []
        for _, below in paragraphs[index + 1 :]:
            if not (item := re.match(r"^\d{1,2}[.．、]\s*(.{2,80})$", below)):
                break
            names.append(item[1])
        later = [bare(below) for _, below in paragraphs[index + 1 + max(0, len(names) - 1) :]]
        for name in names:
            wanted = bare(re.sub(r"^\d{1,2}[.．、]\s*", "", name))
            if wanted and not any(wanted in text and len(text) < len(wanted) + 12 for text in later):
                yield Gap(at, f"附件“{name.strip()}”的内容缺失", "只有附件名称，没有附件正文")


def _absent_annex(paragraphs: Sequence[Located]) -> Iterator[Gap]:
    """A notice that hands down 《X》 without X below it."""
    match = _HANDED_TITLE.search(paragraphs[0][1]) if paragraphs else None
    if not match:
        return
    name = bare(re.sub(r"（[^）]*）$|\([^)]*\)$", "", match[1]))
    for index, (at, line) in enumerate(paragraphs[1:], 1):
        if _HANDED_DOWN.search(line):
            below = [bare(text) for _, text in paragraphs[index + 1 :]]
            if not any(text.startswith(name) and len(text) < len(name) + 16 for text in below):
                yield Gap(at + len(line), f"《{match[1]}》正文缺失", "通知载明印发该文件，但来源只有通知")
            return


def _empty_fields(text: str, keys: Sequence[str]) -> Iterator[Gap]:
    for key in keys:
        at = text.find(f"【{key}】")
        yield Gap(max(at, 0), f"“{key}”空缺", f"文件头的“{key}”一栏没有内容")


def _cut_off(paragraphs: Sequence[Located]) -> Iterator[Gap]:
    """A running paragraph without its last mark: the rest of the sentence is lost, at the end that of the document."""
    body = [
        (at, line)
        for at, line in paragraphs
        if not line.startswith(("【", "附件")) and only_date(line) is None and not organs(line)
    ]
    for index, (at, line) in enumerate(body):
        final = index == len(body) - 1
        running = "。" in line or (final and len(line) > 40 and "，" in line)
        if final and line[-1] in "：:，、；" and len(line) > 8 and index:
            yield Gap(at + len(line), "正文在此中断", "最后一段没有写完")
        elif running and index and re.search(r"[一-龥\w%％，、]$", line):
            what = "正文在此中断" if final else "句末内容缺失"
            yield Gap(at + len(line), what, "句子没有写完" if final else "句子缺少结尾标点")


def _damaged(text: str, fixes: Iterable[Fix], final: Sequence[str]) -> Iterator[Gap]:
    """Lines that stayed broken after repair, where something is gone that the text does not tell."""
    locator = Locator.of(text)
    for fix in fixes:
        line = final[fix.line - 1]
        if fix.confidence != "damaged" or fix.name not in _LOST or not line.strip():
            continue
        for span in _spots(fix.name, line):
            place = locator.find(line, *span)
            yield Gap(place[1] if place else 0, _LOST[fix.name], f"来源第{fix.line}行残缺：{fix.before.strip()[-24:]}")


def _spots(name: str, line: str) -> list[tuple[int, int]]:
    """Where in a line its damage is: each doubtful figure, the first lost character, else the whole line."""
    holes = [match.span() for match in _HOLE[name].finditer(line)] if name in _HOLE else []
    return (holes if name == "unsure_figure" else holes[:1]) or [(0, len(line))]
