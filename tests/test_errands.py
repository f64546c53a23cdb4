"""What the chat page needs done, without the page."""

from __future__ import annotations

from functools import partial

import pytest

from bot.errands import (
    asked_now,
    label_of,
    opened,
    remembered,
    replies,
    reply,
)
from bot.receipts import save_receipt
from bot.records import Answer, Outcome
from bot.render import Asked
from bot.settings import Settings
from bot.shelf import Shelf
from index.errors import YoujuError
from index.library import Library


@pytest.fixture(scope="module")
def shelf(library: Library, settings: Settings) -> Shelf:
    return Shelf(settings)


def test_a_conversation_keeps_its_turns(shelf: Shelf) -> None:
    first = reply(shelf, Asked("德清县随迁子女什么时候报名"))
    assert first.answer.outcome is Outcome.ANSWERED
    assert [t.role for t in first.turns] == ["user", "assistant"]
    second = reply(shelf, Asked("那户籍学生呢"), first.turns)
    assert [t.content for t in second.turns if t.role == "user"] == ["德清县随迁子女什么时候报名", "那户籍学生呢"]


@pytest.mark.parametrize(
    ("text", "place", "on", "sentence"),
    [
        ("问" * 501, "", "", "问题太长，请写在 500 字以内。"),
        ("午休收费吗", "火星", "", "没有认出“火星”是哪里，请写全称，例如：绵阳市三台县。"),
        ("午休收费吗", "", "昨天", "日期请写成 2026-11-21 这样的形式。"),
    ],
)
def test_what_a_visitor_got_wrong_is_answered_in_a_sentence(
    shelf: Shelf, text: str, place: str, on: str, sentence: str
) -> None:
    found = reply(shelf, Asked(text, place, on))
    assert (found.answer.outcome, found.answer.text, found.turns) == (Outcome.UNAVAILABLE, sentence, ())


def test_an_answer_that_is_kept_has_its_receipt(shelf: Shelf) -> None:
    kept: list[Answer] = []

    def keep(answer: Answer, place: str, on: str) -> str:
        kept.append(answer)
        return f"r1 {place} {on}".strip()

    found = reply(shelf, Asked("学校午休可以收费吗"), keep=keep)
    assert (found.receipt_id, kept) == ("r1", [found.answer])
    assert reply(shelf, Asked("午休", "四川省", "2026-01-01"), keep=keep).receipt_id == "r1 四川省 2026-01-01"
    assert reply(shelf, Asked("午休", on="昨天"), keep=keep).receipt_id == ""


def test_an_answer_of_quotes_comes_once(shelf: Shelf) -> None:
    (found,) = replies(shelf, Asked("学校午休可以收费吗"))
    assert found.whole and found.answer.outcome is Outcome.ANSWERED


def test_where_the_receipt_cannot_be_kept_the_visitor_is_told(shelf: Shelf) -> None:
    class DiskFull(YoujuError):
        pass

    def keep(_answer: Answer, _place: str, _on: str) -> str:
        raise DiskFull("磁盘已满")

    assert reply(shelf, Asked("学校午休可以收费吗"), keep=keep).answer.text == "暂时不能作答：磁盘已满"


def test_an_address_that_asks_says_everything() -> None:
    remembered = {"place": "四川省", "on": "2025-01-01"}
    assert opened({"q": " 午休收费吗 "}, remembered) == Asked("午休收费吗")
    shared = opened({"q": "午休", "place": "永安市", "on": "2026-01-01"}, remembered)
    assert (shared.place, shared.on) == ("福建省三明市永安市", "2026-01-01")


def test_what_is_chosen_is_remembered_and_stands_in_the_address() -> None:
    memory, address = remembered(asked_now("", "350481", "2026-01-01", "en"))
    assert opened({}, memory).place == memory["place"] == "福建省三明市永安市"
    assert "/en?place=%E7%A6%8F" in address and "on=2026-01-01" in address


def test_without_a_question_the_browsers_memory_counts() -> None:
    remembered = {"place": "四川省", "on": "2025-01-01"}
    assert opened({}, remembered) == Asked("", "四川省", "2025-01-01")
    assert opened({"place": "德清县"}, remembered).place == "浙江省湖州市德清县"


def test_the_first_screens_form_leaves_place_and_day_to_the_browser() -> None:
    kept = {"place": "四川省绵阳市", "on": "2026-01-01"}
    assert opened({"q": "问", "from": "first"}, kept) == Asked("问", "四川省绵阳市", "2026-01-01")
    assert opened({"q": "问", "from": "first", "place": "浙江省"}, kept).place == "浙江省"
    assert opened({"q": "问"}, kept) == Asked("问")


@pytest.mark.parametrize(
    "remembered", [None, "x", [1], {"place": 3, "on": {"a": 1}}, {"on": "昨天"}, {"path": "/etc/passwd"}]
)
def test_whatever_the_browser_remembers_does_no_harm(remembered: object) -> None:
    assert opened({}, remembered) == Asked("")


@pytest.mark.parametrize(
    "typed", ["350481", "永安市（福建·三明）", "永安市(福建·三明)", "福建省三明市永安市", "永安市", "福建永安"]
)
def test_a_place_is_known_by_code_label_or_name(typed: str) -> None:
    asked = asked_now("问", typed, "", "zh-CN")
    assert (asked.place, label_of(asked.place)) == ("福建省三明市永安市", "永安市（福建·三明）")


def test_words_that_name_no_place_stay_as_they_were_typed() -> None:
    assert asked_now("问", "火星", "", "zh-CN").place == label_of("火星") == "火星"


@pytest.mark.parametrize("sent", [None, {"path": "/etc/passwd"}, ["x"], 3])
def test_what_is_no_text_counts_as_nothing(sent: object) -> None:
    assert asked_now("问", sent, sent, "zh-CN") == Asked("问")


def test_a_place_has_its_name_in_the_readers_script(shelf: Shelf) -> None:
    assert label_of("四川省绵阳市", "zh-Hant") == "綿陽市（四川）"
    assert asked_now("问", "綿陽市（四川）", "", "zh-Hant").place == "四川省绵阳市"


def test_an_answer_on_the_page_has_a_receipt_that_can_be_opened(shelf: Shelf) -> None:
    answered = reply(shelf, Asked("三台三类学校的老师一个月补多少"), keep=partial(save_receipt, shelf))
    assert answered.receipt_id
    receipt = shelf.journal.receipt(answered.receipt_id)
    assert receipt is not None
    assert any("900元" in statement.text for statement in receipt.statements)
