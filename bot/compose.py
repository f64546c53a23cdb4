"""The ways to answer from passages: what applies to the asker, what other places say, or the nearest sections."""

from __future__ import annotations

from collections.abc import Sequence

from bot.answerable import probability
from bot.case import Case
from bot.cues import has_cue
from bot.draft import Draft, cited, lay_out, write
from bot.extractive import Asked, Quote, choose_quotes
from bot.messages import message
from bot.records import Hit, Outcome
from bot.widen import child_headings, matching_rows, responsible_tail, sibling_headings
from index.records import Place

ARTICLES, NEAREST, PLACES_SHOWN = 2, 3, 8
CLOSE = 1.5  # a further article of the same document speaks when the best one leads by no more than this
OTHER_CLOSE = 0.5  # of another document


def state(case: Case) -> Draft | None:
    """What the documents say that hold for the asker, the nearest level first."""
    if not case.applicable or case.sure < case.least:
        return None
    return _drafted(case, speaking(case, case.applicable), Outcome.ANSWERED)


def elsewhere(case: Case) -> Draft | None:
    """What only other places say, each sentence under its place, where what applies to the asker does not say it."""
    here = {h.chunk.id for h in case.applicable}
    others = [h for h in case.hits if h.chunk.id not in here and case.document(h).kind != "third_party"]
    if not case.question.places or not others or probability(case.question, others) < case.least:
        return None
    return _drafted(case, speaking(case, others), Outcome.ELSEWHERE, lead=_not_here(case, "elsewhere"))


def nearest_sections(case: Case) -> Draft:
    """Say that nothing answers, and name the nearest sections without quoting them."""
    question, script = case.question, case.question.script
    hits = case.hits[:NEAREST]
    lead = message("not_found_nearest", script=script) if hits else ""
    said = _not_here(case, "unknown_place") if _unknown(case) else ""
    return lay_out(
        Draft(
            Outcome.NOT_FOUND,
            "",
            nearest=tuple(cited(question, _whole(case, h), n, case.searcher.superseded) for n, h in enumerate(hits, 1)),
            lead=said + message("not_found", script=script, nearest=lead),
            notes=(message("not_found_advice", script=script),),
        )
    )


def speaking(case: Case, hits: Sequence[Hit]) -> list[Hit]:
    """The hits that enter an answer: the best and those close behind it, the nearest level first."""
    best, first = hits[0].score, hits[0].chunk.document_id
    close = [h for h in hits if h.score >= best - (CLOSE if h.chunk.document_id == first else OTHER_CLOSE)]
    if not case.question.places:
        return close[:ARTICLES]
    return sorted(close[:ARTICLES], key=lambda h: -_depth(case.document(h).place))


def quotes_of(case: Case, hit: Hit) -> list[Quote]:
    """What a hit's article says to the question: departments, table rows, the headings of a list, or its best sentences."""
    question, library = case.question, case.searcher.library
    document = library.document(hit.chunk.document_id)
    article = library.article(document.id, hit.chunk.article)
    tail = responsible_tail(document, article) if question.answer_type == "who" else []
    if has_cue(question.search, "responsible", "cues") and (tail or "责任单位" in question.search):
        return tail  # an item that names none has none to quote
    if hit.chunk.text.startswith("|"):
        rows = matching_rows(question, hit, document, article, library.tables(document.id))
        if rows:
            return rows
    if question.answer_type == "list":
        articles = library.articles(document.id)
        headings = child_headings(hit, document, articles) or sibling_headings(question, hit, document, articles)
        if headings:
            return headings
    return [*choose_quotes(Asked(question, case.terms, case.searcher.reader), hit, document, article), *tail]


def _drafted(case: Case, hits: Sequence[Hit], outcome: Outcome, lead: str = "") -> Draft | None:
    quotes = [q for hit in hits for q in quotes_of(case, hit)]
    searcher = case.searcher
    draft = write(case.question, quotes, searcher.library, searcher.superseded, outcome, lead=lead)
    return draft if draft.statements else None


def _whole(case: Case, hit: Hit) -> Quote:
    article = case.searcher.library.article(hit.chunk.document_id, hit.chunk.article)
    return Quote(case.document(hit), article, hit.chunk.start, hit.chunk.end)


def _unknown(case: Case) -> bool:
    """Whether the library holds no document of the asked places' own, nor of a place above them or below."""
    places = case.question.places
    related = (k for k in case.known for p in places if k.covers(p) or p.covers(k))
    return bool(places) and all(p.path for p in places) and not any(related)


def _not_here(case: Case, key: str) -> str:
    """The sentence that says whose rules are not there: the asked place has no documents, or they do not say it."""
    script = case.question.script
    place = "、".join(p.name for p in case.question.places)
    if not _unknown(case):
        return message(key, script=script, place=place)
    key = "elsewhere_no_documents" if key == "elsewhere" else key
    return message(key, script=script, place=place, places=listed(case.known))


def listed(places: Sequence[Place]) -> str:
    """The first places' names, with their number where there are more."""
    names = "、".join(p.name for p in places[:PLACES_SHOWN])
    return message("places_more", file="page", places=names, count=len(places)) if len(places) > PLACES_SHOWN else names


def _depth(place: Place | None) -> int:
    return len(place.path) if place else 0
