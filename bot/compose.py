"""From hits to a drafted answer: which articles speak, grouped by document, each statement a quote with its number."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from bot.citations import cite, proved
from bot.cues import has_cue
from bot.extractive import Asked, Quote, choose_quotes
from bot.features import Terms
from bot.messages import message
from bot.records import Citation, Hit, Outcome, Question, Statement
from bot.retrieve import Searcher
from bot.widen import child_headings, matching_rows, responsible_tail, sibling_headings
from index.records import Article, PolicyDocument, Table

ARTICLES, COMPARED, NEAREST = 2, 6, 3
CLOSE = 1.5  # a further article of the same document speaks when the best one leads by no more than this
ELSEWHERE_CLOSE = 0.5  # of another document
COMPARE_CLOSE = 6.0


class Readable(Protocol):
    """What composing needs of a library."""

    def document(self, document_id: str) -> PolicyDocument: ...
    def article(self, document_id: str, ordinal: int) -> Article: ...
    def articles(self, document_id: str) -> Sequence[Article]: ...
    def tables(self, document_id: str) -> Sequence[Table]: ...


@dataclass(frozen=True, slots=True)
class Draft:
    """An answer before its timings."""

    outcome: Outcome
    text: str
    statements: tuple[Statement, ...] = ()
    citations: tuple[Citation, ...] = ()
    nearest: tuple[Citation, ...] = ()


def draft_answer(
    question: Question,
    terms: Terms,
    hits: Sequence[Hit],
    searcher: Searcher,
    *,
    elsewhere: bool = False,
) -> Draft:
    """State what the best articles say. With `elsewhere` every statement carries its place, since it does not apply."""
    speaking = _speaking(question, hits, searcher.library)
    quotes = [q for hit in speaking for q in _quotes(question, terms, hit, searcher)]
    outcome = Outcome.ELSEWHERE if elsewhere else Outcome.ANSWERED
    return write(question, quotes, searcher.library, searcher.superseded, outcome)


def write(
    question: Question,
    quotes: Sequence[Quote],
    library: Readable,
    superseded: Mapping[str, PolicyDocument],
    outcome: Outcome,
) -> Draft:
    """Number the quotes, check them, and lay the answer out by document and heading path."""
    on = question.on or date.today()
    unique = list({(q.document.id, q.start, q.end): q for q in quotes}.values())
    citations, statements = [], []
    for label, quote in enumerate(_by_document(unique), 1):
        newer = superseded.get(quote.document.id)
        citation = cite(
            label, quote.document, quote.article, quote.start, quote.end, on=on, newer=newer.title if newer else ""
        )
        citations.append(citation)
        text = quote.row or citation.quote.strip()
        statements.append(Statement(text, (label,), group(citation)))
    kept = proved(statements, citations, library)
    used = {label for s in kept for label in s.labels}
    return Draft(
        outcome, _layout(question, kept, citations, outcome), kept, tuple(c for c in citations if c.label in used)
    )


def group(citation: Citation) -> str:
    """The line under which a document's statements stand: title, 文号, place, validity."""
    title = citation.title if "《" in citation.title else f"《{citation.title}》"
    marks = "，".join(x for x in (citation.doc_no, citation.place, citation.validity) if x)
    return f"{title}（{marks}）"


def nearest_sections(
    question: Question, hits: Sequence[Hit], library: Readable, superseded: Mapping[str, PolicyDocument]
) -> Draft:
    """Say that nothing answers, and name the nearest sections without quoting them."""
    on = question.on or date.today()
    nearest = []
    for label, hit in enumerate(hits[:NEAREST], 1):
        document = library.document(hit.chunk.document_id)
        article = library.article(document.id, hit.chunk.article)
        newer = superseded.get(document.id)
        nearest.append(
            cite(label, document, article, hit.chunk.start, hit.chunk.end, on=on, newer=newer.title if newer else "")
        )
    script = question.script
    lead = message("not_found_nearest", script=script) if nearest else ""
    lines = [message("not_found", script=script, nearest=lead)]
    lines += [f"· {group(c)} {c.path}" for c in nearest]
    lines.append(message("not_found_advice", script=script))
    return Draft(Outcome.NOT_FOUND, "\n".join(lines), nearest=tuple(nearest))


def _speaking(question: Question, hits: Sequence[Hit], library: Readable) -> list[Hit]:
    """The hits that enter the answer: the best, those close behind it, one a place when places are compared."""
    best = hits[0].score
    if has_cue(question.search, "compare", "cues") or len(question.places) > 1:
        by_document: dict[tuple[str, ...] | str, Hit] = {}
        for hit in hits:
            place = library.document(hit.chunk.document_id).place
            if hit.score >= best - COMPARE_CLOSE:
                by_document.setdefault(place.path if place else hit.chunk.document_id, hit)
        return list(by_document.values())[:COMPARED]
    first = hits[0].chunk.document_id
    close = [h for h in hits if h.score >= best - (CLOSE if h.chunk.document_id == first else ELSEWHERE_CLOSE)]
    return close[:ARTICLES]


def _quotes(question: Question, terms: Terms, hit: Hit, searcher: Searcher) -> list[Quote]:
    library = searcher.library
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
    return [*choose_quotes(Asked(question, terms, searcher.reader), hit, document, article), *tail]


def _by_document(quotes: Sequence[Quote]) -> list[Quote]:
    order = {q.document.id: i for i, q in reversed(list(enumerate(quotes)))}
    return sorted(quotes, key=lambda q: (order[q.document.id], q.article.ordinal, q.start))


def _layout(
    question: Question, statements: Sequence[Statement], citations: Sequence[Citation], outcome: Outcome
) -> str:
    by_label = {c.label: c for c in citations}
    lines: list[str] = []
    if outcome is Outcome.ELSEWHERE and question.places:
        place = "、".join(p.name for p in question.places)
        lines.append(message("elsewhere", script=question.script, place=place))
    elif outcome is Outcome.LOOKUP:
        lines.append(message("lookup_document", script=question.script))
    shown = path = ""
    for statement in statements:
        citation = by_label[statement.labels[0]]
        if statement.group != shown:
            lines.append(statement.group)
            shown, path = statement.group, ""
        if citation.path != path:
            lines.append(citation.path)
            path = citation.path
        marks = "".join(f"[{label}]" for label in statement.labels)
        text = _labelled(statement.text, citation.place) if outcome is Outcome.ELSEWHERE else statement.text
        lines.append(f"{text}{marks}")
    return "\n".join(lines)


def _labelled(text: str, place: str) -> str:
    """Each sentence with its place before it, so that no sentence of another place's rule stands alone."""
    sentences = [s for s in text.replace("；", "；\n").replace("。", "。\n").splitlines() if s.strip()]
    return "".join(f"【{place}】{s}" for s in sentences)
