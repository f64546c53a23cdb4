"""Dates in every way official texts write them."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.dates import dates_in, only_date, parse_date

HAN = "〇一二三四五六七八九"


def han(number: int) -> str:
    tens, ones = divmod(number, 10)
    return ("" if tens < 2 else HAN[tens]) + ("十" if tens else "") + (HAN[ones] if ones else "")


@given(st.dates(date(1950, 1, 1), date(2049, 12, 31)))
def test_every_form_is_read_back(day: date) -> None:
    year = "".join(HAN[int(digit)] for digit in str(day.year))
    forms = (
        f"{day:%Y-%m-%d}",
        f"{day.year}年{day.month}月{day.day}日",
        f"{day.year}.{day.month}.{day.day}",
        f"{year}年{han(day.month)}月{han(day.day)}日",
    )
    assert [parse_date(form) for form in forms] == [day] * 4
    assert [only_date(form) for form in forms] == [day] * 4
    assert dates_in(f"甲{forms[1]}乙") == [(1, 1 + len(forms[1]), day)]


@pytest.mark.parametrize("text", ["2021年13月1日", "2021年2月30日", "第2021号", "2021年12月", "", "3.8.1"])
def test_no_date(text: str) -> None:
    assert parse_date(text) is None
