"""What is kept of answers, all frozen: receipts, feedback on them, and questions that found no answer. Nothing names a visitor."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from bot.records import Statement

REASONS = ("off_topic", "wrong_citation", "expired", "wrong_place", "not_found")


@dataclass(frozen=True, slots=True)
class Source:
    """A quote with its document as they stood when they were cited. `document_id` is a hash of the text: the document's version."""

    label: int
    document_id: str
    title: str
    path: str
    anchor: str
    place: str
    doc_no: str
    dates: tuple[tuple[str, str], ...]
    validity: str
    quote: str
    start: int
    end: int
    file: str


@dataclass(frozen=True, slots=True)
class Receipt:
    """An answer as it was given. `understood` is the question with what an earlier turn added, empty where nothing did.

    `asked` is in UTC; `generation`, `built` and `documents` tell which library answered.
    """

    id: str
    asked: datetime
    question: str
    understood: str
    place: str
    on: str
    outcome: str
    text: str
    statements: tuple[Statement, ...]
    sources: tuple[Source, ...]
    generation: str
    built: str
    documents: int

    def values(self) -> dict[str, Any]:
        """The receipt as JSON values, without its id and time."""
        return {k: v for k, v in asdict(self).items() if k not in ("id", "asked")}


def receipt_of(receipt_id: str, asked: datetime, values: dict[str, Any]) -> Receipt:
    """The receipt that `Receipt.values` was made of. Raises TypeError or KeyError for other values."""
    statements = tuple(
        Statement(s["text"], tuple(s["labels"]), s["group"], translation=s.get("translation", ""))
        for s in values["statements"]
    )
    sources = tuple(Source(**{**s, "dates": tuple((a, b) for a, b in s["dates"])}) for s in values["sources"])
    return Receipt(receipt_id, asked, **{**values, "statements": statements, "sources": sources})


@dataclass(frozen=True, slots=True)
class Feedback:
    """What a visitor thought of an answer: good or not, why (of `REASONS`), in own words."""

    receipt: str
    given: datetime
    good: bool
    reasons: tuple[str, ...]
    remark: str


@dataclass(frozen=True, slots=True)
class Unanswered:
    """A question that found no answer."""

    id: int
    asked: datetime
    question: str
    place: str
    outcome: str
