"""Places in organs' names, document numbers and questions."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from index.places import NATION, ancestors, place_of, places_in
from index.records import Place

CASES: dict[str, Any] = json.loads((Path(__file__).parent / "cases" / "places.json").read_text(encoding="utf8"))


def library() -> list[Place]:
    places = [place_of(name) for name in CASES["known"]]
    assert None not in places
    return [place for place in places if place]


def names(text: str) -> list[str]:
    return [place.full_name for place in places_in(text, library())]


@pytest.mark.parametrize("case", CASES["found"], ids=lambda case: case["text"])
def test_places_are_found(case: dict[str, Any]) -> None:
    assert names(case["text"]) == case["places"]


@pytest.mark.parametrize("text", CASES["must_not_find"])
def test_ordinary_words_are_no_places(text: str) -> None:
    assert names(text) == []


@pytest.mark.parametrize("case", CASES["organs"], ids=lambda case: case["text"])
def test_organs(case: dict[str, Any]) -> None:
    place = place_of(case["text"])
    assert (place.full_name if place else None) == case["place"]


@pytest.mark.parametrize("case", CASES["known_failures"], ids=lambda case: case["text"])
def test_known_failures(case: dict[str, Any]) -> None:
    if names(case["text"]) == case["places"]:
        pytest.fail("is right now: move it to found")
    pytest.xfail(case["why"])


def test_short_county_names_need_the_library() -> None:
    assert places_in("永安的学校") == ()
    assert [place.name for place in places_in("永安的学校", library())] == ["永安市"]


def test_a_shared_name_is_decided_by_the_library_or_by_the_body() -> None:
    beijing = place_of("北京市朝阳区")
    assert beijing is not None
    assert places_in("朝阳区的学校", [beijing]) == (beijing,)
    assert place_of("朝阳区教育局", context="经北京市教育委员会同意，北京各校执行") == beijing


def test_ancestors_end_with_the_nation() -> None:
    place = place_of("永安市")
    assert place is not None and place.adcode == "350481"
    assert [above.full_name for above in ancestors(place)] == ["福建省三明市", "福建省", "国家"]
    assert [above.adcode for above in ancestors(place)] == ["350400", "350000", ""]
    assert all(above.covers(place) for above in ancestors(place))
    assert ancestors(NATION) == ()
