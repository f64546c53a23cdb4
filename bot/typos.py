"""Typing errors by sound and by shape (圆长 → 园长, 教肓 → 教育), only where what was typed is no word."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from functools import cached_property

from bot.cues import cues

_HAN_RUN = re.compile(r"[\u4e00-\u9fff]+")
LONGEST = 4


class Speller:
    """Corrects runs of single characters that spell a known term. `terms` are folded."""

    def __init__(self, terms: Iterable[str]) -> None:
        self._terms = {t for t in terms if 2 <= len(t) <= LONGEST and _HAN_RUN.fullmatch(t)}

    def correct(self, text: str) -> str:
        """The folded text with misspelt terms put right; text whose words are all known comes back as it is."""
        for start, end in reversed(_loose_runs(text)):
            text = text[:start] + self._respell(text[start:end]) + text[end:]
        return text

    def _respell(self, run: str) -> str:
        at = 0
        while at < len(run) - 1:
            for size in range(min(LONGEST, len(run) - at), 1, -1):
                typed = run[at : at + size]
                meant = typed if typed in self._terms else self._by_shape(typed) or self._by_sound(typed)
                if meant:
                    run = run[:at] + meant + run[at + size :]
                    at += size - 1
                    break
            at += 1
        return run

    def _by_shape(self, typed: str) -> str:
        for pair in cues("typos", "shape"):
            for wrong, right in ((pair[0], pair[1]), (pair[1], pair[0])):
                meant = typed.replace(wrong, right)
                if meant != typed and (meant in self._terms or _is_word(meant)):
                    return meant
        return ""

    def _by_sound(self, typed: str) -> str:
        close = [t for t in self._by_reading.get(_reading(typed), ()) if sum(map(str.__eq__, t, typed)) >= len(t) - 1]
        return close[0] if len(close) == 1 and _is_word(close[0]) else ""

    @cached_property
    def _by_reading(self) -> dict[str, list[str]]:
        readings: dict[str, list[str]] = defaultdict(list)
        for term in sorted(self._terms):
            readings[_reading(term)].append(term)
        return readings


def _loose_runs(text: str) -> list[tuple[int, int]]:
    """Spans of two or more neighbouring single-character words: where segmentation found nothing."""
    import rjieba

    spans: list[tuple[int, int]] = []
    at = 0
    for word in rjieba.cut(text, False):
        if len(word) == 1 and _HAN_RUN.match(word):
            if spans and spans[-1][1] == at:
                spans[-1] = (spans[-1][0], at + 1)
            else:
                spans.append((at, at + 1))
        at += len(word)
    return [s for s in spans if s[1] - s[0] >= 2]


def _is_word(text: str) -> bool:
    import rjieba

    return list(rjieba.cut(text, False)) == [text]


def _reading(text: str) -> str:
    from pypinyin import lazy_pinyin

    return " ".join(lazy_pinyin(text))
