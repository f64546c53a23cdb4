"""Personal numbers are taken out of what visitors typed; figures of rules stay."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.privacy import for_keeping, without_personal_numbers

CASES = json.loads(Path(__file__).with_name("cases").joinpath("privacy.json").read_text(encoding="utf8"))


@pytest.mark.parametrize(("text", "kept"), CASES["hidden"])
def test_personal_numbers_are_hidden(text: str, kept: str) -> None:
    assert for_keeping(text) == kept


@pytest.mark.parametrize("text", CASES["kept"])
def test_figures_of_rules_stay(text: str) -> None:
    assert without_personal_numbers(text) == text


@given(
    st.text(alphabet="问，的 abc", max_size=20),
    st.from_regex(r"1[3-9]\d{9}", fullmatch=True),
    st.text(alphabet="问，。的", max_size=20),
)
def test_no_mobile_number_survives_between_words(before: str, number: str, after: str) -> None:
    assert not re.search(r"\d{11}", without_personal_numbers(f"{before} {number}{after}"))


@given(st.text(max_size=300))
def test_what_is_kept_holds_no_long_number_and_nothing_invisible(text: str) -> None:
    kept = for_keeping(text)
    assert not re.search(r"[0-9]{11}", kept)
    assert all(c.isprintable() or c == "\n" for c in kept)
    assert for_keeping(kept) == kept
