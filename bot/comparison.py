"""Questions that set places side by side: what each of them says, in its own words, one group a place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bot.answerable import probability
from bot.case import Case
from bot.compose import CLOSE, fits, quotes_of
from bot.cues import has_cue
from bot.draft import Draft, write
from bot.extractive import Quote
from bot.messages import message
from bot.records import Hit, Outcome
from index.places import NATION
from index.records import Place

MOST_PLACES, ASKED_EACH = 8, 20
LEAST_SHARE = (
    0.6  # a place speaks from this share of the usual probability: that all of them are asked for makes each likelier
)
CLEAR = 2.5  # how far behind the clearest place's score another may be when nobody named it
EACH = 2  # passages of a place


def compare(case: Case) -> Draft | None:
    """What each place says, in order of the question; None where no comparison is asked for or fewer than two have a say."""
    question, searcher = case.question, case.searcher
    if has_cue(question.search, "compare", "versions") and len(question.documents) > 1:
        return _versions(case)
    asked = sides(case)
    if len(asked) < 2 and not everywhere(case):
        return None
    found: dict[Place, list[Quote]] = {}
    scores: dict[Place, float] = {}
    for place in asked or _places_heard(case):
        own = case.narrowed(place)
        hits = _own_hits(own, place)
        quotes = [q for hit in hits for q in quotes_of(own, hit)]
        if quotes and fits(own.question, quotes):
            found[place], scores[place] = quotes, max(hit.score for hit in hits)
    if len(found) < (1 if asked else 2):
        return None
    if not asked:
        found = _best_of(found, scores)
    script = question.script
    silent = "、".join(place.name for place in asked if place not in found)
    notes = (message("compare_silent", script=script, places=silent),) if silent else ()
    quotes = [q for of_place in found.values() for q in of_place]
    lead = message("compare_lead", script=script)
    draft = write(question, quotes, searcher.library, searcher.superseded, Outcome.ANSWERED, lead=lead, notes=notes)
    return replace(draft, layout="comparison") if len(found) > 1 else draft


def _versions(case: Case) -> Draft | None:
    """What each version of a named document says, the one in force first."""
    searcher = case.searcher
    quotes: list[Quote] = []
    for document_id in sorted(case.question.documents, key=lambda i: i in searcher.superseded):
        own = case.of_document(document_id)
        if own.applicable and own.sure >= LEAST_SHARE * case.least:
            quotes += [q for hit in own.applicable[:1] for q in quotes_of(own, hit)]
    if len({q.document.id for q in quotes}) < 2:
        return None
    lead = message("compare_lead", script=case.question.script)
    draft = write(case.question, quotes, searcher.library, searcher.superseded, Outcome.ANSWERED, lead=lead)
    return replace(draft, layout="comparison")


def sides(case: Case) -> tuple[Place, ...]:
    """The places to be set side by side: those named, those of documents named beside them, the nation where it is named."""
    question = case.question
    if not question.places or not (len(question.places) > 1 or has_cue(question.search, "compare", "cues")):
        return ()
    named = (case.searcher.library.document(i).place for i in question.documents)
    nation = [NATION] if has_cue(question.search, "compare", "nation") else []
    return tuple(dict.fromkeys([*question.places, *(p for p in named if p), *nation]))


def everywhere(case: Case) -> bool:
    """Whether a comparison among all places is asked for, and none is named."""
    question = case.question
    return not question.places and not question.documents and has_cue(question.search, "compare", "everywhere")


def _best_of(found: dict[Place, list[Quote]], scores: dict[Place, float]) -> dict[Place, list[Quote]]:
    """Of all places those that say it nearly as clearly as the clearest, clearest first."""
    ranked = sorted(found, key=lambda place: -scores[place])
    return {place: found[place] for place in ranked[:MOST_PLACES] if scores[place] >= scores[ranked[0]] - CLEAR}


def _places_heard(case: Case) -> Sequence[Place]:
    """The places, the nation apart: all where they are few, else those whose documents are among the best hits."""
    if len(case.known) <= ASKED_EACH:
        return case.known
    heard = (case.document(h).place for h in case.narrowed(None).hits)
    return tuple(dict.fromkeys(place for place in heard if place and place.path))[:ASKED_EACH]


def _own_hits(case: Case, place: Place) -> list[Hit]:
    """The likeliest of the best hits in the place's own documents, else in those above it, if likely enough to answer."""
    own = [h for h in case.applicable if case.document(h).place == place]
    for hits in (own, case.applicable):
        if hits and probability(case.question, hits) >= LEAST_SHARE * case.least:
            close = [h for h in hits if h.score >= hits[0].score - CLOSE]
            likely = {h.chunk.id: probability(case.question, [h]) for h in close}
            best = max(likely.values())
            ranked = sorted(close, key=lambda h: -likely[h.chunk.id])
            return [h for h in ranked if h is hits[0] or likely[h.chunk.id] >= best / 2][:EACH]
    return []
