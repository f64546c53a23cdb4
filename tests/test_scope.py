from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from bot.citations import validity
from bot.scope import applies, later_versions
from index.records import Place
from tests.test_understand import document

PROVINCE, CITY, COUNTY = Place(("浙江省",)), Place(("浙江省", "湖州市")), Place(("浙江省", "湖州市", "德清县"))


@pytest.mark.parametrize(
    ("place", "asked", "expected"),
    [(PROVINCE, COUNTY, True), (CITY, COUNTY, True), (COUNTY, CITY, False), (Place(()), COUNTY, True), (None, COUNTY, False),
     (Place(("四川省",)), COUNTY, False)],
)  # fmt: skip
def test_a_document_applies_in_its_place_and_below(place: Place | None, asked: Place, expected: bool) -> None:
    assert applies(document("甲", place=place), [asked]) is expected


def test_without_a_place_any_document_applies() -> None:
    assert applies(document("甲", place=COUNTY), [])


def test_a_later_version_of_the_same_title_supersedes() -> None:
    old = replace(document("某法"), id="old", written=date(2009, 1, 1))
    new = replace(document("某法"), id="new", written=date(2024, 1, 1))
    assert later_versions([new, old]) == {"old": new}


def test_a_repeal_supersedes_by_title() -> None:
    old = replace(document("中华人民共和国学位条例"), id="old", written=date(2004, 8, 28))
    new = replace(
        document("中华人民共和国学位法", text="自2025年1月1日起施行。《中华人民共和国学位条例》同时废止。"), id="new"
    )
    assert later_versions([old, new]) == {"old": new}


def test_equal_titles_without_dates_are_left_alone() -> None:
    first, second = (replace(document("通知"), id=i, written=None) for i in ("a", "b"))
    assert later_versions([first, second]) == {}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"validity": "现行有效"}, "现行有效"),
        ({}, "未注明"),
        ({"effective": date(2027, 1, 1)}, "尚未施行"),
        ({"expires": date(2024, 1, 1)}, "已失效"),
        ({"period": (2021, 2025)}, "规划期已过"),
        ({"kind": "third_party"}, "非政策文件"),
    ],
)
def test_validity_in_words(changes: dict[str, object], words: str) -> None:
    assert words in validity(replace(document("甲"), **changes), date(2026, 11, 24))  # type: ignore[arg-type]


def test_a_newer_version_is_named() -> None:
    assert "新法" in validity(document("旧法"), date(2026, 11, 24), "新法")
