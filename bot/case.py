"""A question with what was found for it: what every way of answering works on."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from bot.answerable import probability
from bot.cues import has_cue, without
from bot.features import Terms
from bot.records import AnswerType, Hit, Question
from bot.retrieve import Searcher, retrieve, search_terms
from bot.scope import applies
from bot.wording import answer_type
from index.places import place_spans
from index.records import Place, PolicyDocument
from index.versions import version_date

_JOINTS = "和跟与同及、, "


@dataclass(frozen=True, slots=True)
class Case:
    """`hits` are all, best first; `applicable` those whose documents hold for the asker's place, official texts before others.

    `known`: the places that the library has documents of. `least`: the probability from which hits are taken to answer.
    """

    question: Question
    terms: Terms
    hits: tuple[Hit, ...]
    applicable: tuple[Hit, ...]
    searcher: Searcher
    known: tuple[Place, ...]
    least: float

    def document(self, hit: Hit) -> PolicyDocument:
        return self.searcher.library.document(hit.chunk.document_id)

    @property
    def sure(self) -> float:
        """How likely what applies holds the answer."""
        return probability(self.question, self.applicable)

    def elsewhere(self) -> Case:
        """The question without its places, answered by other places' official texts alone."""
        search = _without_places(self.question.search, self.known) or self.question.search
        free = open_case(replace(self.question, search=search, places=()), self.searcher, self.known, self.least)
        places = self.question.places
        others = [h for h in free.applicable if not applies(self.document(h), places) and self.document(h).place]
        return replace(free, applicable=tuple(others) if places else ())

    def of_document(self, document_id: str) -> Case:
        """The same question asked of one document alone, without the words that compare versions."""
        search = without(self.question.search, "compare", "versions")
        asked = replace(self.question, search=search, documents=(document_id,), versions=(), doc_nos=())
        case = open_case(asked, self.searcher, self.known, self.least)
        own = tuple(h for h in case.applicable if h.chunk.document_id == document_id)
        return replace(case, applicable=own)

    def narrowed(self, place: Place | None) -> Case:
        """The same question asked for one place alone, or none, without the names of places and the words that compare.

        Clauses about other places are left out where each place has clauses of its own.
        """
        search = _without_places(_own_clauses(self.question.search, place, self.known), self.known)
        kind: AnswerType | None = "date" if has_cue(search, "compare", "years") else None
        search = without(search, "compare", "cues") or search
        asked = replace(
            self.question, search=search, places=(place,) if place else (), answer_type=kind or answer_type(search)
        )
        return open_case(asked, self.searcher, self.known, self.least)


def open_case(question: Question, searcher: Searcher, known: tuple[Place, ...], least: float) -> Case:
    """Retrieve for a question and keep apart what applies to its places."""
    library = searcher.library
    hits = tuple(retrieve(question, searcher))
    here = [h for h in hits if applies(library.document(h.chunk.document_id), question.places)]
    if question.doc_nos:
        here = [h for h in here if h.chunk.document_id in question.doc_nos]
    asked_versions = old_versions(question, searcher)
    if asked_versions:
        here = [h for h in here if h.chunk.document_id in asked_versions]
    official = [h for h in here if library.document(h.chunk.document_id).kind != "third_party"]
    terms = search_terms(question, searcher.lexicon)
    return Case(question, terms, hits, tuple(official or here), searcher, known, least)


def old_versions(question: Question, searcher: Searcher) -> set[str]:
    """The superseded documents that a question asks for on purpose: by the year of their version (96年那版) or as the old one."""
    named = [searcher.library.document(i) for i in question.documents]
    of_year = {d.id for d in named if (day := version_date(d)) and day.year in question.versions}
    old = {d.id for d in named if d.id in searcher.superseded}
    if of_year & old:
        return of_year & old
    return old if has_cue(question.search, "old_version", "cues") else set()


def _own_clauses(search: str, place: Place | None, known: tuple[Place, ...]) -> str:
    """The clauses that name the place or no place at all; the whole where they leave nothing to ask."""
    clauses = re.split(r"[,;?!。]", search)
    named = [{found for _, _, found in place_spans(clause, known)} for clause in clauses]
    if place is None or max(map(len, named)) > 1 or sum(map(bool, named)) < 2:
        return search
    own = [clause for clause, places in zip(clauses, named, strict=True) if not places or place in places]
    return ",".join(own) if any(place in places for places in named) else search


def _without_places(search: str, known: tuple[Place, ...]) -> str:
    """The folded question without place names and what joins them."""
    for start, end, _ in reversed(place_spans(search, known)):
        search = f"{search[:start].rstrip(_JOINTS)} {search[end:].lstrip(_JOINTS)}"
    return search.strip()
