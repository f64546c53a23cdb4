"""An answer as it is written down: quotes numbered, proved, and laid out by document and heading path."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Protocol

from bot.citations import cite, proved
from bot.extractive import Quote
from bot.messages import message
from bot.records import Citation, Computation, Layout, Outcome, Question, Statement
from bot.scope import standing
from index.records import Article, PolicyDocument, Table


class Readable(Protocol):
    """What composing needs of a library."""

    def document(self, document_id: str, /) -> PolicyDocument: ...
    def article(self, document_id: str, ordinal: int) -> Article: ...
    def articles(self, document_id: str) -> Sequence[Article]: ...
    def tables(self, document_id: str) -> Sequence[Table]: ...


@dataclass(frozen=True, slots=True)
class Draft:
    """An answer before its timings. `lead` and `notes` are the program's own sentences before and after the statements.

    `written_by`: the language model whose sentences the statements are; "" where they are the quotes themselves.
    """

    outcome: Outcome
    text: str
    statements: tuple[Statement, ...] = ()
    citations: tuple[Citation, ...] = ()
    nearest: tuple[Citation, ...] = ()
    lead: str = ""
    notes: tuple[str, ...] = ()
    written_by: str = ""
    growing: bool = False
    layout: Layout = "list"


@dataclass(frozen=True, slots=True)
class Remark:
    """A statement that the program computes from quotes, with what proves it."""

    text: str
    computation: Computation


def write(
    question: Question,
    quotes: Sequence[Quote],
    library: Readable,
    superseded: Mapping[str, PolicyDocument],
    outcome: Outcome,
    *,
    lead: str = "",
    notes: Sequence[str] = (),
    remark: Remark | None = None,
) -> Draft:
    """Number the quotes, check them, and lay the answer out; `remark` follows the quotes, citing them all."""
    unique = list({(q.document.id, q.start, q.end): q for q in quotes}.values())
    citations, statements = [], []
    for label, quote in enumerate(_by_document(unique), 1):
        citation = cited(question, quote, label, superseded)
        citations.append(citation)
        if not quote.silent:
            statements.append(Statement(quote.row or citation.quote.strip(), (label,), group(citation)))
    if remark and citations:
        labels = tuple(c.label for c in citations)
        statements.append(Statement(remark.text, labels, group(citations[-1]), (remark.computation,)))
    kept = proved(statements, citations, library)
    used = {label for s in kept for label in s.labels}
    return lay_out(
        Draft(outcome, "", kept, tuple(c for c in citations if c.label in used), lead=lead, notes=tuple(notes))
    )


def cited(question: Question, quote: Quote, label: int, superseded: Mapping[str, PolicyDocument]) -> Citation:
    """The quote as a citation, valid as of the question's day, with how its document stands to the asked place."""
    document, on = quote.document, question.on or date.today()
    newer = superseded.get(document.id)
    citation = cite(label, document, quote.article, quote.start, quote.end, on=on, newer=newer)
    return replace(citation, standing=standing(document, question.places))


def group(citation: Citation) -> str:
    """The line under which a document's statements stand: title, 文号, place, standing, validity.

    Commas part them: a reader, and a check by sentences, must find the place with whatever figure stands beside it.
    """
    title = citation.title if "《" in citation.title else f"《{citation.title}》"
    known = (
        citation.doc_no,
        citation.place,
        message(citation.standing) if citation.standing else "",
        citation.validity,
    )
    return f"{title}（{'，'.join(x for x in known if x)}）"


def lay_out(draft: Draft) -> Draft:
    """The draft with its shown text."""
    by_label = {c.label: c for c in draft.citations}
    lines = [draft.lead] if draft.lead else []
    shown = path = ""
    for statement in draft.statements:
        citation = by_label[statement.labels[-1]]
        if statement.group != shown:
            lines.append(statement.group)
            shown, path = statement.group, ""
        if citation.path != path:
            lines.append(citation.path)
            path = citation.path
        marks = "".join(f"[{label}]" for label in statement.labels)
        text = labelled(statement.text, citation.place) if draft.outcome is Outcome.ELSEWHERE else statement.text
        lines.append(f"{text}{marks}")
        if statement.translation:
            lines.append(translation_line(statement))
    lines += [f"· {group(c)} {c.path}" for c in draft.nearest]
    return replace(draft, text="\n".join([*lines, *draft.notes]))


def translation_line(statement: Statement) -> str:
    """A statement's translation, named as one for a reader who reads no Chinese; empty where there is none."""
    return message("translation", script="english", text=statement.translation) if statement.translation else ""


def labelled(text: str, place: str) -> str:
    """Each sentence with its place before it, so that no sentence of another place's rule stands alone."""
    sentences = [s for s in text.replace("；", "；\n").replace("。", "。\n").splitlines() if s.strip()]
    return "".join(f"【{place}】{s}" for s in sentences)


def _by_document(quotes: Sequence[Quote]) -> list[Quote]:
    order = {q.document.id: i for i, q in reversed(list(enumerate(quotes)))}
    return sorted(quotes, key=lambda q: (order[q.document.id], q.silent, q.article.ordinal, q.start))
