"""Answers, sections and lists as escaped HTML fragments for the chat page. No layout of the page, no Gradio."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

from markupsafe import Markup, escape

from bot.messages import message
from bot.pages import permalink, templates
from bot.records import Answer, Citation, Outcome, Statement

_FIGURE = re.compile(
    r"\d+(?:[.:：]\d+)*(?:[%％]|[万亿]?(?:元|人|名|所|个|年|月|日|天|岁|倍|分钟|小时|学时|课时|公里|平方米))*"
)
_HAN = re.compile(r"[\u4e00-\u9fff]")
_LEAST_RUN = 3


def fragment(name: str, **variables: Any) -> str:
    """A template as one HTML block: without line breaks, so that a Markdown renderer reads nothing in it as Markdown."""
    html = templates().get_template(name).render(**variables)
    return re.sub(r"(?<=[>])\s*\n\s*|\s*\n\s*(?=<)", "", html.strip()).replace("\n", "<br>")


def question_html(text: str) -> str:
    """A visitor's words, escaped."""
    return f'<div class="asked">{str(escape(text.strip())).replace(chr(10), "<br>")}</div>'


def streamed(answer: Answer) -> Iterator[str]:
    """The answer growing statement by statement; the last one is complete, with its cards."""
    for shown in range(1, len(answer.statements)):
        yield answer_html(answer, shown)
    yield answer_html(answer)


def answer_html(answer: Answer, shown: int | None = None) -> str:
    """The answer with its first `shown` statements, or whole with its notes and citation cards."""
    whole = shown is None
    by_label = {c.label: c for c in answer.citations}
    lead, notes = own_words(answer)
    numbered = bool(answer.citations)
    return fragment(
        "answer.html",
        outcome=answer.outcome.value,
        lead=lead,
        groups=_groups(answer.statements[:shown], by_label),
        place_first=answer.outcome is Outcome.ELSEWHERE,
        notes=notes if whole else (),
        cards=[_card(c, answer.question.search) for c in answer.citations or answer.nearest] if whole else (),
        cards_title=message("citations_title" if numbered else "nearest_title", script=answer.question.script),
        numbered=numbered,
    )


def sections_html(sentence: str, citations: Sequence[Citation], query: str) -> str:
    """Found sections as cards under a sentence."""
    return fragment("sections.html", sentence=sentence, cards=[_card(c, query) for c in citations], numbered=True)


def own_words(answer: Answer) -> tuple[str, tuple[str, ...]]:
    """The sentences of the answer's text that are the program's own: before the first statement, and after the last."""
    lines = answer.text.splitlines()
    if not answer.statements:
        said = [line for line in lines if not line.startswith("·")]
        return "".join(said[:1]), tuple(said[1:])
    before = answer.text.partition(answer.statements[0].group)[0].strip()
    ends = [i for i, line in enumerate(lines) if re.search(r"\[\d+\]$", line)]
    return before, tuple(line for line in lines[ends[-1] + 1 :] if line.strip()) if ends else ()


def _groups(statements: Sequence[Statement], by_label: dict[int, Citation]) -> list[dict[str, Any]]:
    """Statements under their documents, then under their heading paths."""

    def cited(statement: Statement) -> Citation:
        return by_label[statement.labels[0]]

    groups = []
    for _, members in groupby(statements, key=lambda s: cited(s).document_id):
        listed = list(members)
        blocks = [
            {"path": path, "statements": [_linked(s, by_label) for s in of_path]}
            for path, of_path in groupby(listed, key=lambda s: cited(s).path)
        ]
        groups.append({"citation": cited(listed[0]), "blocks": blocks})
    return groups


def _linked(statement: Statement, by_label: dict[int, Citation]) -> dict[str, Any]:
    return {"text": statement.text, "links": [(label, permalink(by_label[label])) for label in statement.labels]}


def _card(citation: Citation, search: str) -> dict[str, Any]:
    return {"citation": citation, "quote": marked_words(citation, search), "url": permalink(citation)}


def marked_words(citation: Citation, search: str) -> Markup:
    """The escaped quote with its answering words marked: those the answer names, else figures and what it shares with the question."""
    quote = citation.quote
    spans = list(citation.marked) or [m.span() for m in _FIGURE.finditer(quote)] + _shared_runs(quote, search)
    pieces, at = [], 0
    for start, end in _merged(spans):
        pieces += [escape(quote[at:start]), Markup("<mark>{}</mark>").format(quote[start:end])]
        at = end
    return Markup("").join([*pieces, escape(quote[at:])])


def _shared_runs(quote: str, search: str) -> list[tuple[int, int]]:
    """The longest runs of at least `_LEAST_RUN` Chinese characters that the quote shares with the question."""
    found, at = [], 0
    while at < len(quote):
        end = at
        while end < len(quote) and _HAN.fullmatch(quote[end]) and quote[at : end + 1] in search:
            end += 1
        if end - at >= _LEAST_RUN:
            found.append((at, end))
        at = max(end, at + 1)
    return found


def _merged(spans: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged
