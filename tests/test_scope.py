from __future__ import annotations

import pytest

from bot.scope import applies
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
