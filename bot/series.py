"""Parallel sentences: steps year by year, 一是…二是…, （一）…（二）…, which together are one answer."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from index.dates import han_number

Span = tuple[int, int]

LEAST_HEAD, LONGEST_HEAD, LEAST_HEADS = 5, 14, 3
_HAN = "一二三四五六七八九十"
# Each kind of opening with the number that orders it.
_OPENINGS = (
    re.compile(r"(?:从|自|到)?((?:19|20)\d\d)年(?:(?:起|底|前|秋季|春季)[^，。]{0,6})?(?:，|为|完成|实现|实施|开展|全面|启动|建成|达到)"),
    re.compile(rf"([{_HAN}]{{1,2}})是"),
    re.compile(rf"[（(]([{_HAN}]{{1,3}})[）)]"),
    re.compile(rf"第([{_HAN}]{{1,2}})(?:，|阶段|步|年|类|档|等)"),
    re.compile(r"[（(]?(\d{1,2})[）).．、](?!\d)"),
)  # fmt: skip


def series_of(spans: Sequence[Span], i: int, text: str) -> set[int]:
    """The numbers of the sentences that continue the series of sentence `i` both ways; empty where it begins none.

    >>> text = "总要求。2021年，甲。2022年，乙。2023年，丙。另外，丁。"
    >>> from index.sentences import sentence_spans
    >>> sorted(series_of(sentence_spans(text), 2, text))
    [1, 2, 3]
    """
    for opening in _OPENINGS:
        numbers = {n: number for n, (a, b) in enumerate(spans) if (number := _number(opening, text, a, b))}
        if i not in numbers:
            continue
        found = {i}
        for step in (-1, 1):
            at = i
            while numbers.get(at + step) == numbers[at] + step:
                at += step
                found.add(at)
        if len(found) > 1:
            return found
    return set()


def heads_of(spans: Sequence[Span], text: str) -> list[int]:
    """The sentences that head the parts of a section with words of one beginning (强化组织领导。…强化责任落实。…).

    >>> text = "强化组织领导。建立制度，健全机制，狠抓落实。强化责任落实。细化任务。强化投入保障。设立资金。"
    >>> from index.sentences import sentence_spans
    >>> heads_of(sentence_spans(text), text)
    [0, 2, 4]
    """
    short = [n for n, (a, b) in enumerate(spans) if LEAST_HEAD <= b - a <= LONGEST_HEAD]
    begun = Counter(text[spans[n][0] : spans[n][0] + 2] for n in short)
    alike = [n for n in short if begun[text[spans[n][0] : spans[n][0] + 2]] >= LEAST_HEADS]
    return alike if len(alike) >= LEAST_HEADS else []


def _number(opening: re.Pattern[str], text: str, start: int, end: int) -> int:
    match = opening.match(text, start, end)
    if not match:
        return 0
    return int(match[1]) if match[1].isdecimal() else han_number(match[1])
