"""How likely it is that the retrieved passages answer the question: a calibrated logistic model over the best hits."""

from __future__ import annotations

import math
from collections.abc import Sequence

from bot.features import linear
from bot.records import Hit, Question
from bot.retrieve import weights

SIGNALS = (
    "late",
    "coverage",
    "lexical",
    "dense",
    "score",
    "lead",
    "answer_type",
    "named",
    "number",
    "article",
    "short_question",
)


def signals(question: Question, hits: Sequence[Hit]) -> dict[str, float]:
    """Readable evidence of the best hit and of its lead over the fifth."""
    best = hits[0]
    fifth = hits[min(4, len(hits) - 1)]
    values = {name: best.why.get(name, 0.0) for name in SIGNALS}
    values["score"] = best.score
    values["lead"] = best.score - fifth.score
    values["short_question"] = float(len(question.search) <= 8)
    return values


def probability(question: Question, hits: Sequence[Hit]) -> float:
    """The probability (0–1) that the best hits hold the answer."""
    if not hits:
        return 0.0
    return 1 / (1 + math.exp(-linear(signals(question, hits), weights("answerable"))))
