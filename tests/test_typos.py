from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from bot.lexicon import load_lexicon
from bot.typos import Speller
from index.tokens import fold

CASES: dict[str, list[Any]] = json.loads((Path(__file__).parent / "cases" / "typos.json").read_text(encoding="utf8"))


@pytest.fixture(scope="module")
def speller() -> Speller:
    return Speller(load_lexicon().formal, CASES["library"])


@pytest.mark.parametrize(("typed", "meant"), CASES["typos"])
def test_typos_by_sound_and_shape(speller: Speller, typed: str, meant: str) -> None:
    assert speller.correct(typed) == meant


@pytest.mark.parametrize("right", CASES["right"])
def test_words_that_are_right_stay(speller: Speller, right: str) -> None:
    assert speller.correct(fold(right)) == fold(right)


def test_words_of_the_library_are_known_too() -> None:
    assert Speller([]).correct("集团化办雪") == "集团化办雪"
    assert Speller([], ["推进集团化办学"]).correct("集团化办雪") == "集团化办学"
