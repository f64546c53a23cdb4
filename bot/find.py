"""Section look-up: 文号, article numbers, heading words, departments, places → sections with permalinks, fast enough to type into."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from bot.candidates import candidates, of_departments
from bot.citations import cite
from bot.departments import Departments
from bot.facets import NO_FILTERS, Facets, Filters, facets
from bot.holdings import Allowed, Holdings
from bot.lexicon import Lexicon, load_lexicon
from bot.messages import message
from bot.naming import DocumentNames
from bot.ranking import Section, ranked, whole_documents
from bot.records import Citation
from bot.show import Shown, shown
from bot.wanted import QueryReader, Wanted
from index.library import Library
from index.records import PolicyDocument
from index.relations import later_versions
from index.tokens import fold

__all__ = ["Duty", "Filters", "Finder", "Found"]

_OPENING = 300  # characters quoted of a document that is found as a whole
_BEGUN_SHOWN = 8  # documents whose name or number begins as the query does


@dataclass(frozen=True, slots=True)
class Found:
    """The best sections, how many there are in all among the passages looked at, and counts of all by facet.

    `words` are the wordings that a page may mark: phrases and words as typed and as documents say them.
    """

    sections: tuple[Citation, ...] = ()
    total: int = 0
    facets: Facets = field(default_factory=dict)
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Duty:
    """An item for which a body is responsible; `implicit`: by a note for all items below it, not by its own."""

    units: tuple[str, ...]
    implicit: bool
    citation: Citation


class Finder:
    """Finds sections in one open library. Who knows its names and later versions already, hands them in."""

    def __init__(
        self,
        library: Library,
        names: DocumentNames | None = None,
        superseded: Mapping[str, PolicyDocument] | None = None,
        lexicon: Lexicon | None = None,
    ) -> None:
        self.library = library
        documents = library.documents()
        names = names or DocumentNames(documents)
        self._superseded = later_versions(documents) if superseded is None else superseded
        self._holdings = Holdings(library, self._superseded)
        self._departments = Departments(library)
        self._reader = QueryReader(names, self._holdings.places, self._departments, lexicon or load_lexicon())

    def find(self, query: str, k: int = 20, *, on: date | None = None, filters: Filters = NO_FILTERS) -> list[Citation]:
        """The `k` best sections for a query, labelled 1…k; an empty query finds nothing."""
        return list(self.search(query, filters, k, on=on).sections)

    def search(self, query: str, filters: Filters = NO_FILTERS, k: int = 20, *, on: date | None = None) -> Found:
        """The `k` best sections for a query within the filters, with the number and the facets of all."""
        day = on or date.today()
        wanted = self._reader.read(query, day)
        if not wanted and not filters:
            return Found()
        sections = self._sections(wanted, filters, day)
        states = self._holdings.states(day)
        counted = [(self._holdings.marks[s.document.id], states[s.document.id], s.units) for s in sections]
        shown = [self._cite(i, s, day, self._remarks(s, wanted)) for i, s in enumerate(sections[:k], 1)]
        words = (*wanted.phrases, *(form for word in wanted.words for form, _ in word.forms))
        return Found(tuple(shown), len(sections), facets(counted), words)

    def departments(self) -> tuple[tuple[str, int], ...]:
        """The responsible bodies as documents name them, with the number of their items, the busiest first."""
        counted = ((unit, len(items)) for unit, items in self._departments.units.items())
        return tuple(sorted(counted, key=lambda c: (-c[1], c[0])))

    def department(self, name: str, *, on: date | None = None) -> tuple[Duty, ...]:
        """All items for which a body is responsible (财政局: those of every place), document by document, in text order."""
        day = on or date.today()
        answering = self._departments.answering(fold(name))
        duties: dict[tuple[str, int], Duty] = {}
        for chunk in self._departments.chunks:
            units = tuple(unit for unit in chunk.responsible if unit in answering)
            if units and (chunk.document_id, chunk.article) not in duties:
                section = Section(self.library.document(chunk.document_id), chunk.article, chunk.start, chunk.end)
                implicit = self._implicit(section, units)
                remarks = (message("find_implicit", file="page"),) if implicit else ()
                citation = self._cite(len(duties) + 1, section, day, remarks)
                duties[chunk.document_id, chunk.article] = Duty(units, implicit, citation)
        return tuple(duties.values())

    def show(self, document: str, section: str = "", *, on: date | None = None) -> list[str]:
        """A document's section in full, or its outline where no section is named; one line where it is not there."""
        found = self.shown(document, section, on=on)
        return [line for s in found for line in (s.title, s.about, *s.lines)] or [message("no_document")]

    def shown(self, document: str, section: str = "", *, on: date | None = None) -> list[Shown]:
        """What `show` prints, document by document; nothing where none is meant.

        `document` names it by 文号 or title and may go on with the section (晋教〔2021〕5号 第六条).
        """
        day = on or date.today()
        wanted = self._reader.read(f"{document} {section}", day)
        named = self._meant(self._reader.read(document, day), day) if section else ()
        rest = section if named else wanted.text or " ".join(wanted.labels)
        return [
            shown(d, self.library.articles(d.id), self._cite(1, Section(d, 0), day), wanted, rest)
            for d in named or self._meant(wanted, day)
        ]

    def _meant(self, wanted: Wanted, day: date) -> Sequence[PolicyDocument]:
        """The documents to show: those named, in force where one is; else the best whose title says every word."""
        allowed = self._holdings.allowed(wanted, day)
        if wanted.documents is not None or wanted.begun:
            ids = [i for i in wanted.documents or wanted.begun[:1] if allowed is None or i in allowed]
            return [self.library.document(i) for i in [i for i in ids if i not in self._superseded] or ids]
        if not wanted.words:
            return []
        documents = (d for d in self.library.documents() if allowed is None or d.id in allowed)
        titled = [d for d in documents if all(any(f in d.title for f, _ in w.forms) for w in wanted.words)]
        return [s.document for s in whole_documents(titled, wanted, self._holdings, day)[:1]]

    def _sections(self, wanted: Wanted, filters: Filters, day: date) -> list[Section]:
        """The sections found, best first: by department, whole documents by what they are, else by their text."""
        allowed = self._holdings.allowed(wanted, day, filters)
        if wanted.by_department or filters.department:
            scored = of_departments(wanted, self.library, self._departments, allowed, filters.department)
            return ranked(scored, wanted, self._holdings, self.library, day)
        if wanted.numbers:
            return self._by_text(replace(wanted, documents=None), None, day)
        if not wanted.subject and wanted.documents is None:
            ids = allowed if allowed is not None else wanted.begun
            return self._whole(ids, wanted, day)
        found = self._by_text(wanted, allowed, day)
        if not found and wanted.documents and allowed and not (wanted.references or wanted.headed or wanted.phrases):
            return self._whole(allowed, wanted, day)
        begun = [self.library.document(i) for i in wanted.begun if allowed is None or i in allowed][:_BEGUN_SHOWN]
        first = {d.id for d in begun}
        rest = [s for s in found if s.article or s.document.id not in first]
        return [*(Section(d, 0) for d in begun), *rest]

    def _whole(self, ids: Collection[str], wanted: Wanted, day: date) -> list[Section]:
        documents = (d for d in self.library.documents() if d.id in ids)
        return whole_documents(documents, wanted, self._holdings, day)

    def _by_text(self, wanted: Wanted, allowed: Allowed, day: date) -> list[Section]:
        scored = candidates(wanted, self.library, allowed, self._holdings.apart(wanted, allowed))
        return ranked(scored, wanted, self._holdings, self.library, day)

    def _remarks(self, section: Section, wanted: Wanted) -> tuple[str, ...]:
        """What a reader must know besides: a number only cited, a rule from above the place, a duty the item does not name."""
        remarks = [message("find_cites", file="page")] if wanted.numbers else []
        place = section.document.place
        if wanted.places and place is not None and place not in wanted.places:
            remarks.append(message("higher_level"))
        asked = [self._departments.answering(name) & set(section.units) for name in wanted.departments]
        if any(units and self._implicit(section, tuple(units)) for units in asked):
            remarks.append(message("find_implicit", file="page"))
        return tuple(remarks)

    def _implicit(self, section: Section, units: Sequence[str]) -> bool:
        article = self.library.article(section.document.id, section.article)
        return self._departments.implicit(section.document, article, units)

    def _cite(self, label: int, section: Section, day: date, remarks: tuple[str, ...] = ()) -> Citation:
        document = section.document
        article = self.library.article(document.id, section.article)
        start, end = section.start, section.end
        if not end:
            start, end = article.start, min(article.end, article.start + _OPENING)
        newer = self._superseded.get(document.id)
        cited = cite(label, document, article, start, end, on=day, newer=newer)
        return replace(cited, remarks=(*cited.remarks, *remarks))
