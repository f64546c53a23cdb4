"""How a conversation of the page goes on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Unpack

import pytest

from bot.answer import Answerer, Asking
from bot.dialogue import SHOWN_KEPT, Conversation, steps, stopped
from bot.errands import reply
from bot.records import Answer
from bot.render import Asked
from bot.settings import Settings
from bot.shelf import Shelf
from index.errors import LibraryError
from index.library import Library


@pytest.fixture(scope="module")
def shelf(library: Library, settings: Settings) -> Shelf:
    return Shelf(settings)


def test_a_turn_grows_from_the_question_to_the_complete_answer(shelf: Shelf) -> None:
    before = Conversation(shown=("<p>早先</p>",), asked=1)
    thinking, *growing, complete = steps(shelf, Asked("学校午休可以收费吗", number=2), before, lambda *_: "r1")
    assert "正在查找文件" in thinking.html
    assert all('aria-busy="true"' in step.html for step in (thinking, *growing))
    assert "aria-busy" not in complete.html and 'href="/a/r1"' in complete.html
    assert complete.conversation.html == f"<p>早先</p>{complete.html}"
    statements = [step.html.count('class="statement"') for step in (*growing, complete)]
    assert statements == list(range(1, len(statements) + 1))
    assert {step.conversation.asked for step in (thinking, *growing, complete)} == {2}


class Growing(Answerer):
    """Says its statements one by one."""

    def ask_stream(self, text: str, **asked: Unpack[Asking]) -> Iterator[Answer]:
        *_, whole = super().ask_stream(text, **asked)
        for ready in range(1, len(whole.statements)):
            yield replace(whole, statements=whole.statements[:ready], growing=True)
        if "错" in text:
            raise LibraryError("坏了")
        yield whole


class GrowingShelf(Shelf):
    def answering(self, library: Library) -> Answerer:
        return Growing(library, self.settings)


def test_what_is_ready_of_a_growing_answer_is_shown_and_kept_when_it_is_whole(
    library: Library, settings: Settings
) -> None:
    kept: list[Answer] = []
    asked = Asked("随迁子女什么时候报名")
    *growing, last = steps(
        GrowingShelf(settings), asked, Conversation(), lambda answer, *_: str(kept.append(answer) or "r1")
    )
    assert [step.html.count('class="statement"') for step in (*growing, last)] == [0, 1, 2]
    assert [step.conversation.turns for step in growing] == [()] * 2
    assert (len(kept), len(kept[0].statements), len(last.conversation.turns)) == (1, 2, 2)
    assert last.conversation.answered == (asked, kept[0])


def test_an_answer_that_breaks_off_is_told(library: Library, settings: Settings) -> None:
    *_, last = steps(GrowingShelf(settings), Asked("随迁子女什么时候报名，错"), Conversation())
    assert "暂时不能作答：坏了" in last.html
    assert last.conversation.turns == ()


def test_a_conversation_shows_its_last_turns_and_counts_all() -> None:
    conversation = Conversation()
    for number in range(1, SHOWN_KEPT + 6):
        conversation = conversation.with_turn(f"<p>{number}</p>")
        assert conversation.asked == number
    assert len(conversation.shown) == SHOWN_KEPT
    assert conversation.html.endswith(f"<p>{SHOWN_KEPT + 5}</p>")


def test_a_stopped_turn_is_no_longer_busy() -> None:
    html, conversation = stopped(Conversation().with_turn('<div class="answer" aria-busy="true">半句</div>'))
    assert html == conversation.html == '<div class="answer">半句</div>'
    assert stopped(Conversation())[0] == ""
    assert Conversation().with_turn('<div aria-busy="true"></div>').html == "<div></div>"


def test_only_a_complete_turn_counts_as_answered(shelf: Shelf) -> None:
    asked = Asked("学校午休可以收费吗")
    found = reply(shelf, asked)
    under_way = Conversation().with_turn("<p>半句</p>")
    assert (under_way.answered, under_way.turns, under_way.asked) == (None, (), 1)
    complete = Conversation().with_reply("<p>整句</p>", asked, found)
    assert (complete.answered, complete.turns, complete.asked) == ((asked, found.answer), found.turns, 1)
