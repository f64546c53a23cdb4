"""Every way to write a 文号 finds its document, and no other number does."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.numbering import DocumentNumbers, cites
from index.places import place_of
from index.records import PolicyDocument
from index.tokens import fold
from tests.documents import document_of


def numbered(doc_no: str | None, issuer: str = "某市教育局", text: str = "") -> PolicyDocument:
    title = doc_no or text
    return replace(
        document_of(text or title, title, doc_no), id=title, issuers=(issuer,), place=place_of(issuer) or None
    )


NUMBERS = DocumentNumbers(
    [
        numbered("晋教〔2021〕5号", "山西省教育厅"),
        numbered("晋教〔2021〕15号", "山西省教育厅"),
        numbered("晋教基〔2009〕20号", "山西省教育厅"),
        numbered("晋政办发〔2008〕14号", "山西省人民政府办公厅"),
        numbered("浙教〔2021〕7号", "浙江省教育厅"),
        numbered(None, text="教师资格条例\n国务院令第188号发布"),
    ]
)
STYLES = ("〔{}〕", "[{}]", "（{}）", "({})", "【{}】", "『{}』", "〈{}〉", "{}年", "{} ", "〔 {} 〕 ")
WIDE = str.maketrans("0123456789", "０１２３４５６７８９")


def found(text: str) -> set[str]:
    return {i for mention in NUMBERS.mentions(fold(text)) for i in mention.documents}


@given(
    st.sampled_from(["晋教 2021 5", "晋教 2021 15", "晋教基 2009 20", "晋政办发 2008 14"]),
    st.sampled_from(STYLES),
    st.sampled_from(["{}号", "第{}号", " {} 号", "{}號"]),
    st.booleans(),
    st.sampled_from(["", "请看", "查一下", "《"]),
)
def test_any_style_finds_the_document(parts: str, style: str, end: str, wide: bool, lead: str) -> None:
    body, year, number = parts.split()
    typed = f"{lead}{body}{style.format(year)}{end.format(number)}"
    assert found(typed.translate(WIDE) if wide else typed) == {f"{body}〔{year}〕{number}号"}


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("晋教5号", {"晋教〔2021〕5号"}),
        ("教基20号", {"晋教基〔2009〕20号"}),
        ("晋政办14号", {"晋政办发〔2008〕14号"}),
        ("山西省教育厅2021年15号", {"晋教〔2021〕15号"}),
        ("教育厅2021年7号", {"浙教〔2021〕7号"}),
        ("国务院令一百八十八号", {"教师资格条例\n国务院令第188号发布"}),
        ("晋教〔2020〕5号", set()),
        ("晋教〔2009〕20号", set()),
        ("浙教〔2021〕5号", set()),
        ("京教5号", set()),
        ("9月5号开学", set()),
        ("教育局5号楼", set()),
    ],
)
def test_a_part_of_a_number_finds_its_document_and_no_other(typed: str, expected: set[str]) -> None:
    assert found(typed) == expected


@pytest.mark.parametrize(
    ("typed", "known"),
    [("晋教〔2020〕5号", True), ("京教〔2021〕5号", True), ("晋教99号", True), ("京教5号", False), ("9月5号", False)],
)
def test_a_number_that_no_document_bears_is_still_a_number(typed: str, known: bool) -> None:
    assert bool(NUMBERS.mentions(typed)) is known


def test_a_mention_covers_the_number_and_nothing_before_it() -> None:
    text = "请看晋教〔2021〕5号第六条"
    (mention,) = NUMBERS.mentions(text)
    assert text[mention.start : mention.end] == "晋教〔2021〕5号"
    assert mention.written == "晋教 2021 5"


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("晋教〔", ["晋教〔2021〕5号", "晋教〔2021〕15号"]),
        ("晋教[20", ["晋教〔2021〕5号", "晋教〔2021〕15号"]),
        ("晋教20", ["晋教〔2021〕5号", "晋教〔2021〕15号"]),
        ("晋教2021 5", ["晋教〔2021〕5号"]),
        ("晋教1", ["晋教〔2021〕15号"]),
        ("晋教〔2021〕1", ["晋教〔2021〕15号"]),
        ("晋教〔2021〕5", ["晋教〔2021〕5号"]),
        ("国务院令第18", ["教师资格条例\n国务院令第188号发布"]),
        ("晋教〔2019", []),
        ("京教〔2019", []),
        ("晋教", None),
        ("工资（", None),
        ("小学6", None),
    ],
)
def test_a_number_is_found_while_it_is_typed(typed: str, expected: list[str] | None) -> None:
    found = NUMBERS.half_typed(fold(typed))
    assert (None if found is None else list(found)) == expected


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("晋教", ["晋教〔2021〕5号", "晋教〔2021〕15号", "晋教基〔2009〕20号"]),
        ("晋政", ["晋政办发〔2008〕14号"]),
        ("教育", []),
        ("晋教和浙教", []),
    ],
)
def test_letters_begin_numbers_where_they_are_no_word(typed: str, expected: list[str]) -> None:
    assert list(NUMBERS.begun(typed)) == expected


@pytest.mark.parametrize("written", ["教基〔2020〕7号", "教基[2020]7号", "教基（2020） 7 号", "教基〔2020〕第7号"])
def test_a_number_is_cited_however_it_is_written(written: str) -> None:
    assert cites(fold(f"依据{written}办理"), "教基 2020 7")
    assert not cites(fold(written), "教基 2020 17")
    assert not cites(fold(written), "教基 2020 8")
