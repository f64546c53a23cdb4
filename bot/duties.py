"""Questions that turn the responsible departments round: which items of a document or place a department answers for."""

from __future__ import annotations

import re

from bot.case import Case
from bot.cues import has_cue
from bot.departments import Departments
from bot.draft import Draft, write
from bot.extractive import Quote
from bot.messages import message
from bot.records import Outcome
from bot.widen import responsible_tail

MOST_ITEMS = 20
_BODY = re.compile(r"[\u4e00-\u9fff]{2,10}?[局厅委办部]")
_DUTY = re.compile("负责|牵头|挂名|管|担")


def duties(case: Case, departments: Departments) -> Draft | None:
    """The headings of a department's items with the words that name it; None where no department or scope is named."""
    question, searcher = case.question, case.searcher
    scope = {*question.documents, *question.doc_nos}
    scope = scope or {d.id for d in searcher.library.documents() if d.place and d.place in question.places}
    if not scope or question.answer_type == "who" or not has_cue(question.search, "duties", "cues"):
        return None
    names, _, _ = departments.asked(question.search)
    names = names or _named(question.search, departments)
    units = {unit for name in names for unit in departments.answering(name)}
    items = {item for unit in units for item in departments.units[unit] if item[0] in scope}
    if not items or len(items) > MOST_ITEMS:
        return None
    quotes: list[Quote] = []
    implicit = False
    for document_id, ordinal in sorted(items):
        document, article = searcher.library.document(document_id), searcher.library.article(document_id, ordinal)
        head = len(document.text[article.start : article.body].rstrip())
        own = tuple(unit for unit in article.responsible if unit in units)
        implicit = implicit or departments.implicit(document, article, own)
        quotes.append(Quote(document, article, article.start, article.start + head))
        quotes += responsible_tail(document, article)
    notes = (message("implicit_duty", script=question.script),) if implicit else ()
    lead = message("duties_lead", script=question.script, names="、".join(names))
    return write(question, quotes, searcher.library, searcher.superseded, Outcome.ANSWERED, lead=lead, notes=notes)


def _named(folded: str, departments: Departments) -> tuple[str, ...]:
    """The first known department named anywhere in a question that speaks of being responsible."""
    for match in _BODY.finditer(folded) if _DUTY.search(folded) else ():
        for start in range(len(match[0]) - 2):
            if departments.answering(match[0][start:]):
                return (match[0][start:],)
    return ()
