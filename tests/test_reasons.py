"""Why a section was chosen, in words."""

from __future__ import annotations

from bot.answer import Answerer
from bot.messages import wordings
from bot.reasons import STRONGEST, reasons, shared_words
from bot.retrieve import weights

QUESTION = "学校午休可以收费吗"


def test_the_reasons_name_shared_words_and_the_strongest_features(answerer: Answerer) -> None:
    answer = answerer.ask(QUESTION)
    found = reasons(answer.citations[0], answer.hits, answer.question.search)
    assert found[0].startswith("问题里的“学校”、“午休”")
    assert 2 <= len(found) <= STRONGEST + 1
    assert len(set(found)) == len(found)
    assert set(found[1:]) <= set(wordings("page").values())


def test_a_place_that_decided_is_named(answerer: Answerer) -> None:
    answer = answerer.ask("德清县随迁子女什么时候报名")
    assert "是所选地方自己的规定" in reasons(answer.citations[0], answer.hits, answer.question.search)


def test_without_a_hit_only_the_shared_words_are_told(answerer: Answerer) -> None:
    answer = answerer.ask(QUESTION)
    assert len(reasons(answer.citations[0], (), answer.question.search)) == 1
    assert reasons(answer.citations[0], (), "zzz") == []


def test_every_wording_belongs_to_a_feature() -> None:
    named = {key.removeprefix("why_") for key in wordings("page") if key.startswith("why_")} - {"words"}
    assert named <= set(weights())


def test_shared_words_are_whole_runs() -> None:
    assert shared_words("外来务工人员随迁子女入学", "随迁子女上学") == ["随迁子女"]
    assert shared_words("", "随迁子女") == []
