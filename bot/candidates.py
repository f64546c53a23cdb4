"""Which passages of a library a look-up compares: those of few documents whole, else the best by words, else by department."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from itertools import islice

from bot.departments import Departments
from bot.holdings import Allowed
from bot.wanted import Wanted
from index.library import Library
from index.records import Chunk
from index.tokens import grams

FIELDS = {"title": 1.0, "path": 2.0, "text": 0.7, "responsible": 1.5}
DEPTH = 250  # passages looked at by words
SOME = 300  # documents that the index is told to keep to: naming more of them costs more than it saves
_FEW = 12  # documents read whole
_FORMAL_TERMS, _FORMAL_WEIGHT = 12, 0.3

Scored = list[tuple[Chunk, float]]


def candidates(wanted: Wanted, library: Library, allowed: Allowed, near: Collection[Collection[str]] = ()) -> Scored:
    """Passages of the `allowed` documents (all for None) with their lexical scores, in no order.

    `near` are groups of documents (of the asked place, of the asked year) that are searched apart, because the best of
    the whole library may leave none of them.
    """
    if allowed is not None and len(allowed) <= _FEW:
        scores = _searched(wanted, library, allowed)
        return [(c, scores.get(c.id, 0.0)) for i in sorted(allowed) for c in library.chunks_of(i)]
    apart = [group for group in near if 0 < len(group) <= SOME]
    depth = DEPTH // (1 + len(apart))
    scores = _searched(wanted, library, allowed if allowed is not None and len(allowed) <= SOME else None, depth)
    for group in apart:
        scores |= _searched(wanted, library, group, depth)
    return _within(((c, scores[c.id]) for c in library.chunks(list(scores))), allowed)


def of_departments(wanted: Wanted, library: Library, departments: Departments, allowed: Allowed, name: str) -> Scored:
    """Passages of items for which all the wanted bodies, and the one of the filter, are responsible."""
    asked = [departments.answering(unit) for unit in (*wanted.departments, *([name] if name else []))]
    scores = _searched(wanted, library, None) if wanted.words or wanted.phrases else {}
    answering = (c for c in departments.chunks if all(units & set(c.responsible) for units in asked))
    return _within(((c, scores.get(c.id, 0.0)) for c in answering), allowed)


def _within(scored: Iterable[tuple[Chunk, float]], allowed: Allowed) -> Scored:
    return [(c, score) for c, score in scored if allowed is None or c.document_id in allowed]


def _searched(
    wanted: Wanted, library: Library, documents: Collection[str] | None, depth: int = DEPTH
) -> dict[str, float]:
    if documents is not None and not documents:
        return {}
    terms, labels = _terms(wanted), _labels(wanted)
    found = library.lexical([*terms, *labels], depth, FIELDS if terms else {"path": 1.0}, documents)
    return dict(found)


def _terms(wanted: Wanted) -> list[tuple[str, float]]:
    """Bigrams of what is typed, of phrases and numbers, and less so of the formal wordings; lone letters only alone.

    Postings of single letters are ten times as long and change little of what stands first.
    """
    typed = list(dict.fromkeys(grams(" ".join((wanted.text, *wanted.phrases, *wanted.numbers)))))
    long = [term for term in typed if len(term) > 1 or term.isdigit()]
    forms = (form for word in wanted.words for form, _ in word.forms[1:])
    formal = (term for form in forms for term in grams(form) if len(term) > 1 and term not in long)
    expanded = islice(dict.fromkeys(formal), _FORMAL_TERMS)
    years = [(str(year), 1.0) for year in wanted.years]
    return [*((t, 1.0) for t in long or typed), *((t, _FORMAL_WEIGHT) for t in expanded), *years]


def _labels(wanted: Wanted) -> list[tuple[str, float]]:
    """Terms of the headings pointed at."""
    typed = dict.fromkeys(grams(" ".join(wanted.labels)))
    long = [term for term in typed if len(term) > 1 or term.isdigit()]
    return [(term, 1.0) for term in (long if any(len(t) > 1 for t in long) else typed)]
