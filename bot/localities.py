"""Places as a visitor picks them: labels that tell places of one name apart, a search over all of them, their level in words."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from bot.records import Level
from index.places import all_places, short_name
from index.records import NATIONAL, Place
from index.tokens import fold

OFFERED = 40
Choice = tuple[str, str]


def label(place: Place) -> str:
    """A place with what it lies in.

    >>> label(Place(("福建省", "三明市", "永安市"), "350481"))
    '永安市（福建·三明）'
    """
    above = "·".join(short_name(name) for name in place.path[:-1])
    return f"{place.name}（{above}）" if above else place.name


def choices(typed: str, own: Sequence[Place], chosen: str = "") -> list[Choice]:
    """What to offer for the typed text, as (label, full name): `offered_first` for none, else the best matches."""
    wanted = fold(typed).strip()
    if not wanted or wanted == fold(chosen_label(chosen)):
        found = offered_first(own, chosen)
    else:
        found = sorted(
            (p for p in all_places() if wanted in _folded(p)),
            key=lambda p: (p not in own, not fold(p.name).startswith(wanted), len(p.path), p.adcode),
        )[:OFFERED]
    offered = {label(p): p.full_name for p in found}
    if chosen:
        offered.setdefault(chosen_label(chosen), chosen)
    return list(offered.items())


def offered_first(own: Sequence[Place], chosen: str = "") -> list[Place]:
    """The places right below the chosen one, so that one can go on from province to county; the library's; the provinces."""
    below = [p for p in all_places() if chosen and "".join(p.path[:-1]) == chosen]
    return [*below, *sorted(own, key=lambda p: p.path), *(p for p in all_places() if len(p.path) == 1)]


def chosen_label(full_name: str) -> str:
    """The label of a place by its full name; another text as it is."""
    place = _by_name().get(full_name)
    return label(place) if place else full_name


def level(full_name: str) -> Level:
    """Whose rules a place's are, "" for what is no place."""
    if full_name == NATIONAL:
        return "national"
    place = _by_name().get(full_name)
    if place is None:
        return ""
    return "province" if place.adcode.endswith("0000") else "city" if place.adcode.endswith("00") else "county"


@cache
def _by_name() -> dict[str, Place]:
    return {place.full_name: place for place in all_places()}


@cache
def _folded(place: Place) -> str:
    return f"{place.full_name} {fold(label(place))}"
