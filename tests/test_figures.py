"""Figures in any notation: what is one, what is none, which two are the same."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from pathlib import Path
from time import process_time
from typing import Any

import pytest
from cn2an import an2cn
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.figures import Fact, figures_in

CASES = json.loads((Path(__file__).parent / "cases" / "figures.json").read_text(encoding="utf8"))


def cases(*kinds: str) -> list[Any]:
    """The labelled cases of these kinds; those known to fail must go on failing until they are fixed and unmarked."""
    return [
        pytest.param(
            case,
            id=case.get("text") or f"{case['left']} {case['right']}",
            marks=[pytest.mark.xfail(reason=case["known_failure"], strict=True)] if "known_failure" in case else [],
        )
        for case in CASES
        if case["kind"] in kinds
    ]


def facts(text: str) -> list[Fact]:
    return [figure.fact for figure in figures_in(text)]


def expected(value: str | list[str | None], unit: str, bound: str = "", per: str = "") -> Fact:
    if isinstance(value, str):
        return Decimal(value), unit, bound, per
    return tuple(None if term is None else Decimal(term) for term in value), unit, bound, per


@pytest.mark.parametrize("case", cases("found", "none"))
def test_what_is_a_figure(case: dict[str, Any]) -> None:
    assert facts(case["text"]) == [expected(*figure) for figure in case.get("figures", ())]


@pytest.mark.parametrize("case", cases("equal"))
def test_notations_of_one_figure_are_equal(case: dict[str, Any]) -> None:
    assert facts(case["left"])
    assert facts(case["left"]) == facts(case["right"])


@pytest.mark.parametrize("case", cases("different"))
def test_different_figures_are_told_apart(case: dict[str, Any]) -> None:
    assert facts(case["left"]) != facts(case["right"])


READABLE = "0123456789０１五十百千万亿零两半第年月日时点分元%成倍人岁个条:：-—至、，。/.()（）\n| 约不超过以上前"


@given(st.text(alphabet=READABLE, max_size=40))
@settings(max_examples=500)
def test_any_text_is_read_in_order_and_none_of_its_arabic_digits_is_lost(text: str) -> None:
    text = "约" + text.replace("\n", "")  # so that nothing numbers a line
    spans = [figure.span for figure in figures_in(text)]
    assert spans == sorted(spans)
    read = {i for start, end in spans for i in range(start, end)}
    assert all(i in read for i, char in enumerate(text) if char.isdigit())


@given(number=st.integers(1, 10**9), unit=st.sampled_from(["元", "名学生", "册", "倍", "所学校"]))
@settings(max_examples=300)
def test_a_number_is_the_same_in_arabic_and_chinese(number: int, unit: str) -> None:
    assert facts(f"共{number}{unit}") == facts(f"共{number:,}{unit}") == facts(f"共{an2cn(number)}{unit}")


@given(st.dates(date(1949, 1, 1), date(2099, 12, 31)))
def test_a_date_is_the_same_in_every_notation(day: date) -> None:
    year = "".join("〇一二三四五六七八九"[int(digit)] for digit in str(day.year))
    han = f"{year}年{an2cn(day.month)}月{an2cn(day.day)}日".replace("一十", "十")
    written = facts(f"自{day.year}年{day.month}月{day.day}日起施行")
    assert written == [((day.year, day.month, day.day), "日期", "", "")]
    assert all(facts(f"自{other}起施行") == written for other in (day.isoformat(), day.strftime("%Y.%m.%d"), han))


@pytest.mark.parametrize("repeated", ["二十、", "1、", "123 ", "1万1", "1,234,", "6月1、", "一点"])
def test_reading_takes_time_in_proportion_to_the_length(repeated: str) -> None:
    started = process_time()
    figures_in(repeated * 10_000)
    assert process_time() - started < 10  # a second; more than ten minutes if it grew with the square


def test_a_long_number_is_read_to_its_last_digit() -> None:
    assert facts("编号" + "1" * 40) != facts("编号" + "1" * 39 + "2")
