"""What the chat page needs done, without the page: what is asked, one reply, places to choose from."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from time import perf_counter
from typing import Any

from bot import metrics
from bot.answer import Answerer
from bot.language import Language, in_script
from bot.localities import label, picked
from bot.logs import report
from bot.messages import message
from bot.pages import QUESTION_CAP, BadInput, day, place_of_visitor
from bot.records import Answer, Outcome, Question, Turn
from bot.render import Asked, fragment
from bot.shelf import Shelf
from index.errors import YoujuError
from index.records import Place
from index.tokens import visible

TURNS_KEPT = 6
Turns = tuple[Turn, ...]
Keep = Callable[[Answer, str, str], str]  # an answer, the place and the day that were chosen → the id of its receipt


@dataclass(frozen=True, slots=True)
class Reply:
    """What comes back for one message: the answer, the conversation with it, and the receipt's id where one was kept.

    Of an answer that is not `whole` more statements are to come.
    """

    answer: Answer
    turns: Turns
    receipt_id: str = ""
    whole: bool = True


def keep_nothing(_answer: Answer, _place: str, _on: str) -> str:
    """No receipt: where none are kept, an answer has no permanent link."""
    return ""


def asked_now(question: str, place: Any, on: Any, language: Language, number: int = 1) -> Asked:
    """What is asked with the present place and day; whatever a client sent in their stead counts as nothing."""
    where, when = (visible(v).strip() if isinstance(v, str) else "" for v in (place, on))
    return Asked(visible(question), _known(where[:40]), when[:10], language, number)


def reply(shelf: Shelf, asked: Asked, turns: Turns = (), keep: Keep = keep_nothing) -> Reply:
    """Answer one message of a conversation and return the conversation with it. Never raises."""
    *_, found = replies(shelf, asked, turns, keep)
    return found


def replies(shelf: Shelf, asked: Asked, turns: Turns = (), keep: Keep = keep_nothing) -> Iterator[Reply]:
    """Answer one message: the answer with the statements that are ready, as often as more are, and at last whole. Never raises."""
    text = asked.question
    try:
        if len(text) > QUESTION_CAP:
            raise BadInput(message("too_long", file="page", limit=QUESTION_CAP))
        answerer = shelf.answerer
        where = place_of_visitor(asked.place, answerer.places)
        began = perf_counter()
        answer = yield from _growing(answerer, asked, turns, where)
        metrics.answered("page", answer, began)
        receipt_id = keep(answer, asked.place, asked.on)
        known = (*turns, Turn("user", text), Turn("assistant", answer.text))[-TURNS_KEPT:]
        yield Reply(answer, known, receipt_id)
    except BadInput as error:
        yield Reply(_without(text, str(error)), turns)
    except YoujuError as error:
        yield Reply(_without(text, message("unavailable", reason=error)), turns)
    except Exception as error:
        metrics.failed()
        yield Reply(_without(text, message("asking_failed", id=report(error, "a question failed"))), turns)


def _growing(answerer: Answerer, asked: Asked, turns: Turns, where: Place | None) -> Generator[Reply, None, Answer]:
    """Replies with what is ready of an answer; returns the last, whole one. An answer of quotes is ready at once."""
    for answer in answerer.ask_stream(asked.question, history=turns, place=where, on=day(asked.on)):
        if answer.growing:
            yield Reply(answer, turns, whole=False)
    return answer


def _without(text: str, sentence: str) -> Answer:
    return Answer(Question(text, text, "any"), Outcome.UNAVAILABLE, sentence)


def opened(address: Mapping[str, str], remembered: Any, language: Language = "zh-CN") -> Asked:
    """What a page that is opened asks: what its address says, else the place and day that the browser remembers.

    `remembered` comes from the browser and may be anything. The question is empty where the address has none.
    """
    kept = remembered if isinstance(remembered, Mapping) else {}
    # An address that asks says everything, an absent place included; but for the form of the first screen, which knows no place.
    shared = bool(address.get("q")) and address.get("from") != "first"

    def value(name: str, cap: int) -> str:
        written = address.get(name, "" if shared else kept.get(name, ""))
        return visible(written).strip()[:cap] if isinstance(written, str) else ""

    on = value("on", 10)
    return Asked(visible(address.get("q", "")).strip(), _known(value("place", 40)), on if _is_day(on) else "", language)


def _known(place: str) -> str:
    """A place by its full name where it is one; other words stay, and asking will say what is wrong with them."""
    try:
        found = picked(place) or place_of_visitor(place, ())
    except BadInput:
        return place
    return found.full_name if found else ""


def remembered(asked: Asked) -> tuple[dict[str, str], str]:
    """What the browser remembers of place and day, and the address with them."""
    return {"place": asked.place, "on": asked.on}, fragment("address.html", asked.language, asked=asked)


def label_of(place: str, language: Language = "zh-CN") -> str:
    """What the list of places calls a place; other words stay as they were typed."""
    found = picked(place)
    return in_script(label(found), language) if found else place


def _is_day(written: str) -> bool:
    try:
        return bool(date.fromisoformat(written))
    except ValueError:
        return False
