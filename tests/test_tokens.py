"""Folding and cutting: the same terms for a text and for any way of typing it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.repair.script import settled, simplified
from index.tokens import fold, grams

HAN = st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FA5), max_size=20)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("義務教育", "义务教育"),
        ("着力發展", "着力发展"),
        ("著力發展", "着力发展"),
        ("Ｗｉ－Ｆｉ", "wi-fi"),
        ("教 师　待 遇", "教师待遇"),
        ("晋教〔２０２１〕５号", "晋教〔2021〕5号"),
    ],
)
def test_spellings_of_one_word_fold_alike(typed: str, meant: str) -> None:
    assert fold(typed) == fold(meant)


@pytest.mark.parametrize("text", ["显著提高", "著作权", "PISA 2022", "第5条"])
def test_what_must_stay(text: str) -> None:
    assert fold(text) == text.lower()


@given(st.text("".join(sorted(settled()))[::40] + "，。：（）％…〇·《》 \u3000\nabcABC129%.", max_size=40))
def test_plain_texts_fold_as_any_other(text: str) -> None:
    assert fold(text) == fold(f"{text}覆").removesuffix("覆").strip()


def test_settled_characters_stay_in_any_phrase() -> None:
    assert simplified(settled()) == settled()
    assert not set("覆沈著後乾") & set(settled())


def test_figures_and_latin_words_stay_whole() -> None:
    assert grams("2022年 PISA 按6:4分担，约4.5%") == [
        "2022", "年", "pisa", "按", "6:4", "分", "分担", "担", "约", "4.5",
    ]  # fmt: skip


@pytest.mark.parametrize("text", ["", "  ", "，。！", "\x00\u200b"])
def test_text_without_words_has_no_terms(text: str) -> None:
    assert grams(text) == []


@given(st.text(max_size=60))
def test_folding_twice_changes_nothing_for_search(text: str) -> None:
    assert grams(fold(text)) == grams(text)


@given(HAN, HAN, HAN)
def test_terms_of_a_part_are_terms_of_the_whole(before: str, part: str, after: str) -> None:
    folded = fold(part)
    if fold(before + part + after) == fold(before) + folded + fold(after):  # OpenCC may read phrases across the seams
        assert set(grams(folded)) <= set(grams(before + part + after))


@given(HAN)
def test_terms_can_be_stored_between_blanks(text: str) -> None:
    assert " ".join(grams(text)).split() == grams(text)
