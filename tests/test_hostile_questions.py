"""Whatever is typed, asking and looking up give an answer: syntax of search engines, of SQL, of templates, odd characters, noise."""

from __future__ import annotations

import json
import random
import unicodedata
from pathlib import Path

import pytest

from bot.answer import Answerer
from bot.errands import asked_now
from bot.find import Finder
from bot.pages import QUESTION_CAP
from bot.records import Outcome
from index.library import Library
from index.repair.blanks import INVISIBLE
from index.tokens import visible
from tests.thorough import THOROUGH

HOSTILE: list[str] = json.loads(
    Path(__file__).with_name("cases").joinpath("hostile_questions.json").read_text(encoding="utf8")
)
# What engines, databases and templates give a meaning to, and what questions are made of.
PIECES = [
    *"\"'()[]{}*?+-^~:/\\|&!%_;,.<>=@#$`", "AND", "OR", "NOT", "NEAR", "TO", "补贴", "津贴", "教师", "第", "条", "款", "项", "〔2026〕", "号", "《",
    "》", "三台县", "德清县", "2026", "年", "元", "每月", "多少", "吗", " ", "\n", "\t", "\x00", "\u200b", "\u202e", "\ud800", "𠮷", "é", "٣", "一百", "0",
]  # fmt: skip


def noise(count: int, seed: int = 7) -> list[str]:
    """Questions at random: half of pieces that mean something, half of any characters."""
    chance = random.Random(seed)
    made = []
    for i in range(count):
        length = min(QUESTION_CAP, int(chance.expovariate(1 / 12)) + 1)
        if i % 2:
            made.append("".join(chance.choice(PIECES) for _ in range(length)))
        else:
            made.append("".join(chr(chance.choice((chance.randrange(0x250), chance.randrange(0x3000, 0xA000), chance.randrange(0x110000)))) for _ in range(length)))  # fmt: skip
    return made


@pytest.fixture(scope="module")
def finder(library: Library) -> Finder:
    return Finder(library)


def test_each_hostile_question_is_answered(answerer: Answerer, finder: Finder) -> None:
    assert len(HOSTILE) >= 30
    for question in HOSTILE:
        answer = answerer.ask(question, alone=True)
        assert isinstance(answer.outcome, Outcome) and answer.outcome is not Outcome.UNAVAILABLE
        assert finder.search(question).total >= 0


def test_questions_of_noise_are_answered(answerer: Answerer, finder: Finder) -> None:
    for number, question in enumerate(noise(1000 if THOROUGH else 200)):
        typed = asked_now(question, question[:40], question[:10], "zh-CN")
        assert finder.search(question).total >= 0
        assert isinstance(answerer.ask(question if number % 2 else typed.question).outcome, Outcome)


def test_nothing_unseen_is_left_of_what_was_typed() -> None:
    unseen = [
        chr(c) for c in range(0x110000) if INVISIBLE.match(chr(c)) or unicodedata.category(chr(c)) in ("Cf", "Cs")
    ]
    assert len(unseen) > 4000
    assert visible("补" + "".join(unseen) + "贴") == "补贴"
    asked = asked_now("补" + "".join(unseen) + "贴", "\u200b德清县\u202e", "\u20662026-11-21\u2069", "zh-CN")
    assert (asked.question, asked.place, asked.on) == ("补贴", "浙江省湖州市德清县", "2026-11-21")
