"""What kind of answer a question's wording asks for, whose rules, and what of it is only wording."""

from __future__ import annotations

import re

from bot.cues import cues, has_cue
from bot.records import AnswerType, Level

_ANSWER_TYPES: tuple[AnswerType, ...] = (
    "amount", "ratio", "date", "age", "count", "who", "where", "list", "procedure", "whether",
)  # fmt: skip
_LEVELS: tuple[Level, ...] = ("province", "city", "county", "national")


def answer_type(folded: str) -> AnswerType:
    """The kind of fact asked for, by the first cue list that matches (order of `cues.toml`)."""
    return next((kind for kind in _ANSWER_TYPES if has_cue(folded, "answer_type", kind)), "any")


def level(folded: str) -> Level:
    """Whose rules the words ask for: 省里 the province's, 国家层面 the nation's."""
    return next((name for name in _LEVELS if has_cue(folded, "level", name)), "")


def strip_question_words(folded: str) -> str:
    """Without the words that every question has and no document needs."""
    for word in cues("question_words", "drop"):
        folded = folded.replace(word, " ")
    return re.sub(r"\s+", " ", folded).strip()
