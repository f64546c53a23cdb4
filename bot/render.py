"""Answers and their turns as escaped HTML fragments for the chat page. No layout of the page, no Gradio."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any
from urllib.parse import urlencode

from markupsafe import Markup, escape

from bot.draft import translation_line
from bot.language import PATHS, Language, in_script, local, speech
from bot.localities import level
from bot.messages import message
from bot.pages import permalink, templates
from bot.reasons import reasons
from bot.records import Answer, Citation, Outcome, Statement

_FIGURE = re.compile(
    r"\d+(?:[.:：]\d+)*(?:[%％]|[万亿]?(?:元|人|名|所|个|年|月|日|天|岁|倍|分钟|小时|学时|课时|公里|平方米))*"
)
_HAN = re.compile(r"[\u4e00-\u9fff]")
_LEAST_RUN = 3


@dataclass(frozen=True, slots=True)
class Asked:
    """What a visitor asked, as one turn of the page shows it: `place` by its full name, `on` as written, `number` from 1."""

    question: str
    place: str = ""
    on: str = ""
    language: Language = "zh-CN"
    number: int = 1

    @property
    def address(self) -> str:
        """The address that asks this again."""
        named = {"q": self.question.strip(), "place": self.place, "on": self.on}
        return f"{PATHS[self.language]}?{urlencode({k: v for k, v in named.items() if v})}"


def fragment(name: str, language: Language = "zh-CN", /, **variables: Any) -> str:
    """A template as one HTML block: without line breaks, so that a Markdown renderer reads nothing in it as Markdown."""
    html = templates().get_template(name).render(**{**speech(language), "kept": _in_attribute, **variables})
    return re.sub(r"(?<=[>])\s*\n\s*|\s*\n\s*(?=<)", "", html.strip()).replace("\n", "<br>")


def _in_attribute(text: str) -> Markup:
    """A text for an attribute, its line breaks written out, since those between tags are taken away."""
    return Markup(str(escape(text)).replace("\n", "&#10;"))


_ADVICE = tuple(message("not_found_advice", script=script) for script in ("simplified", "english"))  # the helps say it


def turn_html(asked: Asked, answered: str, markdown: str = "") -> str:
    """One question with what is answered so far; with its Markdown it is complete."""
    return fragment("turn.html", asked.language, asked=asked, answered=Markup(answered), markdown=markdown)


def growing(answer: Answer, asked: Asked, since: int, until: int) -> Iterator[str]:
    """The turn with one more statement each time: after `since` of them, until so many are shown."""
    for shown in range(since + 1, until + 1):
        yield turn_html(asked, answer_html(answer, asked, shown=shown))


def complete(answer: Answer, asked: Asked, receipt_id: str = "") -> str:
    """The turn with the whole answer and its cards, and its Markdown to be kept."""
    return turn_html(asked, answer_html(answer, asked, receipt_id), answer_markdown(answer, asked))


def answer_html(answer: Answer, asked: Asked, receipt_id: str = "", *, shown: int | None = None) -> str:
    """The answer with its first `shown` statements, or whole with notes, cards and what to do next."""
    whole = shown is None
    lead, notes = own_words(answer)
    numbered = bool(answer.citations)
    cards = [_card(c, answer, asked) for c in answer.citations or answer.nearest]
    return fragment(
        "answer.html",
        asked.language,
        asked=asked,
        outcome=answer.outcome.value,
        whole=whole,
        lead=lead,
        columns=_columns(answer, _groups(answer.statements[:shown], {card["citation"].label: card for card in cards})),
        side_by_side=answer.layout == "comparison" and len({c.document_id for c in answer.citations}) > 1,
        place_first=answer.outcome is Outcome.ELSEWHERE,
        notes=[note for note in notes if note not in _ADVICE] if whole else (),
        helps=_helps(answer, asked) if whole else (),
        cards=cards if whole else (),
        cards_title=message("citations_title" if numbered else "nearest_title"),
        numbered=numbered,
        receipt_id=receipt_id,
    )


def answer_markdown(answer: Answer, asked: Asked) -> str:
    """The turn as a visitor keeps it: question, answer with its numbers, and the sources by name."""
    lines = [f"## {asked.question.strip()}", answer.text]
    sources = [f"[{c.label}] {reference(c)}：{c.quote.strip()}" for c in answer.citations]
    return in_script("\n\n".join([*lines, *sources]), asked.language)


def own_words(answer: Answer) -> tuple[str, tuple[str, ...]]:
    """The sentences of the answer's text that are the program's own: before the first statement, and after the last."""
    if answer.lead or answer.notes:
        return answer.lead, answer.notes
    lines = answer.text.splitlines()
    if not answer.statements:
        spoken = [line for line in lines if not line.startswith("·")]
        return "".join(spoken[:1]), tuple(spoken[1:])
    before = answer.text.partition(answer.statements[0].group)[0].strip()
    lines = [line for line in lines if line not in {translation_line(s) for s in answer.statements}]
    ends = [i for i, line in enumerate(lines) if re.search(r"\[\d+\]$", line)]
    return before, tuple(line for line in lines[ends[-1] + 1 :] if line.strip()) if ends else ()


def reference(citation: Citation) -> str:
    """How one cites this: 《title》（文号）article, with inner titles in inner marks.

    Of a heading path the article is enough where it is a numbered one (第…条); else the whole path is given.
    """
    title = citation.title
    if "《" in title:
        title = re.sub(r"(?<=.)《(.*)》", lambda m: f"〈{m[1]}〉", title.removeprefix("《").removesuffix("》"))
    number = f"（{citation.doc_no}）" if citation.doc_no else ""
    steps = citation.path.split(" / ")
    article = next((m[0] for step in reversed(steps) if (m := re.match(r"第\S+条(?:之\S)?", step))), "")
    return f"《{title}》{number}{article or '，'.join(s for s in steps if s)}"


def facts(citation: Citation) -> dict[str, Any]:
    """The badges of a citation or a document: its level by key, and whether its validity is one to be careful about."""
    return {"level": level(citation.place), "careful": not citation.binding}


def _groups(statements: Sequence[Statement], cards: Mapping[int, dict[str, Any]]) -> list[dict[str, Any]]:
    """Statements under their documents, then under their heading paths."""

    def cited(statement: Statement) -> Citation:
        citation: Citation = cards[statement.labels[0]]["citation"]
        return citation

    groups = []
    for _, members in groupby(statements, key=lambda s: cited(s).document_id):
        listed = list(members)
        blocks = [
            {"path": path, "statements": [_statement(s, cards) for s in of_path]}
            for path, of_path in groupby(listed, key=lambda s: cited(s).path)
        ]
        groups.append({"citation": cited(listed[0]), "facts": facts(cited(listed[0])), "blocks": blocks})
    return groups


def _statement(statement: Statement, cards: Mapping[int, dict[str, Any]]) -> dict[str, Any]:
    return {
        "text": statement.text,
        "cards": [cards[n] for n in statement.labels],
        "translation": translation_line(statement),
    }


def _columns(answer: Answer, groups: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The documents' groups, one column a place: of a comparison, and where nobody named a place and several answer.

    Versions of one place's documents stand in a column each; otherwise all stand in one that needs no name.
    """
    places = {c.place for c in answer.citations}
    if answer.layout == "comparison" and len(places) < 2:
        return [{"name": group["citation"].title, "groups": [group]} for group in groups]
    if answer.layout == "list" and (answer.question.places or len(places) < 2):
        return [{"name": "", "groups": groups}]
    by_place: dict[str, list[dict[str, Any]]] = {}
    for group in groups:
        by_place.setdefault(group["citation"].place, []).append(group)
    return [{"name": place, "groups": of_place} for place, of_place in by_place.items()]


