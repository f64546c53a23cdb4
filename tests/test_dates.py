"""Dates in every way official texts write them."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.dates import dates_in, effective_date, expiry_date, only_date, parse_date, period

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


@pytest.mark.parametrize(
    ("text", "effective", "expires"),
    [
        ("本办法自2025年1月1日起施行，有效期五年。", "2025-01-01", "2029-12-31"),
        ("本通知自印发之日起执行，有效期至2026年12月31日。", "2024-05-06", "2026-12-31"),
        ("本实施细则从2024年2月29日起正式实施。试行期1年，许可证有效期五年。", "2024-02-29", None),
        ("本条例自２０07年9月１日起施行。自1997年2月5日起施行的《管理规定》同时废止。", "2007-09-01", None),
        ("学校自2025年1月1日起实施改革。办学许可证有效期五年。", None, None),
    ],
)
def test_in_force(text: str, effective: str | None, expires: str | None) -> None:
    start = effective_date(text, date(2024, 5, 6))
    assert (str(start) if start else None) == effective
    end = expiry_date(text, start)
    assert (str(end) if end else None) == expires


def test_only_plausible_spans_are_periods() -> None:
    assert period("教育事业发展规划（2021-2025年）") == (2021, 2025)
    assert period("教育现代化2035") is None
    assert period("2020年至2019年") is None
