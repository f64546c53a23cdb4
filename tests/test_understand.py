from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from bot.naming import DocumentNames
from bot.records import Turn
from bot.understand import answer_type, article_references, merge_follow_up, screen, to_number, understand, years
from index.records import Place, PolicyDocument
from index.tokens import fold

CASES: dict[str, list[list[Any]]] = json.loads(
    (Path(__file__).parent / "cases" / "understand.json").read_text(encoding="utf8")
)
HANGZHOU = Place(("浙江省", "杭州市"), "330100")


def document(title: str, doc_no: str | None = None, text: str = "", place: Place | None = None) -> PolicyDocument:
    return PolicyDocument(
        id=title, title=title, kind="law", issuers=(), doc_no=doc_no, written=date(2020, 1, 1), published=None,
        effective=None, expires=None, validity=None, level=None, topics=(), index_no=None, place=place,
        text=text or title, sources=("a.txt",),
    )  # fmt: skip


NAMES = DocumentNames(
    [
        document("中华人民共和国高等教育法"),
        document("中华人民共和国学前教育法"),
        document("高等教育自学考试暂行条例"),
        document("教师资格条例", text="教师资格条例\n1995年12月12日中华人民共和国国务院令第188号发布"),
        document("某省教育厅关于激发办学活力的意见", "某教〔2021〕5号"),
        document("某省教育厅关于实验教学的意见", "某教〔2021〕3号"),
    ]
)


@pytest.mark.parametrize(("text", "expected"), CASES["answer_type"])
def test_answer_type(text: str, expected: str) -> None:
    assert answer_type(fold(text)) == expected


@pytest.mark.parametrize(("text", "expected"), CASES["article_references"])
def test_article_references(text: str, expected: list[str]) -> None:
    assert list(article_references(fold(text))) == expected


@pytest.mark.parametrize(("text", "expected"), CASES["years"])
def test_years(text: str, expected: list[int]) -> None:
    assert list(years(fold(text))) == expected


@pytest.mark.parametrize(("text", "expected"), CASES["screen"])
def test_screen(text: str, expected: str | None) -> None:
    assert screen(text) == expected


@pytest.mark.parametrize(
    ("numeral", "value"), [("十", 10), ("二十", 20), ("一百一十", 110), ("〇", 0), ("甲", 0), ("7", 7)]
)
def test_to_number(numeral: str, value: int) -> None:
    assert to_number(numeral) == value


@pytest.mark.parametrize(
    "typed", ["某教〔2021〕5号", "某教[2021]5号", "某教2021 5号", "某教（2021）第5号", "某教5号文"]
)
def test_doc_no_in_any_bracket_style(typed: str) -> None:
    assert NAMES.by_number(fold(typed)) == ("某省教育厅关于激发办学活力的意见",)


def test_order_number_finds_the_regulation() -> None:
    assert NAMES.by_number(fold("國務院令188號")) == ("教师资格条例",)


@pytest.mark.parametrize(
    ("typed", "title"),
    [
        ("高教法第39条原话", "中华人民共和国高等教育法"),
        ("学前法怎么说", "中华人民共和国学前教育法"),
        ("《学前教育法》59条", "中华人民共和国学前教育法"),
        ("教师资格条例", "教师资格条例"),
    ],
)
def test_documents_by_full_short_and_abbreviated_title(typed: str, title: str) -> None:
    assert NAMES.by_title(fold(typed)) == (title,)


@pytest.mark.parametrize("typed", ["有什么办法", "按规定", "违法吗", "没办法", "老师的补贴"])
def test_ordinary_words_name_no_document(typed: str) -> None:
    assert NAMES.by_title(fold(typed)) == ()


def test_follow_up_takes_the_question_before() -> None:
    merged = merge_follow_up("那高中呢", ["初中每天几节体育课"], NAMES)
    assert "体育课" in merged and "高中" in merged


def test_a_full_question_stands_alone() -> None:
    assert merge_follow_up("班主任津贴每个月发多少钱", ["初中每天几节体育课"], NAMES) == "班主任津贴每个月发多少钱"


def test_place_in_words_goes_before_the_visitors_place() -> None:
    question = understand("杭州的班主任津贴", names=NAMES, known_places=[HANGZHOU], place=Place(("四川省",), "510000"))
    assert question.places == (HANGZHOU,)


def test_visitors_place_counts_where_none_is_said() -> None:
    place = Place(("四川省",), "510000")
    assert understand("班主任津贴多少", names=NAMES, known_places=[HANGZHOU], place=place).places == (place,)


def test_history_places_carry_over() -> None:
    history = [Turn("user", "杭州的班主任津贴多少"), Turn("assistant", "……")]
    question = understand("那副班主任呢", names=NAMES, known_places=[HANGZHOU], history=history)
    assert question.places == (HANGZHOU,)
