"""Places as a visitor picks them."""

from __future__ import annotations

import pytest

from bot.localities import label, labels, level, picked
from index.places import all_places, place_of
from index.records import Place


def place(name: str) -> Place:
    found = place_of(name)
    assert found is not None
    return found


OWN = (place("德清县"), place("四川省"))


def test_labels_tell_all_places_apart() -> None:
    names = [label(p) for p in all_places()]
    assert len(set(names)) == len(names)


def test_the_librarys_places_come_first_and_every_place_once() -> None:
    names = labels(OWN)
    assert {picked(name) for name in names[:2]} == set(OWN)
    assert len(names) == len({picked(name) for name in names}) == len(all_places())


def test_places_stand_from_province_to_county() -> None:
    names = labels(())
    at = names.index("福建省")
    assert at < names.index("三明市（福建）") < names.index("永安市（福建·三明）") < names.index("江西省")


@pytest.mark.parametrize(
    ("name", "expected"),
    [("国家", "national"), ("四川省", "province"), ("北京市", "province"), ("四川省绵阳市", "city"), ("北京市朝阳区", "county"),
     ("福建省三明市永安市", "county"), ("某县", "")],
)  # fmt: skip
def test_the_level_of_a_place(name: str, expected: str) -> None:
    assert level(name) == expected
