"""Whatever text reaches repair, documents, understanding and look-up: what must hold holds, in time for its length."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.answer import Answerer
from tests.fuzz_targets import LONGEST_QUESTION, READY, TARGETS, TooSlow, within
from tests.test_fuzz_files import PIECES

CASES = json.loads(Path(__file__).with_name("cases").joinpath("fuzz.json").read_text(encoding="utf8"))
STAGES = [name for name in TARGETS if name != "read"]  # files: test_fuzz_files
# What mirrors, converters and scans leave of policies, and what people type.
DAMAGED = (
    "2021202", "20212025年", "?!?+2”", "“□+2”", "补助(", "）。（", "(单位:元", "202120号", "渝教发〔2021120号", "着作權", "教(jiao)师", "□□□元",
    "三 、", "第 一 条", "第二条之一", "专栏 1", "专栏2|", "|小学|720|", "12项", "34门", "５０％", "１.５万元", "十二万零三百", "二〇二四年", "德清县", "重庆市永川区",
    "多少钱", "怎么报名", "第三条第二款第（一）项", "晋教〔2021〕5号", "96年那版", "那第二款呢", "what is the allowance", "\x00", "\x1b[31m", "\u2028", "\ufeff", "\ufffe", "𠮷", "\u0301",
)  # fmt: skip
texts = st.one_of(
    st.lists(st.sampled_from((*PIECES, *DAMAGED)), max_size=60).map("".join),
    st.text(max_size=200),
    st.tuples(st.sampled_from((*PIECES, *DAMAGED)), st.integers(1, 200), st.sampled_from(PIECES)).map(
        lambda made: made[0] * made[1] + made[2]
    ),
)
# FUZZ=5000 looks for what the same few examples of every run do not show.
bounded = settings(
    max_examples=int(os.environ.get("FUZZ", "60")),
    derandomize="FUZZ" not in os.environ,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)


@pytest.fixture(scope="module", autouse=True)
def loaded(answerer: Answerer) -> None:
    """What is loaded at first use is no part of an input's time."""
    READY.append(answerer)
    for stage in STAGES:
        TARGETS[stage]("第一条 教师\n奖励".encode())


@pytest.mark.parametrize("stage", STAGES)
@bounded
@given(text=texts)
def test_what_must_hold_holds_of_any_text(stage: str, text: str) -> None:
    with within():
        TARGETS[stage](text.encode("utf8", "ignore"))


@pytest.mark.parametrize("piece", [*PIECES, *DAMAGED, "的", "（一", "〔", "一二", "a.", "1,", "|1|\n", "\n1.", "，。"])
@pytest.mark.parametrize("stage", STAGES)
def test_a_pattern_repeated_is_no_trap(stage: str, piece: str) -> None:
    """Ten thousand characters of one pattern: what grows faster than its length does not end in time."""
    length = LONGEST_QUESTION if stage in ("understand", "find") else 10_000
    with within():
        TARGETS[stage]((piece * (length // len(piece))).encode("utf8", "ignore"))


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['target']}: {case['why']}")
def test_what_once_failed(case: dict[str, str]) -> None:
    with within():
        TARGETS[case["target"]](case["text"].encode())


def test_what_takes_too_long_fails() -> None:
    with pytest.raises(TooSlow), within(1):
        while True:
            pass
