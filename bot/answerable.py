"""How likely it is that the best passage answers the question: a calibrated logistic model over readable signals."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import get_args

from bot.features import linear
from bot.records import AnswerType, Hit, Question
from bot.retrieve import weights

OF_THE_BEST = (
    "figure_missing", "type_in_best", "answer_type", "unit_in_best", "unit_missing", "stranger", "document_stranger",
    "pool_stranger", "named", "place", "article", "late_sentence", "late", "worst", "unmatched", "concepts", "dense",
    "dense_rank", "lexical_rank", "rare_coverage", "sentence_coverage", "coverage", "exact", "other_place", "row",
)  # fmt: skip
LEADS = {"lead_2": 1, "lead_5": 4, "lead_20": 19}
# A best hit that matches less of the question is about something else: 1.7 % of the right ones on the training questions
# fall below, 19.5 % of the wrong ones, and questions about nothing in the library.
LEAST_LATE = 0.2
SIGNALS = (*OF_THE_BEST, *LEADS, *(f"asks_{kind}" for kind in get_args(AnswerType)))


def signals(question: Question, hits: Sequence[Hit]) -> dict[str, float]:
    """The best hit's features, its lead over others, and what is asked."""
    best = hits[0]
    values = {name: best.why.get(name, 0.0) for name in OF_THE_BEST}
    values["place"] += best.why.get("place_above", 0.0)  # a rule of the province holds in its counties
    values |= {name: best.score - hits[min(rank, len(hits) - 1)].score for name, rank in LEADS.items()}
    values[f"asks_{question.answer_type}"] = 1.0
    return values


def probability(question: Question, hits: Sequence[Hit]) -> float:
    """The probability (0–1) that the best hits hold the answer."""
    if not hits or hits[0].why.get("late", 0.0) < LEAST_LATE:
        return 0.0
    return 1 / (1 + math.exp(-linear(signals(question, hits), weights("answerable"))))
