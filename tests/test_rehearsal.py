"""A lexicon tried before it is used."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.answer import Answerer
from bot.rehearsal import rehearse, to_file, to_page
from index.errors import LexiconError

ASKED = "德清县躺平几时摆摊"
QUESTIONS = [ASKED, "学校午休可以收费吗"]


def test_only_questions_that_the_words_concern_change(answerer: Answerer) -> None:
    changes = rehearse(answerer, "午休服务|收费\t躺平|掏腰包\n", QUESTIONS)
    assert [c.question for c in changes] == [ASKED]
    assert changes[0].before != changes[0].after


def test_an_empty_lexicon_changes_nothing(answerer: Answerer) -> None:
    assert rehearse(answerer, "# 只有说明\n", QUESTIONS) == []


@pytest.mark.parametrize("text", ["一列\n", "\t口语\n", "甲\t乙\n甲\t乙\n"])
def test_what_is_no_lexicon_is_refused(answerer: Answerer, text: str) -> None:
    with pytest.raises(LexiconError, match="词表第"):
        rehearse(answerer, text, QUESTIONS)


_terms = st.text("甲乙丙|丁", min_size=1, max_size=6)


@given(
    st.lists(
        st.one_of(
            _terms.map("# {}".format),
            st.tuples(_terms, _terms).map("\t".join),
            st.tuples(_terms, _terms, _terms).map("\t".join),
        )
    )
)
def test_a_file_comes_back_from_the_page_as_it_was(lines: list[str]) -> None:
    text = "".join(f"{line}\n" for line in lines)
    assert to_file(to_page(text)) == text
