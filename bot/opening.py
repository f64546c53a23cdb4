"""What the page shows before anything is asked: its frame, its first lines, its examples, and all of it until Gradio has loaded."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from functools import cache
from itertools import islice
from pathlib import Path

from markupsafe import Markup

from bot.language import LANGUAGES, PATHS, Language, in_script, said
from bot.pages import QUESTION_CAP
from bot.render import fragment
from bot.shelf import Shelf

Examples = dict[str, list[str]]  # questions by the kind of visitor who asks them
EXAMPLES_EACH, PLACES_SHOWN = 3, 6
_LANGUAGE_NAMES: dict[Language, tuple[str, str]] = {
    "zh-CN": ("简体中文", "简"),
    "zh-Hant": ("繁體中文", "繁"),
    "en": ("English", "EN"),
}


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


def first_screen(shelf: Shelf, examples: Examples, language: Language) -> str:
    """The first screen as plain HTML that asks by its address: what a visitor sees and can use until Gradio has loaded."""
    shown = Markup(welcome(shelf, language))
    home = PATHS[language]
    return fragment("first.html", language, home=home, welcome=shown, examples=examples, limit=QUESTION_CAP)


def examples(shelf: Shelf) -> dict[Language, Examples]:
    """What can be asked, in each language; a question is tried once, however many languages want to know."""
    answerer = shelf.answerer
    answers = cache(lambda question: answerer.ask(question, alone=True).outcome.gives_answer)
    return {language: example_questions(answers, language) for language in LANGUAGES}


def example_questions(answers: Callable[[str], bool], language: Language = "zh-CN") -> Examples:
    """For each kind of visitor the first questions that the library answers, English ones first for English."""
    visitors = tomllib.loads(Path(__file__).with_name("examples.toml").read_text(encoding="utf8"))["visitor"]
    shown: Examples = {}
    for visitor in visitors:
        listed = [*(visitor["english"] if language == "en" else []), *visitor["questions"]]
        questions = [in_script(q, language) for q in islice(filter(answers, listed), EXAMPLES_EACH)]
        if questions:
            shown[in_script(visitor["name_english" if language == "en" else "name"], language)] = questions
    return shown
