from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.english import chinese_for
from bot.follow_up import FollowUps
from bot.naming import DocumentNames
from bot.records import Reference, Turn
from bot.references import number_of, on_path, references, to_han
from bot.understand import answer_type, article_references, screen, to_number, understand, years
from bot.wording import level
from index.places import place_of
from index.records import Place, PolicyDocument
from index.tokens import fold

CASES: dict[str, list[list[Any]]] = json.loads(
    (Path(__file__).parent / "cases" / "understand.json").read_text(encoding="utf8")
)
HANGZHOU = Place(("浙江省", "杭州市"), "330100")
DAY = date(2026, 11, 25)


def document(title: str, doc_no: str | None = None, text: str = "", place: Place | None = None) -> PolicyDocument:
    return PolicyDocument(
        id=title, title=title, kind="law", issuers=(), doc_no=doc_no, written=date(2020, 1, 1), published=None,
        effective=None, expires=None, validity=None, level=None, topics=(), index_no=None,
        place=place, text=text or title, sources=("a.txt",),
    )  # fmt: skip


def place(name: str) -> Place:
    found = place_of(name)
    assert found is not None
    return found


_NATIONAL = (
    "高等教育法", "学前教育法", "义务教育法", "未成年人保护法", "民办教育促进法", "教师法", "职业教育法", "国家通用语言文字法",
)  # fmt: skip
NAMES = DocumentNames(
    [
        *(document(f"中华人民共和国{title}", place=place("国务院")) for title in _NATIONAL),
        document("高等教育自学考试暂行条例"),
        document("教师资格条例", text="教师资格条例\n1995年12月12日中华人民共和国国务院令第188号发布"),
        document("某省教育厅关于激发办学活力的意见", "某教〔2021〕5号"),
        document("某省教育厅关于实验教学的意见", "某教〔2021〕3号"),
        document("某县人民政府关于印发某县教育事业发展“十四五”规划（2021—2025年）的通知"),
        document("山东省学校安全条例", place=place("山东省")),
        document("宁波市学校安全条例", place=place("宁波市")),
        document("上海市未成年人保护条例", place=place("上海市")),
        document("北京市未成年人保护条例", place=place("北京市")),
        document("河南省实施《中华人民共和国教师法》办法", place=place("河南省")),
        document("北京市实施《中华人民共和国教师法》办法", place=place("北京市")),
    ]
)


@pytest.mark.parametrize(("text", "expected"), CASES["answer_type"])
def test_answer_type(text: str, expected: str) -> None:
    assert answer_type(fold(text)) == expected


@pytest.mark.parametrize(("text", "expected"), CASES["article_references"])
def test_article_references(text: str, expected: list[str]) -> None:
    assert list(article_references(fold(text))) == expected


@pytest.mark.parametrize(("text", "expected"), CASES["references"])
def test_references(text: str, expected: list[list[Any]]) -> None:
    assert list(references(fold(text))) == [Reference(a, p, i, tuple(path)) for a, p, i, path in expected]


@pytest.mark.parametrize(
    ("asked", "path", "there"),
    [
        (("2", "3"), "二、加强队伍建设 / （三）优化机制", True),
        (("2", "5"), "二、加强队伍建设 / 5.优化绩效管理机制", True),
        (("3", "2", "3"), "三、任务 / （二）路径 / 3.方法", True),
        (("2", "3"), "三、保障 / （三）督导", False),
        (("2",), "二、目标 / 表1", False),
        ((), "二、目标", False),
    ],
)
def test_a_path_of_numbers_is_found_among_headings(asked: tuple[str, ...], path: str, there: bool) -> None:
    assert on_path(Reference(path=asked), path) is there


@pytest.mark.parametrize(("text", "expected"), CASES["years"])
def test_years(text: str, expected: list[int]) -> None:
    assert list(years(fold(text))) == expected


@pytest.mark.parametrize(("text", "expected"), CASES["years_on_2026"])
def test_years_counted_from_the_asking_day(text: str, expected: list[int]) -> None:
    assert list(years(fold(text), DAY)) == expected


@pytest.mark.parametrize(("text", "expected"), CASES["level"])
def test_level(text: str, expected: str) -> None:
    assert level(fold(text)) == expected


