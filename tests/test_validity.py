"""The state of a document on a day and the deadlines of a quote: labelled cases, among them what must not be said."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.validity import State, Validity, deadline_remark, deadlines, state_of
from index.records import PolicyDocument
from tests.documents import document_of

CASES: dict[str, Any] = json.loads((Path(__file__).parent / "cases" / "validity.json").read_text(encoding="utf8"))
TODAY = date(2026, 11, 24)
DAYS = ("written", "published", "effective", "expires")


def day(case: dict[str, Any]) -> date:
    return date.fromisoformat(case["on"]) if "on" in case else TODAY


def changed(changes: dict[str, Any]) -> PolicyDocument:
    values = {k: date.fromisoformat(v) if k in DAYS else tuple(v) if k == "period" else v for k, v in changes.items()}
    return replace(document_of("甲", title="甲"), **values)


@pytest.mark.parametrize("case", CASES["states"], ids=lambda case: case["why"])
def test_states(case: dict[str, Any]) -> None:
    found = state_of(changed(case["changes"]), day(case))
    assert (found.state.value, found.text) == (case["state"], case["text"])


def test_what_binds() -> None:
    assert {s.value for s in State if Validity(s, "").binding} == {"现行有效", "未注明"}


OLD = replace(
    document_of("甲", title="中华人民共和国某法"), id="old", kind="law", written=date(2018, 1, 1), validity="现行有效"
)


def test_what_took_its_place_decides_before_what_the_header_says() -> None:
    version = replace(OLD, id="new", written=date(2024, 4, 26))
    assert state_of(OLD, TODAY, version) == Validity(
        State.SUPERSEDED, "已被取代：《中华人民共和国某法》（2024-04-26版本）"
    )
    other = replace(OLD, id="other", title="中华人民共和国另法")
    assert state_of(OLD, TODAY, other).text == "已被取代：《中华人民共和国另法》"
    decision = replace(OLD, id="decision", title="某机关关于废止《某法》的决定")
    assert state_of(OLD, TODAY, decision).text == "已被废止：某机关关于废止《某法》的决定"


@pytest.mark.parametrize("case", CASES["deadlines"], ids=lambda case: case["text"])
def test_deadlines(case: dict[str, Any]) -> None:
    expected = f"注：该期限（{case['passed']}）已过。" if case["passed"] else ""
    assert deadline_remark(case["text"], day(case)) == expected


@pytest.mark.parametrize("case", [c for c in CASES["known_failures"] if "deadline" in c], ids=lambda case: case["why"])
def test_known_failures(case: dict[str, Any]) -> None:
    expected = f"注：该期限（{case['passed']}）已过。" if case["passed"] else ""
    if deadline_remark(case["deadline"], TODAY) == expected:
        pytest.fail("is right now: move it to the other cases")
    pytest.xfail(case["why"])


@given(st.dates(date(1990, 1, 1), date(2060, 12, 31)), st.dates(date(1990, 1, 1), date(2060, 12, 31)))
def test_a_deadline_has_passed_from_the_day_after_it(deadline: date, on: date) -> None:
    written = f"{deadline.year}年{deadline.month}月{deadline.day}日"
    assert bool(deadline_remark(f"各校于{written}前完成。", on)) == (deadline < on)


@given(st.text(alphabet="至到前—2015年月日底“十四五”末学期春秋季度上半9", max_size=30))
def test_any_text_is_read(text: str) -> None:
    assert all(isinstance(end, date) and written for end, written in deadlines(text))
