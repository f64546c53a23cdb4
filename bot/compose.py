"""The ways to answer from passages: what applies to the asker, what other places say, or the nearest sections."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from bot.answerable import probability
from bot.case import Case, old_versions
from bot.cues import has_cue
from bot.draft import Draft, cited, labelled, lay_out, write
from bot.extractive import Asked, Quote, choose_quotes
from bot.features import FIGURES, agrees
from bot.holes import behind, damaged, inside, told
from bot.messages import message
from bot.records import Hit, Outcome, Question
from bot.units import asked_units, has_unit
from bot.validity import State, deadline_remark, state_of
from bot.widen import child_headings, matching_rows, responsible_tail, sibling_headings
from index.records import Place
from index.tokens import fold

ARTICLES, NEAREST, PLACES_SHOWN = 2, 3, 8
LIKELIER = 0.3  # a national rule about something near is no answer to what a county pays
TRIED = 4  # best hits that may turn out to lack the figure asked for
CLOSE = 1.5  # a further article of the same document speaks when the best one leads by no more than this
OTHER_CLOSE = 0.5  # of another document


def state(case: Case) -> Draft | None:
    """What the documents say that hold for the asker, the nearest level first; nothing that lacks the figure asked for."""
    hits = [h for h in case.applicable if not _beside_the_point(case, h)]
    return _stated(case, [h for h in hits if not _overtaken(case, h)]) or _stated(case, hits)


def _stated(case: Case, hits: Sequence[Hit]) -> Draft | None:
    for skipped in range(min(TRIED, len(hits))):
        left = hits[skipped:]
        sure = probability(case.question, left)
        if sure < case.least or _likelier_elsewhere(case, left[0], sure):
            return None
        spoken = speaking(case, left)
        quotes = [q for hit in spoken for q in quotes_of(case, hit)]
        if quotes and fits(case.question, quotes):
            found = inside(case, quotes)
            return told(case, *found) if found else _drafted(case, quotes, Outcome.ANSWERED)
    return None


def fits(question: Question, quotes: Sequence[Quote]) -> bool:
    """Whether the quotes hold a figure of the kind and unit that the question asks for."""
    if question.answer_type not in FIGURES:
        return True
    text = " ".join(q.row or q.document.text[q.start : q.end] for q in quotes)
    units = asked_units(question.search)
    return any(has_unit(unit, fold(text)) for unit in units) if units else agrees(question.answer_type, text)


def elsewhere(case: Case) -> Draft | None:
    """What only other places say, each sentence under its place, where what applies to the asker does not say it."""
    abroad = case.elsewhere()
    if not abroad.applicable or abroad.sure < case.least:
        return None
    quotes = [q for hit in speaking(abroad, abroad.applicable) for q in quotes_of(abroad, hit)]
    if not fits(abroad.question, quotes):
        return None
    return _drafted(case, quotes, Outcome.ELSEWHERE, lead=_not_here(case, "elsewhere"))


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
            notes=(*_behind(case), message("not_found_advice", script=script)),
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
    articles = library.articles(document.id)
    headings = child_headings(hit, document, articles)
    if question.answer_type == "list":
        headings = headings or sibling_headings(question, hit, document, articles)
    if headings:
        return headings
    return [*choose_quotes(Asked(question, case.terms, case.searcher.reader), hit, document, article), *tail]


def _drafted(case: Case, quotes: Sequence[Quote], outcome: Outcome, lead: str = "") -> Draft | None:
    searcher, script = case.searcher, case.question.script
    notes = [message("damaged_quote", script=script)] if damaged(quotes) else []
    draft = write(case.question, quotes, searcher.library, searcher.superseded, outcome, lead=lead, notes=notes)
    return draft if draft.statements else None


def warned(case: Case, draft: Draft) -> Draft:
    """With what a reader must know besides: that nothing quoted is in force, that it was read from a scan, that a deadline passed."""
    if not draft.statements:
        return draft
    question, script = case.question, case.question.script
    on = question.on or date.today()
    notes = list(draft.notes)
    apart = draft.outcome is Outcome.ELSEWHERE  # a note on another place's rule names that place too
    if not apart and not any(c.binding for c in draft.citations) and not old_versions(question, case.searcher):
        states = "；".join(dict.fromkeys(c.validity for c in draft.citations))
        notes.append(message("not_in_force_alone", script=script, states=states))
    scanned = [c.label for c in draft.citations if case.searcher.library.document(c.document_id).recognised]
    if scanned:
        labels = "".join(f"[{label}]" for label in scanned)
        notes.append(message("recognised_note", script=script, labels=labels))
    remarks = ((deadline_remark(c.quote, on, script=script), c.place) for c in draft.citations)
    notes += dict.fromkeys(labelled(remark, place) if apart else remark for remark, place in remarks if remark)
    return lay_out(replace(draft, notes=tuple(notes)))


def _overtaken(case: Case, hit: Hit) -> bool:
    """Whether a hit's document is not yet, or no longer, the rule: another that is in force answers before it."""
    document, on = case.document(hit), case.question.on or date.today()
    state = state_of(document, on, case.searcher.superseded.get(document.id)).state
    return state in (State.NOT_YET, State.EXPIRED, State.SUPERSEDED) and not old_versions(case.question, case.searcher)


def _likelier_elsewhere(case: Case, best: Hit, sure: float) -> bool:
    """Whether the best hit is a higher level's, and another place's document is far likelier to hold the answer."""
    if not case.question.places or case.document(best).place in case.question.places or sure + LIKELIER > 1:
        return False
    return case.elsewhere().sure >= sure + LIKELIER


def _beside_the_point(case: Case, hit: Hit) -> bool:
    """Whether a hit is no answer by its kind: a document's first lines where they are not asked about, a heading without text."""
    library = case.searcher.library
    articles = library.articles(hit.chunk.document_id)
    article = articles[hit.chunk.article]
    if article.kind == "front":
        return not has_cue(case.question.search, "metadata", "cues")
    document = library.document(hit.chunk.document_id)
    empty = not document.text[article.body : article.end].strip() and not hit.chunk.text.startswith("|")
    return empty and not child_headings(hit, document, articles)


def _whole(case: Case, hit: Hit) -> Quote:
    article = case.searcher.library.article(hit.chunk.document_id, hit.chunk.article)
    return Quote(case.document(hit), article, hit.chunk.start, hit.chunk.end)


def _behind(case: Case) -> tuple[str, ...]:
    gap = behind(case)
    return (message("not_found_behind", script=case.question.script, gap=gap),) if gap else ()


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
