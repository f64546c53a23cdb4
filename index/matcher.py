"""Many terms found in a text in one pass (the only importer of ahocorasick_rs)."""

from __future__ import annotations

from collections.abc import Iterable

from ahocorasick_rs import AhoCorasick, MatchKind


class TermMatcher:
    """An Aho-Corasick automaton over terms: the longest ones that do not overlap, or with `every` all of them."""

    def __init__(self, terms: Iterable[str], *, every: bool = False) -> None:
        self.terms = tuple(terms)
        self._every = every
        self._automaton = AhoCorasick(self.terms, matchkind=MatchKind.Standard if every else MatchKind.LeftmostLongest)

    def find(self, text: str) -> list[tuple[str, int, int]]:
        """The terms in `text` with their spans, in text order.

        >>> TermMatcher(["教师", "教师法"]).find("按教师法")
        [('教师法', 1, 4)]
        """
        found = self._automaton.find_matches_as_indexes(text, overlapping=self._every)
        return [(self.terms[index], start, end) for index, start, end in found]