def _card(citation: Citation, answer: Answer, asked: Asked) -> dict[str, Any]:
    quote = marked_words(citation, answer.question.search)
    return {
        "citation": citation,
        "facts": facts(citation),
        "id": f"t{asked.number}-{citation.label}",
        "quote": in_script(quote, asked.language),
        "original": quote if in_script(quote, asked.language) != quote else "",
        "url": local(permalink(citation), asked.language),
        "reference": reference(citation),
        "reasons": reasons(citation, answer.hits, answer.question.search, asked.language),
    }


def _helps(answer: Answer, asked: Asked) -> list[str]:
    """Keys of what could help where nothing was found: what the visitor has not said yet."""
    if answer.outcome not in (Outcome.NOT_FOUND, Outcome.ELSEWHERE):
        return []
    missing = {"place": not answer.question.places, "on": not (answer.question.years or asked.on)}
    return [key for key, wanted in missing.items() if wanted] + ["words"]


def marked_words(citation: Citation, search: str, least: int = _LEAST_RUN) -> Markup:
    """The escaped quote with its answering words marked: those the answer names, else figures and what it shares with the question."""
    quote = citation.quote
    spans = list(citation.marked) or [m.span() for m in _FIGURE.finditer(quote)] + shared_runs(quote, search, least)
    return marked(quote, spans)


def marked(text: str, spans: Sequence[tuple[int, int]]) -> Markup:
    """A text escaped, with spans of it marked."""
    pieces, at = [], 0
    for start, end in _merged(spans):
        pieces += [escape(text[at:start]), Markup("<mark>{}</mark>").format(text[start:end])]
        at = end
    return Markup("").join([*pieces, escape(text[at:])])


def shared_runs(quote: str, search: str, least: int = _LEAST_RUN) -> list[tuple[int, int]]:
    """The longest runs of at least `least` Chinese characters that the quote shares with the question."""
    found, at = [], 0
    while at < len(quote):
        end = at
        while end < len(quote) and _HAN.fullmatch(quote[end]) and quote[at : end + 1] in search:
            end += 1
        if end - at >= least:
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
