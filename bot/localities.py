"""Places as a visitor picks them: labels that tell places of one name apart, the library's first, and their level."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from bot.records import Level
from index.places import all_places, short_name
from index.records import NATIONAL, Place
from index.tokens import fold


def label(place: Place) -> str:
    """A place with what it lies in.

    >>> label(Place(("福建省", "三明市", "永安市"), "350481"))
    '永安市（福建·三明）'
    """
    above = "·".join(short_name(name) for name in place.path[:-1])
    return f"{place.name}（{above}）" if above else place.name


def labels(own: Sequence[Place]) -> list[str]:
    """Every place by its label: the library's `own` first, the rest from province to county."""
    first, rest = sorted(own, key=lambda p: p.path), sorted(all_places(), key=lambda p: p.adcode)
    return [label(p) for p in dict.fromkeys((*first, *rest))]


def picked(value: str) -> Place | None:
    """The place of a code, a label in either script or a full name; None for other words.

    >>> picked("350481") == picked("永安市（福建·三明）") == picked("福建省三明市永安市")
    True
    """
    return _by_value().get(fold(value))


def level(full_name: str) -> Level:
    """Whose rules a place's are, "" for what is no place."""
    if full_name == NATIONAL:
        return "national"
    place = picked(full_name)
    if place is None:
        return ""
    return "province" if place.adcode.endswith("0000") else "city" if place.adcode.endswith("00") else "county"


@cache
def _by_value() -> dict[str, Place]:
    return {fold(value): place for place in all_places() for value in (label(place), place.adcode, place.full_name)}
