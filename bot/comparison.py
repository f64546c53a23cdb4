"""Questions that set places side by side: what each of them says, in its own words, one group a place."""

from __future__ import annotations

from collections.abc import Sequence

from bot.answerable import probability
from bot.case import Case
from bot.compose import CLOSE, quotes_of
from bot.cues import has_cue
from bot.draft import Draft, write
from bot.extractive import Quote
from bot.messages import message
from bot.records import Hit, Outcome
from index.records import Place

MOST_PLACES = 8
LEAST_SHARE = (
    0.6  # a place speaks from this share of the usual probability: that all of them are asked for makes each likelier
)
EACH = 2  # passages of a place


def compare(case: Case) -> Draft | None:
    """What each place says, in order of the question; None where no comparison is asked for or fewer than two have a say."""
    question = case.question
    if not asks_comparison(case):
        return None
    places = question.places if len(question.places) > 1 else _places_heard(case)
    found: dict[Place, list[Quote]] = {}
    for place in places[:MOST_PLACES]:
        own = case.narrowed(place)
        quotes = [q for hit in _own_hits(own, place) for q in quotes_of(own, hit)]
        if quotes:
            found[place] = quotes
    if len(found) < (1 if len(question.places) > 1 else 2):
        return None
    silent = [p.name for p in places if p not in found] if len(question.places) > 1 else []
    script, searcher = question.script, case.searcher
    notes = (message("compare_silent", script=script, places="、".join(silent)),) if silent else ()
    quotes = [q for of_place in found.values() for q in of_place]
    lead = message("compare_lead", script=script)
    return write(question, quotes, searcher.library, searcher.superseded, Outcome.ANSWERED, lead=lead, notes=notes)


def asks_comparison(case: Case) -> bool:
    """Whether several places are named, or a comparison among all is asked for."""
    question = case.question
    return len(question.places) > 1 or (
        not question.places and not question.documents and has_cue(question.search, "compare", "everywhere")
    )


def _places_heard(case: Case) -> Sequence[Place]:
    """The places, the nation apart: all where they are few, else those whose documents are among the best hits."""
    if len(case.known) <= MOST_PLACES:
        return case.known
    heard = (case.document(h).place for h in case.narrowed(None).hits)
    return tuple(dict.fromkeys(place for place in heard if place and place.path))


def _own_hits(case: Case, place: Place) -> list[Hit]:
    """The likeliest of the best hits in the place's own documents, else in those above it, if likely enough to answer."""
    own = [h for h in case.applicable if case.document(h).place == place]
    for hits in (own, case.applicable):
        if hits and probability(case.question, hits) >= LEAST_SHARE * case.least:
            close = [h for h in hits if h.score >= hits[0].score - CLOSE]
            return sorted(close, key=lambda h: -probability(case.question, [h]))[:EACH]
    return []
