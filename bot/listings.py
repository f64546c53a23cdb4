"""The other two tabs as escaped HTML: sections found for a query, grouped by document, and the documents of the library."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from markupsafe import Markup

from bot.language import Language, in_script, said, translated
from bot.localities import label, picked
from bot.messages import message
from bot.pages import QUESTION_CAP, document_rows, matching, permalink
from bot.records import Citation
from bot.render import facts, fragment, marked, reference, shared_runs
from bot.shelf import Shelf
from bot.wording import strip_question_words
from index.errors import YoujuError
from index.tokens import fold

ROWS_SHOWN, SECTIONS = 100, 40
FACETS = ("place", "kind", "validity", "year")
_LEAST_RUN = 2


@dataclass(frozen=True, slots=True)
class Listed:
    """What a look-up shows: its HTML, and for each facet its choices as (label, value) with the chosen value."""

    html: str
    choices: dict[str, list[tuple[str, str]]] = field(default_factory=dict)


def look_up_sections(
    shelf: Shelf, query: str, language: Language = "zh-CN", *, chosen: Mapping[str, str] | None = None
) -> Listed:
    """The sections found for a query within the chosen value of each facet, and what they can be narrowed to."""
    query = query.strip()[:QUESTION_CAP]
    wanted = {name: value for name, value in (chosen or {}).items() if name in FACETS and value}
    try:
        found, facets = _found(shelf, query, wanted)
    except YoujuError as error:
        return Listed(sections_html(translated(message("unavailable", reason=error), language), (), query, language))
    documents = len({c.document_id for c in found})
    key = "found_in" if found else "found_nothing" if query else "find_hint"
    html = sections_html(said(key, language, count=len(found), documents=documents), found, query, language)
    return Listed(
        html, {name: _choices(facets[name], wanted.get(name, ""), language) for name in facets} if query else {}
    )


def _found(shelf: Shelf, query: str, wanted: Mapping[str, str]) -> tuple[list[Citation], dict[str, Counter[str]]]:
    found = [c for c in shelf.finder.find(query, SECTIONS) if all(v in _values(c)[n] for n, v in wanted.items())]
    return found, {name: Counter(v for c in found for v in _values(c)[name]) for name in FACETS}


def _values(citation: Citation) -> dict[str, set[str]]:
    """By which values each facet finds a section."""
    years = {value[:4] for _, value in citation.dates[:1]}
    state = re.split("[（：]", citation.validity)[0]
    return {
        "place": {citation.place} - {""},
        "kind": {message(f"kind_{citation.kind}")},
        "validity": {state},
        "year": years,
    }


def _choices(counts: Mapping[str, int], chosen: str, language: Language) -> list[tuple[str, str]]:
    """The values of a facet with their counts, the most frequent first, after the one that narrows nothing."""
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    missing = [(chosen, 0)] if chosen and chosen not in counts else []
    shown = [(said("filter_count", language, name=_named(n, language), count=c), n) for n, c in (*ranked, *missing)]
    return [(said("filter_all", language), ""), *shown]


def _named(value: str, language: Language) -> str:
    place = picked(value)
    return translated(label(place) if place else value, language)


def sections_html(sentence: str, citations: Sequence[Citation], query: str, language: Language = "zh-CN") -> str:
    """Found sections under a sentence: documents in the order of their best section, each section with the words marked."""
    words = strip_question_words(fold(query))
    by_document: dict[str, list[Citation]] = {}
    for citation in citations:
        by_document.setdefault(citation.document_id, []).append(citation)
    groups = [
        {"citation": found[0], "facts": facts(found[0]), "rows": [_row(c, words, language) for c in found]}
        for found in by_document.values()
    ]
    return fragment("sections.html", language, sentence=sentence, groups=groups)


def _row(citation: Citation, words: str, language: Language) -> dict[str, Any]:
    def with_marks(text: str) -> Markup:
        return in_script(marked(text, shared_runs(text, words, _LEAST_RUN)), language)

    quote = citation.quote.strip()
    return {
        "path": with_marks(citation.path),
        "text": with_marks(quote) if fold(quote) not in fold(citation.path) else "",
        "citation": f"{quote}\n——{reference(citation)}",
        "url": permalink(citation),
    }


def library_list(shelf: Shelf, wanted: str = "", language: Language = "zh-CN") -> str:
    """The documents of the library that have `wanted` in title, number or place."""
    answerer = shelf.answerer
    wanted = wanted.strip()[:100]
    rows = document_rows(answerer.library, answerer.superseded, wanted=wanted, limit=ROWS_SHOWN)
    count = len(matching(answerer.library, wanted))
    return fragment(
        "library.html",
        language,
        rows=[_in_language(row, language) for row in rows],
        sentence=said("library_count", language, count=count),
        more=said("list_more", language, shown=len(rows), count=count) if len(rows) < count else "",
    )


def _in_language(row: dict[str, Any], language: Language) -> dict[str, Any]:
    written = {name: in_script(row[name], language) for name in ("title", "place")}
    own = {name: translated(row[name], language) for name in ("validity", "kind_name")}
    return row | written | own | {"dates": [(translated(name, language), day) for name, day in row["dates"]]}
