"""Every way of answering over the real sample library: tables, comparisons, versions, holes, places and time."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from bot.answer import Answerer
from bot.citations import proved
from bot.records import Outcome
from index.places import places_in

CASES: dict[str, Any] = json.loads((Path(__file__).parent / "cases" / "answers.json").read_text(encoding="utf8"))
TODAY = date(2026, 11, 24)


@pytest.mark.parametrize("case", CASES["answered"], ids=lambda case: str(case["kind"]))
def test_answered(answerer: Answerer, case: dict[str, Any]) -> None:
    answer = answerer.ask(case["question"], on=TODAY)
    assert answer.outcome is Outcome.ANSWERED
    assert all(words in answer.text for words in case["says"])
    assert not any(words in answer.text for words in case.get("must_not", ()))
    assert proved(answer.statements, answer.citations, answerer.library) == answer.statements


@pytest.mark.parametrize("case", CASES["not_answered"], ids=lambda case: str(case["kind"]))
def test_not_answered(answerer: Answerer, case: dict[str, Any]) -> None:
    answer = answerer.ask(case["question"], on=TODAY)
    assert not answer.outcome.gives_answer
    assert all(words in answer.text for words in case.get("says", ()))
    if answer.outcome is Outcome.ELSEWHERE:  # another place's figure stands under its place only
        for words in case.get("must_not", ()):
            assert all("【" in line for line in answer.text.splitlines() if words in line)
    else:
        assert not any(words in answer.text for words in case.get("must_not", ()))


def test_every_operand_of_a_result_is_quoted(answerer: Answerer) -> None:
    answer = answerer.ask("德清中小学重点建设项目建筑面积一共多少", on=TODAY)
    (computed,) = answer.statements[-1].computed
    by_label = {c.label: c.quote for c in answer.citations}
    quoted = " ".join(by_label[label] for label in answer.statements[-1].labels)
    assert computed.operation == "sum"
    assert all(operand.removesuffix("平方米") in quoted for operand in computed.operands)


def test_a_day_decides_which_version_is_in_force(answerer: Answerer) -> None:
    question = "浙江校外托管一个工作人员最多看几个学生"
    assert "1比15" in answerer.ask(question, on=TODAY).text
    before = answerer.ask(question, on=date(2024, 1, 1))
    assert "1比25" in before.text
    assert "已被取代" not in before.text


def test_another_places_rule_is_set_apart(answerer: Answerer) -> None:
    here = places_in("甘肃省金昌市")[0]
    answer = answerer.ask("乡村教师生活补助三类学校每月多少", place=here, on=TODAY)
    assert answer.outcome is Outcome.ELSEWHERE
    assert answer.lead.startswith("文件库里没有金昌市的文件")
    assert all("【四川省绵阳市三台县】" in line for line in answer.text.splitlines() if "900元" in line)


def test_questions_offered_are_answered_by_the_same_document(answerer: Answerer) -> None:
    answer = answerer.ask("四川的课后服务一学期最多收多少钱", on=TODAY)
    offered = answerer.offer(answer, on=TODAY)
    assert 0 < len(offered) <= 3
    for question in offered:
        found = answerer.ask(question, on=TODAY)
        assert answer.citations[0].document_id in {c.document_id for c in found.citations}
    assert answerer.offer(answerer.ask("火星移民子女的太空船票谁来报销", on=TODAY)) == ()


def test_an_answer_says_whether_it_sets_places_side_by_side(answerer: Answerer) -> None:
    compared = answerer.ask("三台县和德清县的课后服务收费有什么不同", on=TODAY)
    assert (compared.layout, len({c.place for c in compared.citations})) == ("comparison", 2)
    assert answerer.ask("学校午休可以收费吗", on=TODAY).layout == "list"
