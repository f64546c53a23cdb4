"""What the page shows before anything is asked."""

from __future__ import annotations

import pytest

from bot.language import LANGUAGES
from bot.opening import example_questions, examples, first_screen, frame, welcome
from bot.settings import Settings
from bot.shelf import Shelf
from index.library import Library


@pytest.fixture(scope="module")
def shelf(library: Library, settings: Settings) -> Shelf:
    return Shelf(settings)


def test_only_questions_that_the_library_answers_are_offered(shelf: Shelf) -> None:
    shown = examples(shelf)
    assert list(shown["zh-CN"]) == ["教师", "家长", "工作人员"]
    assert all(shelf.answerer.ask(q).outcome.gives_answer for questions in shown["zh-CN"].values() for q in questions)
    assert list(shown["en"]) == ["Teachers", "Parents", "Staff"]
    assert example_questions(lambda _: False) == {}


def test_the_first_lines_say_what_is_answered_from(shelf: Shelf, library: Library) -> None:
    html = welcome(shelf)
    assert f"依据文件库里的 {len(library.documents())} 份文件回答" in html
    assert f"更新于 {library.manifest.created[:10]}" in html
    assert "现在用的是示例文件" in html
    assert "依據文件庫" in welcome(shelf, "zh-Hant")
    assert "Answers come only from the" in welcome(shelf, "en")


def test_the_first_screen_asks_by_its_address(shelf: Shelf) -> None:
    html = first_screen(shelf, {"Parents": ['"><b>午休']}, "en")
    assert '<form action="/en"><input type="hidden" name="from" value="first"><input name="q"' in html
    assert '<a class="example" href="/en?q=%22%3E%3Cb%3E%E5%8D%88%E4%BC%91">' in html
    assert "<b>" not in html


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_frame_leads_to_every_language_and_says_which_one_this_is(language: str) -> None:
    html = frame(language)  # type: ignore[arg-type]
    assert html.count("data-language=") == len(LANGUAGES)
    assert html.count('aria-current="true"') == 1
    assert f'data-language="{language}" aria-label=' in html
