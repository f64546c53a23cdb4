"""Follow-up questions: what a question that leans on an earlier one asks in full (那高中呢 → … 高中 …), without a model."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import partial

from bot.cues import cues, has_cue, table
from bot.naming import DocumentNames
from bot.references import references, without_paragraphs, without_references, years
from bot.wording import strip_question_words
from index.places import place_spans
from index.records import Place

_BARE = 6  # with so few letters besides its question words a question says no subject of its own
_PARTICLES_LEFT = 2
_COMPLETE = 2  # unless they make two words (校车司机罚多少)
_SHORT = 14  # so many may say one, but a pronoun or 如果 in front still points back
_YEARS = re.compile(r"(?<!\d)(?:(?:19|20)\d{2}|[012]\d)年?(?![\d号])|[去今前明后]年|十[一二三四五]五")

Spans = list[tuple[int, int]]


class FollowUps:
    """Merges a question with the complete one that it leans on, over one library's names and places."""

    def __init__(self, names: DocumentNames, places: Sequence[Place] = ()) -> None:
        self._names = names
        self._places = places

    def merge(self, folded: str, asked: Sequence[str]) -> str:
        """The last complete question with this one's place, year, stage, document or article in it, and this one behind it.

        `asked` are the earlier questions, folded, oldest first. A question that does not lean stays as it is.
        """
        base = ""
        for earlier in asked:
            base = self._carried(base, earlier) if base and self.leans(earlier) else earlier
        if not base or not self.leans(folded):
            return folded
        carried = self._carried(base, folded)
        return carried if self._elliptical(folded) and carried != base else f"{carried} {folded}"

    def leans(self, folded: str) -> bool:
        """Whether a question needs the one before it to be understood."""
        text = folded
        for word in cues("follow_up", "apart"):
            text = text.replace(word, "")
        size = len(_letters(strip_question_words(text)))
        if text.startswith(cues("follow_up", "openings")):
            return True
        points = text.startswith(cues("follow_up", "weak")) or has_cue(text, "follow_up", "references")
        if points and size <= _SHORT:
            return True
        if size > _BARE or self._names.by_title(folded) or self._names.by_number(folded):
            return False
        return _subjects(text) < _COMPLETE or text.rstrip("?？。!").endswith(cues("follow_up", "endings"))

    def _carried(self, base: str, new: str) -> str:
        """`base` with what `new` names of the same kind put in place of its own; the rest of `new` is left out."""
        elliptical = self._elliptical(new)
        for kind in self._kinds(elliptical):
            spans = kind(new)
            if spans and (elliptical or kind(base)):
                base = _replaced(base, kind(base), " ".join(new[a:b] for a, b in spans))
        pointing = references(new)
        if pointing and all(r.paragraph and not r.article for r in pointing):
            return without_paragraphs(base)
        return without_references(base) if pointing else base

    def _elliptical(self, new: str) -> bool:
        """Whether a follow-up names nothing but another place, year, stage or document (那永安的初中呢)."""
        rest = _replaced(new, [span for kind in self._kinds(True) for span in kind(new)], "")
        for word in sorted(cues("follow_up", "particles"), key=len, reverse=True):
            rest = rest.replace(word, "")
        return len(_letters(strip_question_words(rest))) <= _PARTICLES_LEFT

    def _kinds(self, elliptical: bool) -> list[Callable[[str], Spans]]:
        """What finds the parts that a follow-up replaces; alternatives (初中 for 小学) only where nothing else is said."""
        kinds: list[Callable[[str], Spans]] = [self._place_spans, self._document_spans, _year_spans]
        return (
            kinds + [partial(_alternatives, group) for group in table("cues")["alternatives"]] if elliptical else kinds
        )

    def _place_spans(self, text: str) -> Spans:
        return [(a, b) for a, b, _ in place_spans(text, self._places)]

    def _document_spans(self, text: str) -> Spans:
        return sorted({(a, b) for a, b, _ in self._names.name_spans(text)})


def _year_spans(text: str) -> Spans:
    return [m.span() for m in _YEARS.finditer(text)] if years(text) or "年" in text else []


def _alternatives(group: str, text: str) -> Spans:
    names = sorted(cues("alternatives", group), key=len, reverse=True)
    return [m.span() for m in re.finditer("|".join(map(re.escape, names)), text)]


def _replaced(text: str, spans: Spans, by: str) -> str:
    """`text` with the first span replaced and the others taken out; with no span `by` goes behind it."""
    if not spans:
        return f"{text} {by}".strip()
    merged: Spans = []
    for a, b in sorted(spans):
        if merged and a <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(b, merged[-1][1]))
        else:
            merged.append((a, b))
    for i, (a, b) in reversed(list(enumerate(merged))):
        text = text[:a] + (by if i == 0 else "") + text[b:]
    return text


def _subjects(text: str) -> int:
    """How many words of two letters or more a question has besides its question words."""
    import rjieba

    return sum(len(word) > 1 for word in rjieba.cut(strip_question_words(text), False) if word.strip())


def _letters(text: str) -> str:
    return re.sub(r"[\W_]", "", text)
