"""The page in three languages."""

from __future__ import annotations

import re

import pytest
from markupsafe import Markup

from bot.language import LANGUAGES, PATHS, in_script, language_of, local, said, translated
from bot.messages import message, wordings


@pytest.mark.parametrize("name", ["page", "messages", "receipt"])
def test_every_english_text_stands_for_a_chinese_one_with_the_same_variables(name: str) -> None:
    chinese, english = wordings(name), wordings(f"{name}.en")
    assert english.keys() <= chinese.keys()
    for key, text in english.items():
        assert set(re.findall(r"{(\w+)}", text)) == set(re.findall(r"{(\w+)}", chinese[key])), key
        assert not re.search(r"[一-鿿]", re.sub(r"第五条|绵阳市三台县", "", text)), key


def test_each_language_has_its_own_words() -> None:
    assert [said("tab_find", language) for language in LANGUAGES] == ["查条款", "查條款", "Find sections"]


@pytest.mark.parametrize(
    ("chinese", "traditional"),
    [
        ("依据浙教示〔2026〕21号第五条，每生每月不超过60元", "依據浙教示〔2026〕21号第五條，每生每月不超過60元"),
        ("学校干净，干部头发、后天发展", "學校乾淨，幹部頭髮、後天發展"),
        ("", ""),
    ],
)
def test_figures_and_document_numbers_stay_in_traditional_script(chinese: str, traditional: str) -> None:
    assert in_script(chinese, "zh-Hant") == traditional
    assert in_script(chinese, "zh-CN") == chinese


def test_markup_stays_markup() -> None:
    assert isinstance(in_script(Markup("<mark>学</mark>"), "zh-Hant"), Markup)
    assert not isinstance(in_script("学", "zh-Hant"), Markup)


@pytest.mark.parametrize(
    ("sentence", "english"),
    [
        (message("validity_unstated"), "Validity not stated"),
        (message("expired", date="2024-01-01"), "No longer in force (2024-01-01)"),
        (message("superseded", title="某办法"), "Superseded by 某办法"),
        (message("period_over", start=2021, end=2025), "Planning period over (2021–2025)"),
        ("施行", "In force from"),
        ("某县的规定", "某县的规定"),
    ],
)
def test_the_programs_sentences_are_translated_and_other_texts_stay(sentence: str, english: str) -> None:
    assert translated(sentence, "en") == english


def test_a_sentence_within_a_sentence_is_translated_too() -> None:
    whole = message("not_found", nearest=message("not_found_nearest"))
    assert translated(whole, "en").endswith("so please check them yourself:")


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_address_of_ours_names_its_language(language: str) -> None:
    known = language_of(language)
    assert known == language
    address = local("/documents/0a?quote=1-2#a1", known)
    assert address.endswith("#a1") and "quote=1-2" in address
    assert (f"lang={language}" in address) is (PATHS[known] != "/")


@pytest.mark.parametrize("written", ["", "fr", "<b>", "zh-cn"])
def test_an_unknown_language_is_simplified_chinese(written: str) -> None:
    assert language_of(written) == "zh-CN"
