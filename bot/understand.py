"""From what a visitor typed to a `Question`: script, follow-ups, place, 文号, named documents, article references, type."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from functools import lru_cache
from typing import Literal

from bot.cues import cues, has_cue
from bot.naming import DocumentNames
from bot.records import AnswerType, Outcome, Question, Turn
from bot.typos import Speller
from index.places import places_in
from index.records import Place
from index.tokens import fold

_NUMERAL = "一二三四五六七八九十百零〇两0-9"
_REFERENCES = (
    re.compile(rf"第([{_NUMERAL}]+)条(之[一二三四五])?"),
    re.compile(rf"第([{_NUMERAL}]+)[项点]()"),
    re.compile(r"(?<![\d.])(\d{1,3})条()(?!例)"),
)
_YEAR = re.compile(r"(?<!\d)((?:19|20)\d{2})(?=年|[\-—至到~]|$|\D)")
_SHORT_YEAR = re.compile(r"(?<!\d)(2\d)(?=年)(?!年来)")
_ENGLISH = re.compile(r"[a-z]{2,}")
_HAN = re.compile(r"[\u4e00-\u9fff]")
_DIGITS = dict(zip("零〇一二两三四五六七八九", (0, 0, 1, 2, 2, 3, 4, 5, 6, 7, 8, 9), strict=True))
_UNITS = {"十": 10, "百": 100}


def understand(
    text: str,
    *,
    names: DocumentNames,
    known_places: Sequence[Place],
    speller: Speller | None = None,
    history: Sequence[Turn] = (),
    place: Place | None = None,
    on: date | None = None,
) -> Question:
    """Read one question. `place` is where the visitor is; a place in the words goes before it."""
    folded = speller.correct(fold(text)) if speller else fold(text)
    search = merge_follow_up(folded, [fold(t.content) for t in history if t.role == "user"], names)
    said = places_in(folded, known_places) or places_in(search, known_places)
    if not said and place is not None and not has_cue(search, "compare", "everywhere"):
        said = (place,)
    return Question(
        text=text,
        search=search,
        answer_type=answer_type(folded),
        places=() if has_cue(folded, "national", "cues") and not places_in(folded, known_places) else tuple(said),
        on=on,
        doc_nos=names.by_number(search),
        documents=names.by_title(search),
        article_refs=article_references(folded),
        years=years(folded),
        script=_script(text, folded),
        history=tuple(history),
    )


def screen(text: str) -> Outcome | None:
    """`REFUSED` for instructions to the bot, `OUT_OF_SCOPE` for small talk, weather, homework; None for anything else."""
    folded = fold(text)
    if has_cue(folded, "injection", "cues"):
        return Outcome.REFUSED
    rest = re.sub(r"[^\w]", "", folded)
    for greeting in sorted(cues("out_of_scope", "greeting"), key=len, reverse=True):
        rest = rest.replace(fold(greeting), "")
    if not rest:
        return Outcome.OUT_OF_SCOPE
    if any(has_cue(folded, "out_of_scope", topic) for topic in ("weather", "homework", "chat")):
        return Outcome.OUT_OF_SCOPE
    return None


def answer_type(folded: str) -> AnswerType:
    """The kind of fact asked for, by the first cue list that matches (order of `cues.toml`)."""
    order: tuple[AnswerType, ...] = (
        "amount", "ratio", "date", "age", "count", "who", "where", "list", "procedure", "whether",
    )  # fmt: skip
    return next((kind for kind in order if has_cue(folded, "answer_type", kind)), "any")


def merge_follow_up(folded: str, asked: Sequence[str], names: DocumentNames) -> str:
    """Put the last question before one that leans on it (那高中呢, 这一条归哪几家管); any other stays as it is."""
    if not asked:
        return folded
    leans = folded.startswith(cues("follow_up", "openings")) or has_cue(folded, "follow_up", "references")
    bare = len(strip_question_words(folded)) <= 6 and not names.by_title(folded) and not names.by_number(folded)
    return f"{asked[-1]} {folded}" if leans or bare else folded


def strip_question_words(folded: str) -> str:
    """Without the words that every question has and no document needs."""
    for word in cues("question_words", "drop"):
        folded = folded.replace(word, " ")
    return re.sub(r"\s+", " ", folded).strip()


def article_references(folded: str) -> tuple[str, ...]:
    """Numbers of articles or items referred to, as Arabic digits: 第五十九条 → 59, 第十五条之一 → 15之一."""
    found: dict[str, None] = {}
    for pattern in _REFERENCES:
        for match in pattern.finditer(folded):
            value = to_number(match[1])
            if value:
                found[f"{value}{match[2] or ''}"] = None
    return tuple(found)


def to_number(numeral: str) -> int:
    """A Chinese or Arabic integer below 1000; 0 where it is none.

    >>> to_number("五十九"), to_number("一百零二"), to_number("12")
    (59, 102, 12)
    """
    if numeral.isdecimal():
        return int(numeral)
    total, digit = 0, 0
    for char in numeral:
        if char in _UNITS:
            total += (digit or 1) * _UNITS[char]
            digit = 0
        elif char in _DIGITS:
            digit = _DIGITS[char]
        else:
            return 0
    return total + digit


@lru_cache(maxsize=4096)
def number_of(label: str) -> str:
    """An outline number as article references write it: 第五十九条 → 59, 12. → 12, 第十五条之一 → 15之一.

    >>> number_of("第五十九条"), number_of("12."), number_of("第十五条之一"), number_of("——")
    ('59', '12', '15之一', '')
    """
    match = re.search(rf"([{_NUMERAL}]+)条?(之[一二三四五])?", label)
    return f"{to_number(match[1])}{match[2] or ''}" if match else ""


def years(folded: str) -> tuple[int, ...]:
    """Years named, with 23年 read as 2023."""
    full = [int(y) for y in _YEAR.findall(folded)]
    return tuple(dict.fromkeys(full + [2000 + int(y) for y in _SHORT_YEAR.findall(folded)]))


def _script(text: str, folded: str) -> Literal["simplified", "traditional", "english"]:
    if len(_ENGLISH.findall(folded)) >= 3 and len(_HAN.findall(folded)) < 4:
        return "english"
    plain = re.sub(r"\s", "", text)
    return "traditional" if len(plain) == len(re.sub(r"\s", "", folded)) and _differs(plain, folded) else "simplified"


def _differs(text: str, folded: str) -> bool:
    pairs = zip(text, re.sub(r"\s", "", folded), strict=False)
    return any(a != b and _HAN.match(a) is not None for a, b in pairs)
