"""Parallel sentences of real shape: series by year and number, heads of one beginning, and what is no series."""

from __future__ import annotations

import pytest

from bot.series import heads_of, series_of
from index.sentences import sentence_spans


@pytest.mark.parametrize(
    ("text", "at", "expected"),
    [
        ("总则。2021年，制定意见。2022年，开展试点。2023年，全面推开。附则。", 2, {1, 2, 3}),
        ("一是加强领导。二是健全机制。三是强化督导。", 0, {0, 1, 2}),
        ("（一）有甲的；\n（二）有乙的；\n（三）有丙的。", 1, {0, 1, 2}),
        ("第一，摸清底数。第二，制定方案。", 1, {0, 1}),
        ("2021年，制定意见。2023年，全面推开。", 0, set()),  # a year is missing between them
        ("学校应当建立制度。教师应当遵守制度。", 0, set()),
    ],
)
def test_a_series_is_taken_whole(text: str, at: int, expected: set[int]) -> None:
    assert series_of(sentence_spans(text), at, text) == expected


def test_heads_need_one_beginning_and_three_of_them() -> None:
    text = "强化组织领导。建立党委统一领导的制度体系和工作机制。强化经费投入。设立专项资金并纳入预算。强化宣传引导。"
    assert heads_of(sentence_spans(text), text) == [0, 2, 4]
    two = "强化组织领导。建立党委统一领导的制度体系和工作机制。强化经费投入。"
    assert heads_of(sentence_spans(two), two) == []
