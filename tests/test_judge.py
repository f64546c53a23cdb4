"""The judge: what it is asked, what of its replies counts, and what is only counted."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from eval.judge import judge_all, judged, relevance_in, share_supported
from index.errors import ModelError
from index.llm import Prompt, Schema

ROW: dict[str, Any] = {
    "status": "answered",
    "answer": "每生每月不超过60元。学生自愿参加。",
    "citations": [{"quote": "每生每月不超过60元"}, {"quote": "学生自愿参加"}],
    "statements": [{"text": "每月最多60元。", "citations": [0]}, {"text": "学生必须参加。", "citations": [0, 1]}],
}
HALF = json.dumps({"verdicts": [{"statement": 1, "supported": "yes"}, {"statement": 2, "supported": "no"}]})


@dataclass
class Scripted:
    """A language model that says what it was told to say, or fails."""

    replies: dict[str, str | None]
    asked: list[Prompt] = field(default_factory=list)
    name: str = "scripted:judge"
    context: int = 8192

    def stream(self, prompt: Prompt, *, seconds: float, schema: Schema | None = None) -> Iterator[str]:
        self.asked.append(prompt)
        reply = self.replies[schema["title"] if schema else ""]
        if reply is None:
            raise ModelError("没有接通。", "refused")
        yield from (reply[:5], reply[5:])


def judge(faithfulness: str | None, relevance: str | None) -> Scripted:
    return Scripted({"faithfulness": faithfulness, "relevance": relevance})


def test_an_answer_is_judged_by_statement_and_as_a_whole() -> None:
    asked = judge(HALF, '{"relevance": 0.7}')
    found = judged("午休收多少钱", ROW, asked)
    assert (found.faithfulness, found.relevance, found.unreadable, found.failed) == (0.5, 0.7, 0, 0)
    faithfulness, relevance = (prompt.user for prompt in asked.asked)
    assert "陈述 2：学生必须参加。\n引文：\n每生每月不超过60元\n学生自愿参加" in faithfulness
    assert relevance.endswith(ROW["answer"])
    assert all("数据" in prompt.system for prompt in asked.asked)


@pytest.mark.parametrize(
    "reply",
    [
        "", "两条都对", "[]", '{"verdicts": "yes"}', '{"verdicts": []}', '{"verdicts": [1, 2]}', "{" * 5000, '{"a":' * 100_000 + "1" + "}" * 100_000,
        '{"verdicts": [{"statement": 1, "supported": "yes"}]}',
        '{"verdicts": [{"statement": 1, "supported": "yes"}, {"statement": 1, "supported": "yes"}]}',
        '{"verdicts": [{"statement": 1, "supported": "yes"}, {"statement": 3, "supported": "no"}]}',
        '{"verdicts": [{"statement": 1, "supported": "yes"}, {"statement": 2, "supported": "maybe"}]}',
        '{"verdicts": [{"statement": 1, "supported": "yes"}, {"statement": 2, "supported": true}]}',
        '{"verdicts": [{"statement": true, "supported": "yes"}, {"statement": 2, "supported": "no"}]}',
        '{"verdicts": [{"statement": 1, "supported": "yes"}, {"statement": 2, "supported": "no"}, {"supported": "no"}]}',
        '{"verdicts": [{"statement": 1, "supported": "yes"}, {"statement": 2',
    ],
)  # fmt: skip
def test_a_verdict_that_cannot_be_read_is_no_verdict(reply: str) -> None:
    assert share_supported(reply, 2) is None
    found = judged("午休收多少钱", ROW, judge(reply, '{"relevance": 1}'))
    assert (found.faithfulness, found.relevance, found.unreadable, found.failed) == (None, 1.0, 1, 0)


@pytest.mark.parametrize("reply", ["", "0.7", '{"relevance": "0.7"}', '{"relevance": true}', '{"relevance": -0.1}',
                                   '{"relevance": 1.1}', '{"relevance": NaN}', '{"relevance": null}', '{"other": 1}'])  # fmt: skip
def test_a_relevance_that_cannot_be_read_is_none(reply: str) -> None:
    assert relevance_in(reply) is None


def test_words_and_fences_around_the_object_do_not_matter() -> None:
    assert share_supported(f"好的：\n```json\n{HALF}\n```\n以上。", 2) == 0.5
    assert relevance_in('```\n{"relevance": 0}\n```') == 0.0


def test_only_answers_are_judged_and_what_is_lost_is_counted() -> None:
    questions = [{"id": str(i), "question": "午休收多少钱"} for i in range(3)]
    answers = {"0": {**ROW}, "1": {**ROW, "status": "not_found"}, "2": {**ROW, "statements": []}}
    asked = judge("看不懂", None)
    assert judge_all(questions, answers, asked) == {"judged": 1, "unreadable": 1, "failed": 1}
    assert len(asked.asked) == 2
    assert "faithfulness" not in answers["0"]
    judge_all(questions, answers, judge(HALF, '{"relevance": 0.4}'))
    assert (answers["0"]["faithfulness"], answers["0"]["answer_relevance"]) == (0.5, 0.4)
    assert "faithfulness" not in answers["1"]
