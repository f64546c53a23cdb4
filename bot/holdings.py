"""The documents of a library as a look-up picks them: by place, kind, level, validity, year and name."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Mapping
from datetime import date
from functools import lru_cache

from bot.facets import NO_FILTERS, Filters, Marks, in_state, kinds_meant, label, marks_of, over, state
from bot.scope import applies
from bot.wanted import Wanted
from index.library import Library
from index.places import places_in
from index.records import Place, PolicyDocument
from index.tokens import fold

_LAST = 9
Allowed = frozenset[str] | None


class Holdings:
    """What is known of each document of one library without reading it."""

    def __init__(self, library: Library, superseded: Mapping[str, PolicyDocument]) -> None:
        self._library = library
        self.superseded = superseded
        self.marks = {d.id: marks_of(d) for d in library.documents()}
        self.places = frozenset(d.place for d in library.documents() if d.place and d.place.path)
        self._having: dict[tuple[str, Hashable], set[str]] = defaultdict(set)
        for i, marks in self.marks.items():
            for value in (("place", marks.place), ("level", marks.level), ("year", marks.year), *_many(marks)):
                self._having[value].add(i)
        self._newest = {i: -marks.version.toordinal() if marks.version else 0 for i, marks in self.marks.items()}
        self._depth = {d.id: None if d.kind == "third_party" else _depth(d.place) for d in library.documents()}
        self._alike: dict[Hashable, list[str]] = defaultdict(list)
        for d in library.documents():
            self._alike[d.id if d.kind == "third_party" else d.place].append(d.id)
        self.states = lru_cache(maxsize=4)(self._states)
        self._in_state = lru_cache(maxsize=4)(self._by_state)
        self._applying = lru_cache(maxsize=200)(self._in_places)

    def _states(self, day: date) -> dict[str, str]:
        return {d.id: state(d, day, superseded=d.id in self.superseded) for d in self._library.documents()}

    def _by_state(self, day: date) -> dict[str, set[str]]:
        found: dict[str, set[str]] = defaultdict(set)
        for i, now in self.states(day).items():
            found[now].add(i)
        return found

    def _in_places(self, places: tuple[Place, ...]) -> set[str]:
        """Asked once for each place that has documents: they all apply, or none. Third parties' texts are asked singly."""
        return {i for alike in self._alike.values() if applies(self._library.document(alike[0]), places) for i in alike}

    def allowed(self, wanted: Wanted, day: date, filters: Filters = NO_FILTERS) -> Allowed:
        """The documents that are what is wanted; None where it does not matter.

        A year picks documents where they are named or all that is wanted; else it may also be said in their text.
        """
        sets: list[Collection[str]] = [self._any("kind", kinds) for kinds in wanted.kinds]
        if wanted.documents is not None:
            sets.append(wanted.documents)
        if wanted.levels:
            sets.append(self._any("level", wanted.levels))
        if wanted.places:
            sets.append(self._applying(wanted.places))
        if wanted.years and (wanted.documents is not None or not wanted.subject):
            sets.append(self._any("years", wanted.years))
        if wanted.validity:
            found = self._in_state(day).items()
            sets.append(set().union(*(i for s, i in found if any(in_state(s, v) for v in wanted.validity))))
        sets += self._passing(filters, day)
        return frozenset(sets[0]).intersection(*sets[1:]) if sets else None

    def _passing(self, filters: Filters, day: date) -> Iterator[Collection[str]]:
        if filters.kind:
            yield self._any("kind", kinds_meant(filters.kind))
        if filters.validity:
            found = self._in_state(day).items()
            yield set().union(*(ids for name, ids in found if label(name) == filters.validity))
        if filters.year is not None:
            yield self._any("year", [filters.year])
        if filters.place:
            places = places_in(fold(filters.place), self.places)
            yield self._any("place", [places[-1].full_name if places else filters.place])

    def _any(self, name: str, values: Iterable[Hashable]) -> set[str]:
        return set().union(*(self._having.get((name, value), ()) for value in values))

    def apart(self, wanted: Wanted, allowed: Allowed) -> list[Collection[str]]:
        """Documents that are searched for themselves: of the asked places below the nation, and of the asked years."""
        if allowed is None and not wanted.years:
            return []
        groups: list[Collection[str]] = []
        ids = self.marks if allowed is None else allowed
        if wanted.places:
            groups.append(self._any("level", ("province", "city", "county")).intersection(ids))
        if wanted.years and wanted.documents is None:
            groups.append(self._any("years", wanted.years).intersection(ids))
        return groups

    def of_year(self, document_id: str, text: str, wanted: Wanted) -> bool:
        """Whether a passage belongs to one of the asked years, by its document or by what it says; true where none is."""
        if not wanted.years or wanted.documents is not None:
            return True
        return bool(self.marks[document_id].years & set(wanted.years)) or any(str(y) in text for y in wanted.years)

    def standing(self, wanted: Wanted, day: date) -> Callable[[str], tuple[int, bool, int]]:
        """How whole documents rank (smaller is better): nearest to the asked place, in force, newest.

        Nearest are its own documents, then those above it level by level; third parties' texts are last. What is not in
        force stands behind unless old or coming documents are wanted.
        """
        states = self.states(day)
        depth = max((len(p.path) for p in wanted.places), default=0)
        asked = bool(wanted.validity or wanted.years)

        def rank(document_id: str) -> tuple[int, bool, int]:
            own = self._depth[document_id]
            distance = _LAST if own is None else depth - own if depth else 0
            return distance, not asked and over(states[document_id]), self._newest[document_id]

        return rank


def _depth(place: Place | None) -> int | None:
    return None if place is None else len(place.path)


def _many(marks: Marks) -> Iterator[tuple[str, Hashable]]:
    """The marks of which a document has several: kind with genres, years."""
    yield from (("kind", value) for value in (marks.kind, *marks.genres))
    yield from (("years", year) for year in marks.years)
