"""What kind of answer a question's wording asks for, whose rules, and what of it is only wording."""

from __future__ import annotations

import re

from bot.cues import cues, has_cue
from bot.records import AnswerType, Level

_ANSWER_TYPES: tuple[AnswerType, ...] = (
    "where", "amount", "ratio", "date", "age", "count", "who", "list", "procedure", "whether",
)  # fmt: skip
_HOW_MUCH = re.compile("多少(?!人|名|个|所|次|年|天|月)|几多")
_ASKS = re.compile("多少|几|哪|什么|啥|谁|吗|怎")
_LEVELS: tuple[Level, ...] = ("province", "city", "county", "national")


def answer_type(folded: str) -> AnswerType:
    """The kind of fact asked for, by the first cue list that matches (order of `cues.toml`)."""
    if has_cue(folded, "money", "nouns") and _HOW_MUCH.search(folded):
        return "amount"
    return next((kind for kind in _ANSWER_TYPES if has_cue(folded, "answer_type", kind)), "any")


def level(folded: str) -> Level:
    """Whose rules the words ask for: 省里 the province's, 国家层面 the nation's."""
    return next((name for name in _LEVELS if has_cue(folded, "level", name)), "")


def strip_question_words(folded: str) -> str:
    """Without the words that every question has and no document needs."""
    for word in cues("question_words", "drop"):
        folded = folded.replace(word, " ")
    return re.sub(r"\s+", " ", folded).strip()


def question_parts(folded: str) -> tuple[str, ...]:
    """The questions that one message holds, each with the words that lead to it.

    >>> question_parts("当督学要满足哪些条件,学历年限是多少?"), question_parts("孩子转学,要什么材料")
    (('当督学要满足哪些条件', '学历年限是多少'), ('孩子转学,要什么材料',))
    """
    parts: list[str] = []
    lead = ""
    for piece in re.split(r"[,;?!。]", folded):
        if not piece.strip():
            continue
        lead = f"{lead},{piece}" if lead else piece
        if answer_type(lead) != "any" or _ASKS.search(lead):
            parts.append(lead.strip())
            lead = ""
    return tuple(parts)
