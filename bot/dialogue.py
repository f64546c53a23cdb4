"""A conversation of the page as it goes on: each step of an answer, with what the page keeps of it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace

from bot.errands import Keep, Reply, Turns, keep_nothing, replies
from bot.records import Answer
from bot.render import Asked, complete, fragment, growing, turn_html
from bot.shelf import Shelf

SHOWN_KEPT = 40
PAUSE = 0.06  # seconds between two statements of an answer
_BUSY = ' aria-busy="true"'


@dataclass(frozen=True, slots=True)
class Conversation:
    """What a page keeps on the server: the turns that follow-ups lean on, the HTML shown, and how many were asked."""

    turns: Turns = ()
    shown: tuple[str, ...] = ()
    asked: int = 0
    answered: tuple[Asked, Answer] | None = None  # the last turn where it is complete

    @property
    def html(self) -> str:
        """The turns so far; one that was stopped while it was sent is busy no more."""
        return "".join(self.shown).replace(_BUSY, "")

    def with_turn(self, html: str) -> Conversation:
        """The conversation with one more turn, not complete yet."""
        return Conversation(self.turns, (*self.shown, html)[-SHOWN_KEPT:], self.asked + 1)

    def with_reply(self, html: str, asked: Asked, found: Reply) -> Conversation:
        """The conversation with one more turn and its complete answer."""
        return replace(self.with_turn(html), turns=found.turns, answered=(asked, found.answer))


@dataclass(frozen=True, slots=True)
class Step:
    """What the page shows of a turn at one moment, and the conversation with it."""

    html: str
    conversation: Conversation


def steps(shelf: Shelf, asked: Asked, before: Conversation, keep: Keep = keep_nothing) -> Iterator[Step]:
    """A turn from the question to the complete answer, statement by statement."""
    html = turn_html(asked, fragment("thinking.html", asked.language, asked=asked))
    yield Step(html, before.with_turn(html))
    shown = 0
    for found in replies(shelf, asked, before.turns, keep):
        ready = len(found.answer.statements) - found.whole  # the last statement comes with the cards
        for html in growing(found.answer, asked, shown, ready):
            yield Step(html, before.with_turn(html))
            time.sleep(PAUSE)
        shown = max(shown, ready)
    html = complete(found.answer, asked, found.receipt_id)
    yield Step(html, before.with_reply(html, asked, found))


def stopped(conversation: Conversation) -> tuple[str, Conversation]:
    """The last turn as it stands when the visitor stops it, no longer busy."""
    last = conversation.shown[-1].replace(_BUSY, "") if conversation.shown else ""
    return last, replace(conversation, shown=(*conversation.shown[:-1], last))
