"""Which items a department is responsible for, across all documents, those by a note for all items below included."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from functools import cache, cached_property, lru_cache

from bot.cues import cues
from bot.naming import abbreviates
from bot.references import blanked
from index.library import Library
from index.records import Article, Chunk, PolicyDocument
from index.responsible import responsible_below, responsible_units

_MOST = 200_000
_GRADE = re.compile(r"^(?:中共)?(自治[区州]|[省市县区州盟旗](?!场|政))(?:委(?=.+[部办委]$))?")
_RUN, _ENDED = re.compile(r"[\u4e00-\u9fff]+"), re.compile(r".+?[局厅委办]")
_RUN_BEFORE = re.compile(r"([\u4e00-\u9fff]{2,14})\s*的?\s*$")
_AND = re.compile(r"\s*(?:[、,和与及]|以及)\s*")
_LONG = (("委员会", "委"), ("办公室", "办"))


class Departments:
    """The responsible bodies of one library. What it knows is read when it is first asked."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self.answering = lru_cache(maxsize=500)(self._answering)
        self._below = lru_cache(maxsize=1_000)(responsible_below)

    @cached_property
    def chunks(self) -> tuple[Chunk, ...]:
        """All chunks of items that name who is responsible, document by document, in text order."""
        letters = [(letter, 1.0) for letter in cues("departments", "letters", "find")]
        found = self._library.lexical(letters, _MOST, {"responsible": 1.0})
        chunks = self._library.chunks([chunk_id for chunk_id, _ in found])
        titles = {i: self._library.document(i).title for i in {c.document_id for c in chunks}}
        return tuple(sorted(chunks, key=lambda c: (titles[c.document_id], c.document_id, c.start)))

    @cached_property
    def units(self) -> dict[str, frozenset[tuple[str, int]]]:
        """Each body as documents name it, with the items (document id, article) it is responsible for."""
        found: dict[str, set[tuple[str, int]]] = defaultdict(set)
        for chunk in self.chunks:
            for unit in chunk.responsible:
                found[unit].add((chunk.document_id, chunk.article))
        return {unit: frozenset(items) for unit, items in found.items()}

    def _answering(self, name: str) -> frozenset[str]:
        """The bodies that answer to a name: 财政局 is 市财政局 and 县财政局, 人社局 is 市人力资源和社会保障局."""
        return frozenset(unit for unit in self.units if answers_to(unit, name))

    def longest(self, run: str) -> str:
        """The longest beginning of `run` that a body answers to; empty where none does."""
        return next((run[:size] for size in range(len(run), 0, -1) if self.answering(run[:size])), "")

    def asked(self, text: str) -> tuple[tuple[str, ...], bool, str]:
        """The bodies that a folded query asks for as responsible, whether it asks who is without naming one, and the rest.

        A name that ends like a body's stays although no item names it, so that nothing is found for it.
        """
        cue = _cue().search(text)
        if cue is None:
            return self._acting(text)
        names, at = [], cue.end()
        while run := _RUN.match(text, at):
            name = self.longest(run[0])
            if not name and (ended := _ENDED.match(run[0])):
                name = ended[0]
            if not name:
                break
            names.append(name)
            at = text.index(name, at) + len(name)
            if not (joint := _AND.match(text, at)):
                break
            at = joint.end()
        if not names and (before := _RUN_BEFORE.search(text, 0, cue.start())):  # 财政局 责任单位
            name = self._known_end(text, *before.span(1))
            if name:
                return (name,), False, blanked(text, [(before.end(1) - len(name), at)])
        return tuple(names), not names, blanked(text, [(cue.start(), at)])

    def _acting(self, text: str) -> tuple[tuple[str, ...], bool, str]:
        """财政局牵头的任务: a known body before a verb of responsibility."""
        for match in _verb().finditer(text):
            if name := self._known_end(text, *match.span(1)):
                return (name,), False, blanked(text, [(match.end(1) - len(name), match.end())])
        return (), False, text

    def _known_end(self, text: str, start: int, end: int) -> str:
        """The longest end of a run that is the name of a known body."""
        if not text[start:end].endswith(cues("departments", "endings", "find")):
            return ""
        ends = (text[at:end] for at in range(start, end - 1))
        return next((name for name in ends if self.answering(name)), "")

    def implicit(self, document: PolicyDocument, article: Article, units: Sequence[str]) -> bool:
        """Whether none of the units stands in the item itself: a note before it makes them responsible for all below."""
        own = responsible_units(document.text[article.start : article.end])
        return all(unit in self._below(document.text) and unit not in own for unit in units)


def answers_to(unit: str, name: str) -> bool:
    """Whether a body is the one that `name` means: the same name, with or without its grade, in short or half typed.

    >>> [answers_to(unit, "财政局") for unit in ("市财政局", "县财政局", "省财政厅", "市教育局")]
    [True, True, False, False]
    >>> answers_to("市人力社保局", "人社局"), answers_to("省教育厅", "市教育厅"), answers_to("市财政局", "财")
    (True, False, True)
    """
    grade, core = _parts(name)
    own_grade, own = _parts(unit)
    if unit == name or (core == own and not (grade and own_grade and grade != own_grade)):
        return True
    if not name.endswith(cues("departments", "endings", "find")):
        return name in unit
    if core[-1:] != own[-1:] or (grade and own_grade and grade != own_grade):
        return False
    return abbreviates(core[:-1], own[:-1]) or abbreviates(own[:-1], core[:-1])


@lru_cache(maxsize=10_000)
def _parts(name: str) -> tuple[str, str]:
    """Grade and core: 市委宣传部 → 市, 宣传部."""
    for long, short in _LONG:
        name = f"{name.removesuffix(long)}{short}" if name.endswith(long) else name
    grade = _GRADE.match(name)
    return (grade[1], name[grade.end() :]) if grade else ("", name)


@cache
def _cue() -> re.Pattern[str]:
    return re.compile(rf"(?:{'|'.join(cues('departments', 'cues', 'find'))})\s*[:：]?\s*(?:[是为有]\s*)?")


@cache
def _verb() -> re.Pattern[str]:
    verbs = "|".join(cues("departments", "verbs", "find"))
    return re.compile(rf"([\u4e00-\u9fff]{{2,14}}?)(?:{verbs})(?:落实)?(?=的|哪|什么|\s|$)")
