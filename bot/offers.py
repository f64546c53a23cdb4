"""Questions to go on with, sought after an answer is complete and dropped as soon as the next question is asked."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass

from bot.dialogue import Conversation
from bot.logs import report
from bot.pages import day, place_of_visitor
from bot.records import Answer
from bot.render import Asked, fragment
from bot.shelf import Shelf


@dataclass(slots=True)
class Latest:
    """The number of the question that a page asked last. One a page; the only thing of it that changes."""

    number: int = 0


def offers(shelf: Shelf, conversation: Conversation, latest: Latest) -> str:
    """What to ask next, as HTML; empty where nothing is offered, where no answer is complete, or where one has been asked meanwhile."""
    if conversation.answered is None:
        return ""
    asked, answer = conversation.answered
    questions: tuple[str, ...] = ()
    try:
        for found in _found(shelf, asked, answer):
            if latest.number != asked.number:
                return ""
            questions = found
    except Exception as error:  # an answer stands without offers: what went wrong is for the operator alone
        report(error, "no offers", logging.WARNING)
        return ""
    return fragment("offers.html", asked.language, asked=asked, questions=questions) if questions else ""


def _found(shelf: Shelf, asked: Asked, answer: Answer) -> Iterator[tuple[str, ...]]:
    """Those that the answer brings, else those that the library answers, growing. Takes as long as asking them."""
    if answer.followups:
        yield answer.followups
        return
    answerer = shelf.answerer
    where = place_of_visitor(asked.place, answerer.places)
    yield from answerer.offering(answer, place=where, on=day(asked.on))
