"""Answer receipts: an answer kept under a permanent link, and how it stands against the library of today."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import groupby
from typing import Literal
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.answer import Answerer
from bot.kept import Receipt, Source
from bot.messages import message
from bot.privacy import for_keeping
from bot.records import Answer, Citation, Outcome, Statement
from bot.shelf import Shelf
from bot.site import answering, page, reader, style
from bot.validity import state_of
from index.errors import YoujuError
from index.records import PolicyDocument

KEPT = {Outcome.ANSWERED, Outcome.LOOKUP, Outcome.ELSEWHERE, Outcome.NOT_FOUND}
UNANSWERED = {Outcome.ELSEWHERE, Outcome.NOT_FOUND}
_LABELLED = re.compile(r"\[\d+\]$")
_HIDDEN_FROM_ROBOTS = {"x-robots-tag": "noindex, nofollow", "cache-control": "private, no-cache"}
State = Literal["same", "changed", "deleted", "withheld"]


def save_receipt(shelf: Shelf, answer: Answer, place: str = "", on: str = "") -> str:
    """Keep the receipt of an answer, and its question where nothing answered it and the operator collects those.

    Returns the id of `/a/{id}`, empty where there is no receipt: for what is no answer, and where the journal cannot be written.
    `place` and `on` are what the visitor chose on the page; without, the place that was asked about. Never raises.
    """
    places = answer.question.places
    place = place or (places[0].full_name if len(places) == 1 else "")
    try:
        if shelf.settings.keep_questions and answer.outcome in UNANSWERED:
            question = for_keeping(_understood(answer) or answer.question.text)
            shelf.journal.add_question(question, for_keeping(place)[:100], answer.outcome.value, datetime.now(UTC))
        if answer.outcome not in KEPT:
            return ""
        receipt = receipt_for(answer, place=place, on=on)
        shelf.journal.add_receipt(receipt)
    except YoujuError:  # the journal has told the log, once
        return ""
    return receipt.id


def receipt_for(answer: Answer, *, place: str = "", on: str = "") -> Receipt:
    """The receipt of an answer, with a new id that cannot be guessed and without personal numbers."""
    library = answer.library
    return Receipt(
        id=secrets.token_urlsafe(12),
        asked=datetime.now(UTC),
        question=for_keeping(answer.question.text),
        understood=for_keeping(_understood(answer)),
        place=for_keeping(place)[:100],
        on=for_keeping(on)[:10],
        outcome=answer.outcome.value,
        text=for_keeping(answer.lead if answer.statements else answer.text),
        statements=(*answer.statements, *_notes(answer)),
        sources=tuple(_source(c) for c in answer.citations),
        generation=library.generation if library else "",
        built=library.built if library else "",
        documents=library.documents if library else 0,
    )


def _understood(answer: Answer) -> str:
    """What a follow-up asks when it stands alone."""
    question = answer.question
    return question.search if question.history and question.search != question.text else ""


def _notes(answer: Answer) -> list[Statement]:
    """What an answer says after its statements, as statements that cite nothing."""
    return [Statement(for_keeping(line), ()) for line in answer.notes if answer.statements]


def _source(citation: Citation) -> Source:
    c = citation
    named = (c.label, c.document_id, c.title, c.path, c.anchor, c.place, c.doc_no or "")
    return Source(*named, c.dates, c.validity, c.quote, c.start, c.end, c.source)


@dataclass(frozen=True, slots=True)
class CheckedSource:
    """A source and what has become of it. `url` leads to the quote in the library; `newer` is the text that took its place."""

    source: Source
    state: State
    url: str
    newer: PolicyDocument | None
    validity_now: str


@dataclass(frozen=True, slots=True)
class CheckedReceipt:
    """A receipt against the library of today: its sources, whether another library answered, and how to ask again."""

    receipt: Receipt
    sources: tuple[CheckedSource, ...]
    changed: bool
    ask_again: str

    @property
    def differs(self) -> bool:
        """Whether a quote does not stand in the library any more."""
        return any(s.state != "same" for s in self.sources)

    @property
    def withheld(self) -> frozenset[int]:
        """The labels of the quotes that are not shown any more."""
        return frozenset(s.source.label for s in self.sources if s.state == "withheld")

    @property
    def repeated(self) -> frozenset[int]:
        """The labels of the quotes that a statement repeats word for word: on paper they are printed once."""
        said = {s.text for s in self.receipt.statements}
        return frozenset(s.source.label for s in self.sources if s.source.quote.strip() in said)

    def groups(self) -> list[tuple[str, list[Statement]]]:
        """The statements under the line that names their document."""
        return [(name, list(statements)) for name, statements in groupby(self.receipt.statements, lambda s: s.group)]

    def documents(self) -> list[list[CheckedSource]]:
        """The sources of each document together."""
        return [list(found) for _, found in groupby(self.sources, lambda s: s.source.document_id)]


def check(receipt: Receipt, answerer: Answerer, withheld: frozenset[str], *, today: date) -> CheckedReceipt:
    """Look up again every quote of a receipt."""
    documents = answerer.library.documents()
    info = answerer.info
    return CheckedReceipt(
        receipt,
        tuple(_checked(s, documents, answerer.superseded, withheld, today) for s in receipt.sources),
        (receipt.generation, receipt.built) != (info.generation, info.built),
        _ask_again(receipt),
    )


def _ask_again(receipt: Receipt) -> str:
    asked = {"q": receipt.understood or receipt.question, "place": receipt.place, "on": receipt.on}
    return f"/?{urlencode({k: v for k, v in asked.items() if v})}"


def _checked(
    source: Source,
    documents: Sequence[PolicyDocument],
    superseded: Mapping[str, PolicyDocument],
    withheld: frozenset[str],
    today: date,
) -> CheckedSource:
    document = next((d for d in documents if d.id == source.document_id), None)
    if document is None:
        if source.document_id in withheld:
            return CheckedSource(source, "withheld", "", None, "")
        replaced = _replaced(source, documents)
        return CheckedSource(source, "changed" if replaced else "deleted", "", replaced, "")
    newer = superseded.get(document.id)
    now = state_of(document, today, newer).text
    at = source.start if document.text[source.start : source.end] == source.quote else document.text.find(source.quote)
    if at < 0:
        return CheckedSource(source, "changed", f"/documents/{document.id}", document, "")
    url = f"/documents/{document.id}?quote={at}-{at + len(source.quote)}#{source.anchor}"
    return CheckedSource(source, "same", url, newer, now if now != source.validity else "")


def _replaced(source: Source, documents: Sequence[PolicyDocument]) -> PolicyDocument | None:
    """The document that is in the library instead of a cited one: the same number, or the same title from the same file."""
    for document in documents:
        if source.doc_no and document.doc_no == source.doc_no:
            return document
        if document.title == source.title and source.file in document.sources:
            return document
    return None


def routes(shelf: Shelf) -> list[Route]:
    """The receipts' pages. Raises `SettingsError` for a database that cannot be used."""
    journal = shelf.journal

    def receipt(request: Request) -> Response:
        found, language = journal.receipt(request.path_params["id"]), reader(request)
        if found is None:
            sentence = message("no_receipt", file="receipt", days=journal.days)
            return page("missing.html", 404, language=language, sentence=sentence)
        answerer = shelf.answerer
        checked = check(found, answerer, journal.withheld(), today=date.today())
        shown = page(
            "receipt.html", texts="receipt", language=language, checked=checked, receipt=found, info=answerer.info
        )
        shown.headers.update(_HIDDEN_FROM_ROBOTS)
        return shown

    return [Route("/a/{id}", answering(receipt)), Route("/receipt.css", style("receipt.css"))]
