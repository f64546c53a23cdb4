"""Units asked for, and figures in them."""

from __future__ import annotations

import pytest

from bot.units import asked_units, has_unit


@pytest.mark.parametrize(
    ("question", "units"),
    [
        ("小班一个班最多收几个孩子", ("person",)),
        ("面试多少分算过", ("score",)),
        ("买一辆校车补多少钱", ("money",)),
        ("一节课几分钟", ("minute",)),
        ("几天内要答复", ("day",)),
        ("过渡期几个月", ("month",)),
        ("公办园占几成", ("share",)),
        ("几岁可以上学", ("age",)),
        ("读几年级的孩子可以参加", ()),
        ("怎么报名", ()),
    ],
)
def test_asked_units(question: str, units: tuple[str, ...]) -> None:
    assert asked_units(question) == units


@pytest.mark.parametrize(
    ("kind", "text", "found"),
    [
        ("money", "每人每月400元", True),
        ("money", "补助资金列入预算", False),
        ("score", "成绩达到60分", True),
        ("score", "每节课40分钟", False),
        ("person", "每班不超过三十人", True),
        ("day", "十五个工作日内", True),
        ("share", "达到85%以上", True),
        ("share", "构成比例调整为6:4", True),
    ],
)
def test_has_unit(kind: str, text: str, found: bool) -> None:
    assert has_unit(kind, text) is found
