"""What is missing is found, and nothing is missed where nothing is missing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from index.gaps import find_gaps
from index.records import Fix

CASES: dict[str, Any] = json.loads((Path(__file__).parent / "cases" / "gaps.json").read_text(encoding="utf8"))


@pytest.mark.parametrize("case", CASES["found"], ids=lambda case: case["why"])
def test_gaps_are_found(case: dict[str, Any]) -> None:
    text = case["text"]
    gaps = find_gaps(text, (), (), text.split("\n"), excerpt=False)
    assert [gap.what for gap in gaps] == case["what"]
    assert all(text[gap.position :].startswith(at) for gap, at in zip(gaps, case["at"], strict=True))
    assert all(gap.basis for gap in gaps)


@pytest.mark.parametrize("text", CASES["must_not_find"], ids=lambda text: text[:14])
def test_complete_texts_have_no_gaps(text: str) -> None:
    assert find_gaps(text, (), (), text.split("\n"), excerpt=False) == ()


def test_empty_fields_damage_and_excerpts() -> None:
    text = "通知\n【字号】\n启动阶段\n校“□+2”办学。\n请执行。"
    final = ["通知", "", "启动阶段", "校“□+2”办学。", "请执行。"]
    fixes = [
        Fix("lost_span", 3, "启动阶段（", "启动阶段", "damaged"),
        Fix("lost_character", 4, final[3], final[3], "damaged"),
        Fix("unbalanced", 5, final[4], final[4], "damaged"),
        Fix("widths", 5, "请执行.", final[4], "proved"),
    ]
    gaps = find_gaps(text, ("字号",), fixes, final, excerpt=True)
    assert [gap.what for gap in gaps] == [
        "“字号”空缺",
        "括号内的内容（如日期）缺失",
        "此处缺字（□）",
        "此后的正文可能缺失",
    ]
    assert [text[: gap.position][-2:] for gap in gaps] == ["知\n", "阶段", "“□", "行。"]
