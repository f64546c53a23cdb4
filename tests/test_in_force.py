"""Since when and until when by a document's own words: labelled cases, among them what must not be taken for it."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.in_force import effective_date, expiry_date, period, stated_period

CASES: dict[str, Any] = json.loads((Path(__file__).parent / "cases" / "validity.json").read_text(encoding="utf8"))
ISSUED = date(2024, 5, 6)


def found(text: str) -> tuple[str | None, str | None]:
    start = effective_date(text, ISSUED)
    end = expiry_date(text, start or ISSUED)
    return (str(start) if start else None), (str(end) if end else None)


@pytest.mark.parametrize("case", CASES["in_force"], ids=lambda case: case["text"])
def test_in_force(case: dict[str, Any]) -> None:
    assert found(case["text"]) == (case["effective"], case["expires"])


@pytest.mark.parametrize("case", [c for c in CASES["known_failures"] if "in_force" in c], ids=lambda case: case["why"])
def test_known_failures(case: dict[str, Any]) -> None:
    if found(case["in_force"]) == (case["effective"], case["expires"]):
        pytest.fail("is right now: move it to the other cases")
    pytest.xfail(case["why"])


@pytest.mark.parametrize("case", CASES["periods"], ids=lambda case: case["title"])
def test_period_of_a_title(case: dict[str, Any]) -> None:
    years = period(case["title"])
    assert (list(years) if years else None) == case["period"]


def test_period_of_a_text() -> None:
    assert stated_period("本规划期为2021—2025年。") == (2021, 2025)
    assert stated_period("方案实施期限：2023年至2026年") == (2023, 2026)
    assert stated_period("2021—2025年投入1亿元。") is None


def test_without_a_day_of_issue_nothing_is_counted_from_it() -> None:
    assert effective_date("本办法自印发之日起施行。", None) is None
    assert expiry_date("本办法自印发之日起施行，有效期五年。", None) is None


@given(st.dates(date(1990, 1, 1), date(2040, 12, 31)), st.integers(1, 30))
def test_a_term_in_years_ends_the_day_before_its_anniversary(start: date, years: int) -> None:
    end = expiry_date(f"本办法自{start.year}年{start.month}月{start.day}日起施行，有效期{years}年。", start)
    assert end is not None
    after = end + timedelta(days=1)
    leap_day = (start.month, start.day) == (2, 29)
    assert (after.month, after.day) == ((start.month, start.day) if not leap_day or years % 4 == 0 else (3, 1))
    assert after.year == start.year + years
