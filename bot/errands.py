"""What the chat page needs done, without the page: its first lines, its examples, one reply, one look-up, the list."""

from __future__ import annotations

import logging
import tomllib
from pathlib import Path

from bot.messages import message
from bot.pages import QUESTION_CAP, BadInput, day, document_rows, place_of_visitor
from bot.records import Answer, Outcome, Question, Turn
from bot.render import fragment, sections_html
from bot.shelf import Shelf
from index.errors import YoujuError

_log = logging.getLogger("youju")
EXAMPLES_EACH, PLACES_SHOWN, TURNS_KEPT, ROWS_SHOWN = 3, 6, 6, 100

Turns = tuple[Turn, ...]


def welcome(shelf: Shelf) -> str:
    """The first lines of the page: what it answers from and how current that is."""
    answerer = shelf.answerer
    names = [p.name for p in answerer.places]
    places = "、".join(names[:PLACES_SHOWN]) or message("nationwide", file="page")
    if len(names) > PLACES_SHOWN:
        places = message("places_more", file="page", places=places, count=len(names))
    samples = message("samples", file="page") if shelf.settings.uses_samples else ""
    info = answerer.info
    return fragment("welcome.html", documents=info.documents, places=places, built=info.built[:10], samples=samples)


def example_questions(shelf: Shelf) -> dict[str, list[str]]:
    """For each kind of visitor the first questions that the library in use can answer."""
    visitors = tomllib.loads(Path(__file__).with_name("examples.toml").read_text(encoding="utf8"))["visitor"]
    answerer = shelf.answerer
    shown: dict[str, list[str]] = {}
    for visitor in visitors:
        answered = (q for q in visitor["questions"] if answerer.ask(q).outcome.gives_answer)
        questions = [q for q, _ in zip(answered, range(EXAMPLES_EACH), strict=False)]
        if questions:
            shown[visitor["name"]] = questions
    return shown


def reply(shelf: Shelf, text: str, turns: Turns, place: str, on: str) -> tuple[Answer, Turns]:
    """Answer one message of a conversation and return the conversation with it. Never raises."""
    try:
        if len(text) > QUESTION_CAP:
            raise BadInput(message("too_long", file="page", limit=QUESTION_CAP))
        answerer = shelf.answerer
        where = place_of_visitor(place, answerer.places)
        answer = answerer.ask(text, history=turns, place=where, on=day(on))
    except BadInput as error:
        return _without(text, str(error)), turns
    except YoujuError as error:
        return _without(text, message("unavailable", reason=error)), turns
    except Exception as error:
        # The last line before the visitor: the kind of error is logged, never the question (it may hold personal data).
        _log.error("a question failed: %s", type(error).__name__, exc_info=_log.isEnabledFor(logging.DEBUG))
        return _without(text, message("asking_failed")), turns
    return answer, (*turns, Turn("user", text), Turn("assistant", answer.text))[-TURNS_KEPT:]


def _without(text: str, sentence: str) -> Answer:
    return Answer(Question(text, text, "any"), Outcome.UNAVAILABLE, sentence)


def look_up_sections(shelf: Shelf, query: str) -> str:
    """The sections found for a query, as HTML."""
    query = query.strip()[:QUESTION_CAP]
    try:
        found = shelf.finder.find(query)
    except YoujuError as error:
        return sections_html(message("unavailable", reason=error), (), query)
    key = "found" if found else "found_nothing" if query else "find_hint"
    return sections_html(message(key, file="page", count=len(found)), found, query)


def library_list(shelf: Shelf) -> str:
    """The documents of the library, as HTML."""
    answerer = shelf.answerer
    rows = document_rows(answerer.library, answerer.superseded, limit=ROWS_SHOWN)
    return fragment("library.html", rows=rows, shown=len(rows), count=answerer.info.documents)
