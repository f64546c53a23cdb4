"""What a judge model thinks of answers: whether each statement follows from its quotes, and whether the answer is to the point.

Faithfulness is asked as in ragas, a yes or no for every statement; relevance as one number. A reply that cannot be read is
counted, never guessed at, and gives its answer no value.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.messages import message
from index.errors import ModelError
from index.llm import LanguageModel, Prompt, Schema

SECONDS = 60.0  # for one reply of the judge
_VERDICT = {
    "type": "object",
    "properties": {"statement": {"type": "integer"}, "supported": {"type": "string", "enum": ["yes", "no"]}},
    "required": ["statement", "supported"],
    "additionalProperties": False,
}
VERDICTS: Schema = {
    "title": "faithfulness",
    "type": "object",
    "properties": {"verdicts": {"type": "array", "items": _VERDICT}},
    "required": ["verdicts"],
    "additionalProperties": False,
}
RELEVANCE: Schema = {
    "title": "relevance",
    "type": "object",
    "properties": {"relevance": {"type": "number"}},
    "required": ["relevance"],
    "additionalProperties": False,
}


@dataclass(frozen=True, slots=True)
class Judgement:
    """Of one answer: the share of its statements that are supported and its relevance, both 0 to 1; None where the judge said
    nothing that can be read. `unreadable` counts such replies, `failed` those that did not come.
    """

    faithfulness: float | None
    relevance: float | None
    unreadable: int = 0
    failed: int = 0


def judged(question: str, row: Mapping[str, Any], judge: LanguageModel) -> Judgement:
    """Two calls for one answer row that has statements."""
    statements = "\n\n".join(
        message(
            "statement",
            file="judge_faithfulness",
            number=number,
            text=statement["text"],
            quotes="\n".join(row["citations"][i]["quote"] for i in statement["citations"]),
        )
        for number, statement in enumerate(row["statements"], 1)
    )
    replies = [
        _reply(judge, "judge_faithfulness", VERDICTS, question=question, statements=statements),
        _reply(judge, "judge_relevance", RELEVANCE, question=question, answer=row["answer"]),
    ]
    faithfulness = None if replies[0] is None else share_supported(replies[0], len(row["statements"]))
    relevance = None if replies[1] is None else relevance_in(replies[1])
    failed = replies.count(None)
    return Judgement(faithfulness, relevance, [faithfulness, relevance].count(None) - failed, failed)


def _reply(judge: LanguageModel, name: str, schema: Schema, **variables: str) -> str | None:
    prompt = Prompt(message("system", file=name), message("user", file=name, **variables))
    try:
        return "".join(judge.stream(prompt, seconds=SECONDS, schema=schema))
    except ModelError:
        return None


def share_supported(reply: str, count: int) -> float | None:
    """The share of `count` statements that a reply finds supported; None unless it judges each of them exactly once.

    >>> share_supported('{"verdicts": [{"statement": 2, "supported": "no"}, {"statement": 1, "supported": "yes"}]}', 2)
    0.5
    >>> share_supported('{"verdicts": [{"statement": 1, "supported": "perhaps"}]}', 1)
    """
    given = _object(reply).get("verdicts")
    verdicts = given if isinstance(given, list) else []
    said = [(v.get("statement"), v.get("supported")) for v in verdicts if isinstance(v, dict)]
    numbers = [number for number, _ in said if type(number) is int]
    if len(said) != len(verdicts) or sorted(numbers) != list(range(1, count + 1)) or len(numbers) != len(said):
        return None
    if not all(supported in ("yes", "no") for _, supported in said):
        return None
    return [supported for _, supported in said].count("yes") / count


def relevance_in(reply: str) -> float | None:
    """The relevance that a reply gives; None unless it is a number from 0 to 1.

    >>> relevance_in('```json\\n{"relevance": 0.7}\\n```'), relevance_in('{"relevance": 7}'), relevance_in("很切题")
    (0.7, None, None)
    """
    value = _object(reply).get("relevance")
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        return None
    return float(value)


def _object(reply: str) -> Mapping[str, Any]:
    """The one JSON object of a reply, a fence or words around it allowed; empty where there is none."""
    found = re.search(r"\{.*\}", reply, re.DOTALL)
    try:
        value = json.loads(found[0]) if found else {}
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def judge_all(
    questions: Sequence[Mapping[str, Any]], answers: dict[str, dict[str, Any]], judge: LanguageModel
) -> dict[str, int]:
    """Write `faithfulness` and `answer_relevance` into the rows that answer; returns how many were judged and what was lost."""
    counts = {"judged": 0, "unreadable": 0, "failed": 0}
    for question in questions:
        row = answers[question["id"]]
        if row["status"] != "answered" or not row["statements"]:
            continue
        found = judged(question["question"], row, judge)
        values = {"faithfulness": found.faithfulness, "answer_relevance": found.relevance}
        row.update({name: value for name, value in values.items() if value is not None})
        counts["judged"] += 1
        counts["unreadable"] += found.unreadable
        counts["failed"] += found.failed
    return counts
