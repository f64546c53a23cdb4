"""What the chat page needs done, without the page: its first lines, its examples, one reply, places to choose from."""

from __future__ import annotations

import logging
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any

from markupsafe import Markup

from bot.language import LANGUAGES, PATHS, Language, in_script, said
from bot.localities import Choice, choices, picked
from bot.messages import message
from bot.pages import QUESTION_CAP, BadInput, day, place_of_visitor
from bot.records import Answer, Outcome, Question, Turn
from bot.render import Asked, fragment
from bot.shelf import Shelf
from index.errors import YoujuError

_log = logging.getLogger("youju")
EXAMPLES_EACH, PLACES_SHOWN, TURNS_KEPT, SHOWN_KEPT = 3, 6, 6, 40
_BUSY = ' aria-busy="true"'
_LANGUAGE_NAMES: dict[Language, tuple[str, str]] = {
    "zh-CN": ("简体中文", "简"),
    "zh-Hant": ("繁體中文", "繁"),
    "en": ("English", "EN"),
}

Turns = tuple[Turn, ...]
Keep = Callable[[Answer, str, str], str]  # an answer, the place and the day that were chosen → the id of its receipt


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
class Reply:
    """What comes back for one message: the answer, the conversation with it, and the receipt's id where one was kept."""

    answer: Answer
    turns: Turns
    receipt_id: str = ""


def keep_nothing(_answer: Answer, _place: str, _on: str) -> str:
    """No receipt: where none are kept, an answer has no permanent link."""
    return ""


def frame(language: Language) -> str:
    """What stands around every tab: brand, languages, history, display, the source panel and the notice of trouble."""
    languages = [(code, PATHS[code], *_LANGUAGE_NAMES[code]) for code in LANGUAGES]
    return fragment("frame.html", language, home=PATHS[language], languages=languages)


def welcome(shelf: Shelf, language: Language = "zh-CN") -> str:
    """The first lines of the page: what it answers from and how current that is."""
    answerer = shelf.answerer
    names = [in_script(p.name, language) for p in answerer.places]
    places = (", " if language == "en" else "、").join(names[:PLACES_SHOWN]) or said("nationwide", language)
    if len(names) > PLACES_SHOWN:
        places = said("places_more", language, places=places, count=len(names))
    samples = said("samples", language) if shelf.settings.uses_samples else ""
    info = answerer.info
    return fragment(
        "welcome.html", language, documents=info.documents, places=places, built=info.built[:10], samples=samples
    )


def first_screen(shelf: Shelf, examples: Mapping[str, list[str]], language: Language) -> str:
    """The first screen as plain HTML that asks by its address: what a visitor sees and can use until Gradio has loaded."""
    shown = Markup(welcome(shelf, language))
    home = PATHS[language]
    return fragment("first.html", language, home=home, welcome=shown, examples=examples, limit=QUESTION_CAP)


def answerable(shelf: Shelf) -> Callable[[str], bool]:
    """Whether the library in use answers a question; each is asked once, however many languages want to know."""
    answerer = shelf.answerer
    return cache(lambda question: answerer.ask(question).outcome.gives_answer)


def example_questions(answers: Callable[[str], bool], language: Language = "zh-CN") -> dict[str, list[str]]:
    """For each kind of visitor the first questions that the library answers, English ones first for English."""
    visitors = tomllib.loads(Path(__file__).with_name("examples.toml").read_text(encoding="utf8"))["visitor"]
    shown: dict[str, list[str]] = {}
    for visitor in visitors:
        listed = [*(visitor["english"] if language == "en" else []), *visitor["questions"]]
        questions = [in_script(q, language) for q in islice(filter(answers, listed), EXAMPLES_EACH)]
        if questions:
            shown[in_script(visitor["name_english" if language == "en" else "name"], language)] = questions
    return shown


def asked_now(
    question: str, place: Any, on: Any, language: Language, conversation: Conversation | None = None
) -> Asked:
    """What is asked with the present place and day; whatever a client sent in their stead counts as nothing."""
    number = conversation.asked + 1 if conversation else 1
    where = place.strip()[:40] if isinstance(place, str) else ""
    return Asked(question, _known(where), on.strip()[:10] if isinstance(on, str) else "", language, number)


def reply(shelf: Shelf, asked: Asked, turns: Turns = (), keep: Keep = keep_nothing) -> Reply:
    """Answer one message of a conversation and return the conversation with it. Never raises."""
    text = asked.question
    try:
        if len(text) > QUESTION_CAP:
            raise BadInput(message("too_long", file="page", limit=QUESTION_CAP))
        answerer = shelf.answerer
        where = place_of_visitor(asked.place, answerer.places)
        answer = answerer.ask(text, history=turns, place=where, on=day(asked.on))
        receipt_id = keep(answer, asked.place, asked.on)
    except BadInput as error:
        return Reply(_without(text, str(error)), turns)
    except YoujuError as error:
        return Reply(_without(text, message("unavailable", reason=error)), turns)
    except Exception as error:
        # The last line before the visitor: the kind of error is logged, never the question (it may hold personal data).
        _log.error("a question failed: %s", type(error).__name__, exc_info=_log.isEnabledFor(logging.DEBUG))
        return Reply(_without(text, message("asking_failed")), turns)
    return Reply(answer, (*turns, Turn("user", text), Turn("assistant", answer.text))[-TURNS_KEPT:], receipt_id)


def stopped(conversation: Conversation) -> tuple[str, Conversation]:
    """The last turn as it stands when the visitor stops it, no longer busy."""
    last = conversation.shown[-1].replace(_BUSY, "") if conversation.shown else ""
    return last, replace(conversation, shown=(*conversation.shown[:-1], last))


def _without(text: str, sentence: str) -> Answer:
    return Answer(Question(text, text, "any"), Outcome.UNAVAILABLE, sentence)


def opened(address: Mapping[str, str], remembered: Any, language: Language = "zh-CN") -> Asked:
    """What a page that is opened asks: what its address says, else the place and day that the browser remembers.

    `remembered` comes from the browser and may be anything. The question is empty where the address has none.
    """
    kept = remembered if isinstance(remembered, Mapping) else {}
    shared = bool(address.get("q"))  # an address that asks says everything, an absent place included

    def value(name: str, cap: int) -> str:
        written = address.get(name, "" if shared else kept.get(name, ""))
        return written.strip()[:cap] if isinstance(written, str) else ""

    on = value("on", 10)
    return Asked(address.get("q", "").strip(), _known(value("place", 40)), on if _is_day(on) else "", language)


def _known(place: str) -> str:
    """A place by its full name where it is one; other words stay, and asking will say what is wrong with them."""
    try:
        found = picked(place) or place_of_visitor(place, ())
    except BadInput:
        return place
    return found.full_name if found else ""


def choice_of(place: str) -> str:
    """What the list of places calls a place: its code; other words stay as they were typed."""
    found = picked(place)
    return found.adcode if found else place


def _is_day(written: str) -> bool:
    try:
        return bool(date.fromisoformat(written))
    except ValueError:
        return False


def place_choices(shelf: Shelf, language: Language = "zh-CN") -> list[Choice]:
    """Every place to choose from, labelled in the reader's script, the library's own first; "" for none."""
    offered = choices(shelf.answerer.places)
    return [(said("anywhere", language), ""), *((in_script(label, language), name) for label, name in offered)]
