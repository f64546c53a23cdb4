"""Ranked sections out of passages: which hold enough of what is wanted, which of them first, which part is meant."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from bot.candidates import Scored
from bot.holdings import Holdings
from bot.matching import Match, Matcher, surely_pointed
from bot.paragraphs import paragraphs, part
from bot.wanted import Wanted
from index.library import Library
from index.records import Chunk, PolicyDocument

_OVER = 0.6  # what is over counts less
_ENOUGH, _LEAST, _NEAR_BEST = 0.84, 0.5, 0.9  # shares of the wanted words that a section says
_WHOLE = 1_500  # longest article that is quoted whole
_READ_IN_PART = 20  # articles of which the paragraph pointed at is looked for


class Section(NamedTuple):
    """A section found: its best span (0, 0: as much as its beginning), its rank, and the bodies its passages name."""

    document: PolicyDocument
    article: int
    start: int = 0
    end: int = 0
    rank: tuple[float, ...] = ()
    units: tuple[str, ...] = ()


@dataclass(slots=True)
class _Group:
    """The passages of one section: the best so far, and what all say together."""

    chunk: Chunk
    points: float
    said: tuple[float, ...]
    pointed: int

    def add(self, chunk: Chunk, points: float, match: Match) -> None:
        self.said = tuple(map(max, self.said, match.said))
        self.pointed = min(self.pointed, match.pointed)
        if points > self.points:
            self.chunk, self.points = chunk, points


def ranked(scored: Scored, wanted: Wanted, holdings: Holdings, library: Library, day: date) -> list[Section]:
    """The sections whose passages match, best first. With words only those that say enough of them."""
    matcher = Matcher(wanted)
    groups = _grouped(scored, matcher, wanted, holdings, library)
    said = {key: matcher.coverage(group.said) for key, group in groups.items()}
    most = max(said.values(), default=0.0)
    least = _ENOUGH if most >= _ENOUGH else max(_LEAST, most * _NEAR_BEST)
    exact: dict[str, int] = {}  # of each document the labels that are most exactly what is pointed at
    for (document_id, _), group in groups.items():
        exact[document_id] = min(exact.get(document_id, group.pointed), group.pointed)
    standing = holdings.standing(wanted, day)
    sections = []
    for (document_id, article), group in groups.items():
        if said[document_id, article] < least or group.pointed > exact[document_id]:
            continue
        distance, over, newest = standing(document_id)
        chunk = group.chunk
        if wanted.words or wanted.phrases:
            rank: tuple[float, ...] = (distance, -group.points * (_OVER if over else 1.0), chunk.start)
        else:
            rank = (article != 0 and not wanted.by_department, distance, over, newest, chunk.start)
        sections.append(
            Section(library.document(document_id), article, chunk.start, chunk.end, rank, chunk.responsible)
        )
    sections.sort(key=lambda s: s.rank)
    return _in_part(sections, wanted, library)


def whole_documents(
    documents: Iterable[PolicyDocument], wanted: Wanted, holdings: Holdings, day: date
) -> list[Section]:
    """Documents as sections: the beginning of each, in the order of `Holdings.standing`."""
    standing = holdings.standing(wanted, day)
    return [Section(d, 0) for d in sorted(documents, key=lambda d: standing(d.id))]


def _grouped(
    scored: Scored, matcher: Matcher, wanted: Wanted, holdings: Holdings, library: Library
) -> dict[tuple[str, int], _Group]:
    """The matching passages by section."""
    top = max((score for _, score in scored), default=0.0) or 1.0
    groups: dict[tuple[str, int], _Group] = {}
    for chunk, score in scored:
        if wanted.years and not holdings.of_year(chunk.document_id, chunk.text, wanted):
            continue
        match = matcher.match(chunk, library.document(chunk.document_id))
        if match is None or (wanted.documents is None and not surely_pointed(match)):
            continue
        points = score * (0.4 + 0.6 * matcher.coverage(match.own)) + match.near * top
        key = (chunk.document_id, chunk.article)
        if key in groups:
            groups[key].add(chunk, points, match)
        else:
            groups[key] = _Group(chunk, points, match.said, match.pointed)
    return groups


def _in_part(sections: list[Section], wanted: Wanted, library: Library) -> list[Section]:
    """Sections cut to the paragraph 款 and item 项 pointed at, without those that lack it; else whole articles."""
    references = [r for r in wanted.references if r.article]
    if not references:
        return sections
    reference = references[0]
    partly = bool(reference.paragraph or reference.item)
    meant = []
    for section in sections[:_READ_IN_PART]:
        article = library.article(section.document.id, section.article)
        lines = paragraphs(section.document.text, article)
        wanted_lines = part(section.document.text, lines, reference)
        if wanted_lines and partly:
            meant.append(section._replace(start=wanted_lines[-1 if reference.item else 0][0], end=wanted_lines[-1][1]))
        elif wanted_lines and wanted_lines[-1][1] - wanted_lines[0][0] <= _WHOLE:
            meant.append(section._replace(start=wanted_lines[0][0], end=wanted_lines[-1][1]))
        elif not partly:
            meant.append(section)
    return meant if partly else [*meant, *sections[_READ_IN_PART:]]
