from __future__ import annotations

import re
from pathlib import Path

import pytest

from bot.messages import message
from index.llm.failures import SENTENCES

PROMPTS = Path(__file__).resolve().parent.parent / "prompts"


def sections(name: str) -> dict[str, set[str]]:
    parts = re.split(r"^## +(\S+) *$", (PROMPTS / name).read_text(encoding="utf8"), flags=re.MULTILINE)
    return {key: set(re.findall(r"{(\w+)}", body)) for key, body in zip(parts[1::2], parts[2::2], strict=True)}


def test_english_messages_have_the_keys_and_variables_of_the_chinese_ones() -> None:
    chinese, english = sections("messages.md"), sections("messages.en.md")
    assert {key: chinese.get(key) for key in english} == english


def test_every_outcome_has_its_english_frame() -> None:
    frames = {"not_found", "not_found_nearest", "not_found_advice", "elsewhere", "out_of_scope", "refused", "clarify"}
    assert frames | {"lookup_document", "unavailable"} <= sections("messages.en.md").keys()


def test_every_failure_of_a_language_model_has_its_note() -> None:
    notes = {f"model_{reason}" for reason in SENTENCES}
    assert notes <= sections("messages.md").keys() & sections("messages.en.md").keys()
    assert all("没有用语言模型" in message(note) for note in notes)


def test_a_message_that_has_no_english_form_stays_chinese() -> None:
    assert message("closed_route", script="english") == "这个地址没有开放。"
    assert message("refused", script="english").startswith("I do one thing")


def test_an_unknown_key_or_a_missing_variable_raises() -> None:
    with pytest.raises(KeyError):
        message("nothing")
    with pytest.raises(KeyError):
        message("elsewhere")
