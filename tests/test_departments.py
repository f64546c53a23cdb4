"""Who is responsible for what: every item of every document, those by a note for all items below included."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from bot.departments import Departments, answers_to
from bot.find import Finder
from index.articles import parse_articles
from index.library import Library
from index.responsible import responsible_units
from tests.documents import document_of

NOTED = replace(
    document_of(
        "一、任务\n1.办好学校。落实经费。（责任单位：市教育局、财政局。以下均需各乡镇人民政府落实，不再一一列出）\n"
        "2.配齐教师。按编制补充。（责任单位：市委编办，市教育局）\n3.保障安全。加强巡查。（责任单位：各乡镇人民政府，市公安局）\n",
        title="某市实施方案",
    ),
    id="noted",
)


@pytest.fixture(scope="module")
def departments(library: Library) -> Departments:
    return Departments(library)


@pytest.mark.parametrize(
    ("unit", "name", "answers"),
    [
        ("市财政局", "财政局", True),
        ("市财政局", "县财政局", False),
        ("省财政厅", "财政局", False),
        ("省财政厅", "财政", True),
        ("市委宣传部", "宣传部", True),
        ("市卫健委", "卫生健康委员会", True),
        ("省人力资源社会保障厅", "人社厅", True),
        ("市市场监管局", "市场监督管理局", True),
        ("市教育和体育局", "教体局", True),
        ("团市委", "团市委", True),
        ("市体育局", "教体局", False),
        ("检察院", "市检察院", True),
    ],
)
def test_a_name_means_a_body_with_or_without_its_grade_and_in_short(unit: str, name: str, answers: bool) -> None:
    assert answers_to(unit, name) is answers


def test_every_item_with_responsible_bodies_is_known(departments: Departments, library: Library) -> None:
    stated = {
        (d.id, a.ordinal, unit) for d in library.documents() for a in library.articles(d.id) for unit in a.responsible
    }
    known = {(document, article, unit) for unit, items in departments.units.items() for document, article in items}
    assert stated
    assert known == stated


def test_a_duty_by_a_note_is_implicit_and_one_of_its_own_is_not(library: Library) -> None:
    items = [a for a in parse_articles(NOTED) if a.responsible]
    departments = Departments(library)
    towns = [a for a in items if "各乡镇人民政府" in a.responsible]
    assert [a.number for a in towns] == ["2.", "3."]
    assert [departments.implicit(NOTED, a, ["各乡镇人民政府"]) for a in towns] == [True, False]
    assert not any(departments.implicit(NOTED, a, ["市教育局"]) for a in items)


@pytest.mark.parametrize(
    ("typed", "names", "who", "rest"),
    [
        ("责任单位 财政局 经费", ("财政局",), False, "经费"),
        ("责任单位：市教育局、市卫健委", ("市教育局", "市卫健委"), False, ""),
        ("财政局 责任单位", ("财政局",), False, ""),
        ("市财政局负责的任务", ("市财政局",), False, "的任务"),
        ("责任单位", (), True, ""),
        ("责任单位 校车", (), True, "校车"),
        ("责任单位 气象局", ("气象局",), False, ""),
        ("由学校负责的事", (), False, "由学校负责的事"),
    ],
)
def test_bodies_asked_for(typed: str, names: tuple[str, ...], who: bool, rest: str, departments: Departments) -> None:
    found, any_body, left = departments.asked(typed)
    assert (found, any_body, left.strip()) == (names, who, rest)


def test_a_department_has_all_its_items_across_the_library(library: Library) -> None:
    finder = Finder(library)
    duties = finder.department("教育局")
    assert len(duties) == 6
    assert all("市教育局" in d.units for d in duties)
    for duty in duties:
        document = library.document(duty.citation.document_id)
        article = next(a for a in library.articles(document.id) if a.path == duty.citation.path)
        assert set(duty.units) & set(responsible_units(document.text[article.start : article.end]))
        assert not duty.implicit
    assert finder.department("气象局") == ()


def test_departments_are_counted_by_their_items(library: Library) -> None:
    counted = Finder(library).departments()
    expected = Counter(u for d in library.documents() for a in library.articles(d.id) for u in a.responsible)
    assert dict(counted) == dict(expected)
    assert [count for _, count in counted] == sorted((count for _, count in counted), reverse=True)
