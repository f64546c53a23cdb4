"""The other two tabs as escaped HTML: sections found for a query, grouped by document, and the documents of the library."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from markupsafe import Markup

from bot.facets import FACETS, Filters
from bot.find import Found
from bot.language import PATHS, Language, in_script, local, said, translated
from bot.localities import label, picked
from bot.messages import message
from bot.pages import QUESTION_CAP, document_rows, matching, permalink
from bot.records import Citation
from bot.render import facts, fragment, marked, reference, shared_runs
from bot.shelf import Shelf
from bot.wording import strip_question_words
from index.errors import YoujuError
from index.tokens import fold, visible

ROWS_SHOWN, SECTIONS = 100, 40
_LEAST_RUN, _VALUE_CAP = 2, 60


@dataclass(frozen=True, slots=True)
class Listed:
    """What a look-up shows: its HTML, and for each facet its choices as (label, value) with the chosen value."""

    html: str
    choices: dict[str, list[tuple[str, str]]] = field(default_factory=dict)


def look_up_sections(
    shelf: Shelf, query: str, language: Language = "zh-CN", *, chosen: Mapping[str, str] | None = None
) -> Listed:
    """The best sections for a query within the chosen value of each facet, and what all that was found can be narrowed to."""
    query = visible(query).strip()[:QUESTION_CAP]
    wanted = {name: value for name, value in (chosen or {}).items() if name in FACETS and value}
    try:
        found = shelf.finder.search(query, _filters(wanted), SECTIONS)
    except YoujuError as error:
        return Listed(
            sections_html(translated(message("unavailable", reason=error), language), Found(), query, language)
        )
    documents = len({c.document_id for c in found.sections})
    key = "found_in" if found.sections else "found_nothing" if query or wanted else "find_hint"
    if found.total > len(found.sections):
        key = "found_best"
    sentence = said(key, language, count=found.total, shown=len(found.sections), documents=documents)
    address = search_address(query, wanted, language) if found.sections else ""
    html = sections_html(sentence, found, query, language, address)
    if not (query or wanted):
        return Listed(html)
    return Listed(html, {n: _choices(dict(found.facets.get(n, ())), wanted.get(n, ""), language) for n in FACETS})


def _filters(wanted: Mapping[str, str]) -> Filters:
    year = wanted.get("year", "")
    others = {name: value for name, value in wanted.items() if name != "year"}
    return Filters(**others, year=int(year) if re.fullmatch(r"[12]\d{3}", year) else None)


def search_address(query: str, wanted: Mapping[str, str], language: Language) -> str:
    """The address that opens a look-up with its filters."""
    return f"{PATHS[language]}?{urlencode({'find': query, **wanted})}"


def searched(address: Mapping[str, str]) -> tuple[str, dict[str, str]] | None:
    """The query and the filters that an address opens the look-up with; None where it is no address of a look-up."""
    if "find" not in address:
        return None
    chosen = {name: address.get(name, "").strip()[:_VALUE_CAP] for name in FACETS}
    return address["find"].strip()[:QUESTION_CAP], chosen


def _choices(counts: Mapping[str, int], chosen: str, language: Language) -> list[tuple[str, str]]:
    """The values of a facet with their counts, in the order given, after the one that narrows nothing."""
    missing = [(chosen, 0)] if chosen and chosen not in counts else []
    listed = (*counts.items(), *missing)
    shown = [(said("filter_count", language, name=_named(n, language), count=c), n) for n, c in listed]
    return [(said("filter_all", language), ""), *shown]


def _named(value: str, language: Language) -> str:
    place = picked(value)
    return translated(label(place) if place else value, language)


def sections_html(sentence: str, found: Found, query: str, language: Language = "zh-CN", address: str = "") -> str:
    """Found sections under a sentence: documents in the order of their best section, each section with the words marked."""
    by_document: dict[str, list[Citation]] = {}
    for citation in found.sections:
        by_document.setdefault(citation.document_id, []).append(citation)
    typed = strip_question_words(fold(query))
    groups = [
        {"citation": own[0], "facts": facts(own[0]), "rows": [_row(c, found.words, typed, language) for c in own]}
        for own in by_document.values()
    ]
    return fragment("sections.html", language, sentence=sentence, groups=groups, address=address)


def _row(citation: Citation, words: Sequence[str], typed: str, language: Language) -> dict[str, Any]:
    def with_marks(text: str) -> Markup:
        return in_script(marked(text, hits(text, words) or shared_runs(text, typed, _LEAST_RUN)), language)

    quote = citation.quote.strip()
    return {
        "path": with_marks(citation.path),
        "text": with_marks(quote) if fold(quote) not in fold(citation.path) else "",
        "citation": f"{quote}\n——{reference(citation)}",
        "url": local(permalink(citation), language),
        "remarks": citation.remarks,
    }


def hits(text: str, words: Sequence[str]) -> list[tuple[int, int]]:
    """Where words stand in a text, in capitals or not.

    >>> hits("接入Wi-Fi的学校", ("wi-fi", "学校"))
    [(2, 7), (8, 10)]
    """
    pattern = "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True) if word)
    return [m.span() for m in re.finditer(pattern, text, re.IGNORECASE)] if pattern else []


def library_list(shelf: Shelf, wanted: str = "", language: Language = "zh-CN") -> str:
    """The documents of the library that have `wanted` in title, number or place."""
    answerer = shelf.answerer
    wanted = wanted.strip()[:100]
    rows = document_rows(answerer.library, answerer.superseded, wanted=wanted, limit=ROWS_SHOWN, language=language)
    count = len(matching(answerer.library, wanted))
    return fragment(
        "library.html",
        language,
        rows=rows,
        sentence=said("library_count", language, count=count),
        more=said("list_more", language, shown=len(rows), count=count) if len(rows) < count else "",
    )
