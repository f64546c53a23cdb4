"""Paragraphs put together again, and ordinary pages left alone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.layout import mend_page_breaks, one_sentence_a_line, rejoin

CASES: dict[str, Any] = json.loads((Path(__file__).parent / "cases" / "layout.json").read_text(encoding="utf8"))
PIECES = st.sampled_from(
    [
        "一、",
        "（二）",
        "3.",
        "——",
        "总体目标",
        "学校",
        "办学。",
        "”",
        "（责任单位：省教育厅）",
        "2.0",
        "第三条 ",
        "《标准》",
        "，",
        "99%",
    ]
)


@pytest.mark.parametrize("case", CASES["rejoin"], ids=lambda case: case["why"])
def test_sentences_become_paragraphs(case: dict[str, Any]) -> None:
    assert rejoin(case["lines"]) == case["paragraphs"]


@pytest.mark.parametrize("lines", CASES["rejoin_must_not_change"], ids=lambda lines: lines[0][:12])
def test_rejoin_leaves_alone(lines: list[str]) -> None:
    assert rejoin(lines) == lines


@pytest.mark.parametrize("case", CASES["mend"], ids=lambda case: case["why"])
def test_torn_paragraphs_are_mended(case: dict[str, Any]) -> None:
    assert mend_page_breaks(case["lines"]) == case["paragraphs"]


@pytest.mark.parametrize("lines", CASES["mend_must_not_change"], ids=lambda lines: lines[0][:12])
def test_mend_leaves_alone(lines: list[str]) -> None:
    assert mend_page_breaks(lines) == lines


@given(st.lists(st.lists(PIECES, min_size=1, max_size=8).map("".join), max_size=8))
def test_no_character_is_lost_or_moved(lines: list[str]) -> None:
    paragraphs = rejoin(lines)
    assert "".join(paragraphs) == "".join(lines)
    assert all(paragraphs)


def test_only_torn_pages_are_rejoined() -> None:
    torn = CASES["rejoin"][0]["lines"] + [f"学校应当做好第{n}项工作，确保落实到位。" for n in range(8)]
    law = [f"第{n}条 学校应当做好本校各项工作，确保落实到位。" for n in "一二三四五六七八九"]
    assert one_sentence_a_line([line for line in torn if line])
    assert not one_sentence_a_line(law)
    assert not one_sentence_a_line([])
