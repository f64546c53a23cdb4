"""Questions to go on with: for the answer they were sought for, and for no other."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from html import unescape

import pytest

from bot.answer import Answerer
from bot.dialogue import Conversation
from bot.errands import reply
from bot.offers import Latest, offers
from bot.records import Answer
from bot.render import Asked
from bot.settings import Settings
from bot.shelf import Shelf
from index.errors import LibraryError
from index.library import Library
from index.records import Place

ASKED = Asked("四川的课后服务一学期最多收多少钱")


@pytest.fixture(scope="module")
def shelf(library: Library, settings: Settings) -> Shelf:
    return Shelf(settings)


def answered(shelf: Shelf, **changes: object) -> Conversation:
    found = reply(shelf, ASKED)
    return Conversation().with_reply("", ASKED, replace(found, answer=replace(found.answer, **changes)))  # type: ignore[arg-type]


def questions(html: str) -> list[str]:
    return [unescape(found) for found in re.findall(r'data-ask="([^"]+)"', html)]


def test_each_offered_question_is_one_that_the_library_answers(shelf: Shelf) -> None:
    html = offers(shelf, answered(shelf), Latest(1))
    assert 'data-turn="t1"' in html
    assert questions(html)
    assert all(shelf.answerer.ask(question).outcome.gives_answer for question in questions(html))


def test_what_an_answer_brings_is_offered_as_it_is(shelf: Shelf) -> None:
    html = offers(shelf, answered(shelf, followups=("高中呢", '"><img src=x>')), Latest(1))
    assert questions(html) == ["高中呢", '"><img src=x>']
    assert "<img" not in html


def test_nothing_is_offered_before_an_answer_is_complete(shelf: Shelf) -> None:
    assert offers(shelf, Conversation(), Latest()) == ""
    assert offers(shelf, Conversation().with_turn("<p>半句</p>"), Latest(1)) == ""


class Overtaken(Answerer):
    """While it tries the first question to offer, the visitor asks the next one."""

    latest = Latest(1)
    tried = 0

    def offering(
        self, answer: Answer, *, place: Place | None = None, on: date | None = None
    ) -> Iterator[tuple[str, ...]]:
        for found in super().offering(answer, place=place, on=on):
            Overtaken.tried += 1
            self.latest.number = 2
            yield found


class Broken(Answerer):
    def offering(
        self, answer: Answer, *, place: Place | None = None, on: date | None = None
    ) -> Iterator[tuple[str, ...]]:
        raise LibraryError("坏了")


def shelf_of(kind: type[Answerer], settings: Settings) -> Shelf:
    class Special(Shelf):
        def answering(self, library: Library) -> Answerer:
            return kind(library, self.settings)

    return Special(settings)


def test_a_question_asked_meanwhile_ends_the_search_at_once(library: Library, settings: Settings) -> None:
    shelf = shelf_of(Overtaken, settings)
    assert offers(shelf, answered(shelf), Overtaken.latest) == ""
    assert Overtaken.tried == 1


def test_an_answer_stands_where_offering_fails(library: Library, settings: Settings) -> None:
    shelf = shelf_of(Broken, settings)
    assert offers(shelf, answered(shelf), Latest(1)) == ""
