"""Typing errors by sound and by shape (圆长 → 园长, 教肓 → 教育), only where what was typed is no word."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from functools import cache, cached_property

from bot.cues import cues
from index.places import is_place_name

_HAN_RUN = re.compile(r"[\u4e00-\u9fff]+")
_DOC_NO = re.compile(r"[\u4e00-\u9fff]{1,6}(?:[〔\[(【]?(?:19|20)\d{2}[〕\])】]?年?\s*)?第?\d+号")
LONGEST = 6
_LEAST_AMONG_WORDS = 3  # among proper words only a longer term may be seen in what was typed (班|主人|津贴), one longer
# still where the slip made a word (主人)


class Speller:
    """Corrects what nearly spells a formal term (`terms`) or a word of the library's `headings`. All folded."""

    def __init__(self, terms: Iterable[str], headings: Iterable[str] = ()) -> None:
        self._text = "\n".join(headings)
        words = _words_within(self._text)
        self._terms = {t for t in (*terms, *words) if 2 <= len(t) <= LONGEST and _HAN_RUN.fullmatch(t)}

    def correct(self, text: str) -> str:
        """The folded text with misspelt terms put right; text whose words are all known comes back as it is."""
        pieces, at = [], 0
        for number in _DOC_NO.finditer(text):  # 川教示〔2023〕11号 is no slip of 传
            pieces += [self._correct(text[at : number.start()]), number[0]]
            at = number.end()
        return "".join([*pieces, self._correct(text[at:])])

    def _correct(self, text: str) -> str:
        for start, end in reversed(_loose_runs(text)):
            text = text[:start] + self._respell(text[start:end]) + text[end:]
        for start, end, meant in reversed(list(self._among_words(text))):
            text = text[:start] + meant + text[end:]
        return text

    def _respell(self, run: str) -> str:
        at = 0
        while at < len(run) - 1:
            for size in range(min(LONGEST, len(run) - at), 1, -1):
                typed = run[at : at + size]
                meant = typed if typed in self._terms or is_place_name(typed) else self._meant(typed)
                if meant and (meant == typed or not _common_slip(typed, meant)):
                    run = run[:at] + meant + run[at + size :]
                    at += size - 1
                    break
            at += 1
        return run

    def _among_words(self, text: str) -> Iterator[tuple[int, int, str]]:
        """Windows that sound or look like a longer term but for one letter, which is not a word of its own there."""
        words = _word_spans(text)
        end = 0
        for start in range(len(text) - 1):
            for size in range(min(LONGEST, len(text) - start), _LEAST_AMONG_WORDS - 1, -1):
                typed = text[start : start + size]
                if start < end or not _HAN_RUN.fullmatch(typed) or typed in self._terms or typed in self._text:
                    continue
                meant = self._meant(typed)
                if meant and not _stands(start, typed, meant, words):
                    end = start + size
                    yield start, end, meant
                    break

    def _meant(self, typed: str) -> str:
        return self._by_shape(typed) or self._by_sound(typed)

    def _by_shape(self, typed: str) -> str:
        for at, letter in enumerate(typed):
            for right in _alike().get(letter, ""):
                meant = typed[:at] + right + typed[at + 1 :]
                if meant in self._terms or (len(typed) == 2 and _is_word(meant)):
                    return meant
        return ""

    def _by_sound(self, typed: str) -> str:
        close = [t for t in self._by_reading.get(_reading(typed), ()) if sum(map(str.__eq__, t, typed)) == len(t) - 1]
        return close[0] if len(close) == 1 and (len(typed) > 2 or _is_word(close[0])) else ""

    @cached_property
    def _by_reading(self) -> dict[str, list[str]]:
        readings: dict[str, list[str]] = defaultdict(list)
        for term in sorted(self._terms):
            readings[_reading(term)].append(term)
        return readings


@cache
def _alike() -> dict[str, str]:
    pairs: dict[str, str] = defaultdict(str)
    for a, b in map(tuple, cues("typos", "shape")):
        pairs[a] += b
        pairs[b] += a
    return pairs


def _names_a_place(text: str) -> bool:
    return any(is_place_name(text[i : i + n]) for n in (2, 3, 4) for i in range(len(text) - n + 1))


def _loose_runs(text: str) -> list[tuple[int, int]]:
    """Spans of two or more neighbouring single-character words: where segmentation found nothing."""
    spans: list[tuple[int, int]] = []
    at = 0
    for word in _words(text):
        if len(word) == 1 and _HAN_RUN.match(word):
            if spans and spans[-1][1] == at:
                spans[-1] = (spans[-1][0], at + 1)
            else:
                spans.append((at, at + 1))
        at += len(word)
    return [s for s in spans if s[1] - s[0] >= 2]


def _slip(typed: str, meant: str) -> int:
    return next(i for i, (a, b) in enumerate(zip(typed, meant, strict=True)) if a != b)


def _common_slip(typed: str, meant: str) -> bool:
    return typed[_slip(typed, meant)] in cues("typos", "common")[0]


def _stands(start: int, typed: str, meant: str, words: Sequence[tuple[int, int]]) -> bool:
    """Whether what was typed is right: its other letter is a common word (教育|不), part of a word that goes on, or a place."""
    a, b = words[start + _slip(typed, meant)]
    within = a >= start and b <= start + len(typed) and (b - a in (1, len(typed)) or len(typed) > _LEAST_AMONG_WORDS)
    return not within or (b - a == 1 and _common_slip(typed, meant)) or _names_a_place(typed)


def _word_spans(text: str) -> list[tuple[int, int]]:
    """For each letter the span of the word in which segmentation puts it."""
    spans: list[tuple[int, int]] = []
    for word in _words(text):
        spans += [(at := len(spans), at + len(word))] * len(word)
    return spans


def _words(text: str) -> list[str]:
    import rjieba

    return list(rjieba.cut(text, False))


def _words_within(text: str) -> set[str]:
    """All words of a text, those inside compounds (湖州 in 湖州市) included."""
    import rjieba

    return {word for run in set(_HAN_RUN.findall(text)) for word in (*rjieba.cut_for_search(run), *_words(run))}


def _is_word(text: str) -> bool:
    return _words(text) == [text]


def _reading(text: str) -> str:
    return " ".join(map(_sound, text))


@cache
def _sound(letter: str) -> str:
    from pypinyin import lazy_pinyin

    return str(lazy_pinyin(letter)[0])