@pytest.mark.parametrize(("text", "expected"), CASES["screen"])
def test_screen(text: str, expected: str | None) -> None:
    assert screen(text) == expected


@pytest.mark.parametrize(
    ("numeral", "value"), [("十", 10), ("二十", 20), ("一百一十", 110), ("〇", 0), ("甲", 0), ("7", 7)]
)
def test_to_number(numeral: str, value: int) -> None:
    assert to_number(numeral) == value


@given(st.integers(1, 9999))
def test_a_number_is_written_as_it_is_read(number: int) -> None:
    assert to_number(to_han(number)) == number
    assert number_of(f"第{to_han(number)}条") == str(number)


@pytest.mark.parametrize(("typed", "expected"), CASES["numbers"])
def test_documents_by_number(typed: str, expected: list[str]) -> None:
    assert list(NAMES.by_number(fold(typed))) == expected


@pytest.mark.parametrize(("typed", "expected"), CASES["named"])
def test_documents_by_name(typed: str, expected: list[str]) -> None:
    assert [title.replace("中华人民共和国", "") for title in NAMES.by_title(fold(typed))] == expected


def test_a_shared_name_means_the_visitors_place() -> None:
    typed = "教师法办法怎么规定"
    assert NAMES.by_title(typed, [place("河南省郑州市")]) == ("河南省实施《中华人民共和国教师法》办法",)
    assert len(NAMES.by_title(typed)) == 2


@pytest.mark.parametrize(("asked", "typed", "expected"), CASES["follow_up"])
def test_follow_up(asked: list[str], typed: str, expected: str) -> None:
    merged = FollowUps(NAMES, [HANGZHOU]).merge(fold(typed), [fold(text) for text in asked])
    assert merged.replace(" ", "") == expected.replace(" ", "")


@pytest.mark.parametrize(("text", "words"), CASES["english"])
def test_english_in_the_words_of_the_documents(text: str, words: list[str]) -> None:
    assert set(words) <= set(chinese_for(fold(text)).split())


def test_a_county_in_pinyin_needs_the_library() -> None:
    yongan = place("福建省永安市")
    assert chinese_for("teachers in yong'an", [yongan]).startswith(yongan.full_name)
    assert yongan.full_name not in chinese_for("teachers in yong'an")


def test_an_english_question_is_searched_in_chinese() -> None:
    question = understand("How much are teachers paid in Hangzhou?", names=NAMES, known_places=[HANGZHOU])
    assert (question.script, question.answer_type, question.places) == ("english", "amount", (HANGZHOU,))
    assert "教师" in question.search


@pytest.mark.parametrize(
    ("typed", "visitor", "expected"),
    [
        ("省里对班主任津贴咋说", "福建省三明市永安市", "福建省"),
        ("市里给多少", "湖州市德清县", "湖州市"),
        ("市里给多少", "福建省永安市", "福建省永安市"),
        ("我们县给多少", "湖州市德清县", "湖州市德清县"),
        ("国家层面有啥要求", "湖州市德清县", "国务院"),
        ("班主任津贴多少", "四川省", "四川省"),
        ("杭州的班主任津贴", "四川省", "杭州市"),
        ("山西省里咋说", "四川省", "山西省"),
        ("魔都的班主任津贴", "四川省", "上海市"),
    ],
)
def test_level_and_place(typed: str, visitor: str, expected: str) -> None:
    question = understand(typed, names=NAMES, known_places=[HANGZHOU], place=place(visitor))
    assert question.places == (place(expected),)


def test_history_places_carry_over_and_give_way() -> None:
    history = [Turn("user", "杭州的班主任津贴多少"), Turn("assistant", "……")]
    leaning = understand("那副班主任呢", names=NAMES, known_places=[HANGZHOU], history=history)
    moved = understand("那四川呢", names=NAMES, known_places=[HANGZHOU], history=history)
    assert leaning.places == (HANGZHOU,)
    assert moved.places == (place("四川省"),)


def test_a_follow_up_keeps_the_kind_of_answer_and_the_article() -> None:
    history = [Turn("user", "学前教育法第五十九条罚多少"), Turn("assistant", "……")]
    question = understand("那第二款呢", names=NAMES, known_places=[], history=history)
    assert question.answer_type == "amount"
    assert question.references == (Reference("59", 2),)
