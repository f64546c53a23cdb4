"""Places as a visitor picks them."""

from __future__ import annotations

import pytest

from bot.localities import OFFERED, choices, label, level
from index.places import all_places, place_of
from index.records import Place


def place(name: str) -> Place:
    found = place_of(name)
    assert found is not None
    return found


OWN = (place("德清县"), place("四川省"))


def test_labels_tell_all_places_apart() -> None:
    labels = [label(p) for p in all_places()]
    assert len(set(labels)) == len(labels)


def test_for_nothing_typed_the_librarys_places_come_before_the_provinces() -> None:
    names = [name for _, name in choices("", OWN)]
    assert set(names[:2]) == {"浙江省湖州市德清县", "四川省"}
    assert "福建省" in names


def test_one_goes_on_from_province_to_county() -> None:
    assert ("三明市（福建）", "福建省三明市") in choices("", OWN, "福建省")
    assert choices("", OWN, "福建省三明市")[0][0].endswith("（福建·三明）")


@pytest.mark.parametrize(
    ("typed", "first"),
    [("永安", "永安市（福建·三明）"), ("永安市（福建·三明）", "永安市（福建·三明）"), ("德清", "德清县（浙江·湖州）"), ("福建", "福建省"),
     ("綿陽", "绵阳市（四川）")],
)  # fmt: skip
def test_any_place_is_found_by_what_is_typed(typed: str, first: str) -> None:
    assert choices(typed, OWN)[0][0] == first


def test_no_more_are_offered_than_can_be_read_and_the_chosen_one_stays() -> None:
    assert len(choices("区", OWN)) == OFFERED
    assert choices("没有这个地方", OWN) == []
    assert choices("没有这个地方", OWN, "四川省") == [("四川省", "四川省")]


@pytest.mark.parametrize(
    ("name", "expected"),
    [("国家", "national"), ("四川省", "province"), ("北京市", "province"), ("四川省绵阳市", "city"), ("北京市朝阳区", "county"),
     ("福建省三明市永安市", "county"), ("某县", "")],
)  # fmt: skip
def test_the_level_of_a_place(name: str, expected: str) -> None:
    assert level(name) == expected
