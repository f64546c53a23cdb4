"""A question with what was found for it: what every way of answering works on."""

from __future__ import annotations

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

    def narrowed(self, place: Place | None) -> Case:
        """The same question asked for one place alone, or none, without the names of places and the words that compare."""
        search = _without_places(self.question.search, self.known)
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
    official = [h for h in here if library.document(h.chunk.document_id).kind != "third_party"]
    terms = search_terms(question, searcher.lexicon)
    return Case(question, terms, hits, tuple(official or here), searcher, known, least)


def _without_places(search: str, known: tuple[Place, ...]) -> str:
    """The folded question without place names and what joins them."""
    for start, end, _ in reversed(place_spans(search, known)):
        search = f"{search[:start].rstrip(_JOINTS)} {search[end:].lstrip(_JOINTS)}"
    return search.strip()
