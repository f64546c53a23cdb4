"""Whether the quotes say what a statement says of them.

Strict on purpose: a statement stands where its words stand in one run of the quotes' words and nothing that changes the meaning
was put in, left out or turned round. Words that differ are taken for another meaning: the model that wrote the statement
cannot be its own judge, and where too few statements stand the quotes answer themselves.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cache, lru_cache

from bot.cues import cues, table
from bot.figures import Fact, figures_in
from bot.records import Citation
from index.places import place_spans, short_name
from index.tokens import fold

FIGURE = "#"  # stands for a figure: whether it is the right one is checked apart
_SENTENCE_END = "。;!?\n|"
_CLAUSES = re.compile(r"[。;!?\n|,:]+")
# A statement's "by 《title》（文号）第…条" says where it stands: the citation shows it.
_LEAD_IN = re.compile(
    r"^(?:根据|依据|按照|依照|按)?[^,。;:《]{0,12}《[^》]+》(?:\([^)]*\))?(?:第[^,。;]{1,8}条)?(?:的?(?:有关|相关)?(?:规定|要求|明确|提出))?[,:]?"
    r"|^(?:根据|依据|按照|依照|按)第[^,。;]{1,8}条(?:的?规定)?[,:]?"
)
_NUMBER = re.compile(
    r"^\s*(?:第[一二三四五六七八九十百\d]+条|\(?[一二三四五六七八九十\d]{1,3}[).、]|\(\d+\))\s*", re.MULTILINE
)


@dataclass(frozen=True, slots=True)
class Aligned:
    """A statement laid along its quotes, both folded, with `FIGURE` for each figure: the runs that they share in order."""

    said: str
    source: str
    runs: tuple[tuple[int, int, int], ...]  # start in `said`, start in `source`, length


def supports(statement: str, citations: Sequence[Citation]) -> bool:
    """Whether the citations' quotes say what the statement says."""
    beside = [x for c in citations for x in (c.title, c.path, c.place, c.doc_no or "", c.validity, *c.issuers)]
    return not against(statement, [c.quote for c in citations], beside)


def against(statement: str, quotes: Sequence[str], beside: Sequence[str]) -> str:
    """What speaks against a statement, by name; "" where the quotes bear it out. `beside`: what else the citations show."""
    if foreign(statement):
        return "foreign"
    said, source = core(statement), "\n".join(_NUMBER.sub("", fold(q)) for q in quotes)
    if stands(said, source):
        return ""
    around = "\n".join((source, *map(fold, beside)))
    checks: tuple[tuple[str, Callable[[], bool]], ...] = (
        ("place", lambda: any(short_name(p.name) not in around for _, _, p in place_spans(said))),
        ("validity", lambda: any(w in said and w not in around for w in cues("validity", "words", "support"))),
        ("sweeping", lambda: any(w in said and w not in source for w in cues("sweeping", "words", "support"))),
        ("added", lambda: bool(added(align(said, source), "\n".join(map(fold, beside))))),
        ("actor", lambda: any(_other_actor(c, other) for c, other in _pairs(said, source))),
        ("condition", lambda: bool(dropped(align(said, source)))),
        ("duty", lambda: any(_duty_differs(c, other) for c, other in _pairs(said, source))),
        ("negation", lambda: any(_negated(c) != _negated(other) for c, other in _pairs(said, source))),
        ("figure", lambda: any(_of_another(c, source) for c in _clauses(said))),
    )
    return next((name for name, found in checks if found()), "")


def foreign(statement: str) -> bool:
    """Whether a statement holds what no policy text of an answer holds: an address, markup, code."""
    return _any_of("foreign", "patterns").search(statement) is not None


def core(statement: str) -> str:
    """The folded statement without its lead-in and the number of an item.

    >>> core("根据《学前教育法》第六条的规定，（二）不得收费。")
    '不得收费。'
    """
    said = fold(statement)
    return _NUMBER.sub("", _LEAD_IN.sub("", said)) or said


def stands(said: str, source: str) -> bool:
    """Whether a folded statement stands in the source word for word, from the beginning of a sentence to the end of one."""
    words = said.rstrip("。;!? ")
    at = source.find(words) if words else -1
    end = at + len(words)
    return at >= 0 and source[at - 1 : at] in ("", *"。;!?\n ") and source[end : end + 1] in ("", *"。;!?\n ")


@lru_cache(maxsize=256)
def align(said: str, source: str) -> Aligned:
    """Lay a folded statement along the folded quotes."""
    a, b = _plain(said), _plain(source)
    blocks = SequenceMatcher(None, a, b, autojunk=False).get_matching_blocks()
    return Aligned(a, b, tuple((m.a, m.b, m.size) for m in blocks if m.size > 1))


def _plain(folded: str) -> str:
    """With everyday words as the documents have them, and `FIGURE` for each figure."""
    text = _any_of("same", "words").sub(lambda m: table("support")["same"]["by"][m[0]], folded)
    pieces, at = [], 0
    for figure in figures_in(text):
        start, end = figure.span
        if start >= at:
            pieces += [text[at:start], FIGURE]
            at = end
    return "".join([*pieces, text[at:]])


def added(laid: Aligned, around: str) -> list[str]:
    """The words of the statement that neither the shared runs hold nor what the citations show, small words apart."""
    import rjieba

    shared = {i for start, _, length in laid.runs for i in range(start, start + length)}
    small = set(cues("small", "signs", "support"))
    found, at = [], 0
    for word in rjieba.cut(laid.said):
        left = [i for i in range(at, at + len(word)) if i not in shared and laid.said[i] not in small]
        at += len(word)
        if left and not _small_word(word) and not (len(word) > 1 and word in around):
            found.append(word)
    return found


def dropped(laid: Aligned) -> list[str]:
    """The conditions of the source's sentences that the statement leaves out between and before the words that it takes."""
    condition = _any_of("condition", "patterns")
    found, last = [], 0
    for _, start, length in laid.runs:
        sentence = max(laid.source.rfind(mark, 0, start) for mark in _SENTENCE_END) + 1
        begin = max(sentence, last)
        parts = re.split("[,:]", laid.source[begin:start])
        if laid.source[start] == "的" and len(parts[-1]) > 1:
            parts[-1] += "的"
        tail = begin == last and last > 0 and len(parts) > 1  # the end of a clause that was taken in part
        found += [p for p in parts[tail and not parts[0].endswith("的") :] if len(p) > 1 and condition.search(p)]
        last = start + length
    return found


def _clauses(text: str) -> list[str]:
    return [c for c in _CLAUSES.split(text) if len(c.strip()) > 1]


def _pairs(said: str, source: str) -> Iterator[tuple[str, str]]:
    """Each clause of the statement with the clauses of the source that its shared runs lie in."""
    laid = align(said, source)
    spans = list(_clause_spans(laid.source))
    for begin, end in _clause_spans(laid.said):
        within = [(b + max(begin - a, 0), b + min(end - a, n)) for a, b, n in laid.runs if a < end and a + n > begin]
        touched = [laid.source[a:b] for a, b in spans if any(start < b and stop > a for start, stop in within)]
        if touched and end - begin > 1:
            yield laid.said[begin:end], "\n".join(touched)


def _clause_spans(text: str) -> Iterator[tuple[int, int]]:
    at = 0
    for mark in _CLAUSES.finditer(text):
        yield at, mark.start()
        at = mark.end()
    yield at, len(text)


def _negated(clause: str) -> bool:
    text = _any_of("negation", "no_negation").sub("·", clause)
    return any(sign in text for sign in cues("negation", "signs", "support"))


def duty(clause: str) -> set[str]:
    """The kinds of duty that a clause states.

    >>> duty("学校不得收费"), duty("可以申请"), duty("按照要求")
    ({'forbidden'}, {'allowed'}, set())
    """
    text = _any_of("no_duty", "words").sub("·", clause)
    return {str(m.lastgroup) for m in _duties().finditer(text)}


@cache
def _duties() -> re.Pattern[str]:
    kinds = table("support")["duty"].items()
    return re.compile("|".join(f"(?P<{kind}>{'|'.join(map(re.escape, words))})" for kind, words in kinds))


def _duty_differs(clause: str, other: str) -> bool:
    """Whether a clause states a duty that its source does not; that something is to be done needs no word (教师每年体检)."""
    return bool(duty(clause) - duty(other) - {"bound"}) or ("bound" in duty(clause) and "allowed" in duty(other))


def _other_actor(clause: str, other: str) -> bool:
    """Whether a clause says by whom (由…) something is done, and its source does not name that one."""
    return any(m[1] not in other for m in re.finditer("由(.{2,4})", clause))


def _of_another(clause: str, source: str) -> bool:
    """Whether a figure of the clause stands in the source in a clause about something else, and what the clause is about
    has other figures there."""
    facts = {f.fact for f in figures_in(clause)}
    if not facts:
        return False
    bare = _plain(clause)
    fits = [(_shared(bare, _plain(c)), bool(facts & _facts(c)), FIGURE in _plain(c)) for c in _clauses(source)]
    own = max((fit for fit, holds, _ in fits if holds), default=0)
    return any(fit > own + 1 for fit, holds, other in fits if other and not holds)


def _facts(text: str) -> set[Fact]:
    return {fact for f in figures_in(text) for fact in f.proves()}


def _shared(a: str, b: str) -> int:
    blocks = SequenceMatcher(None, a, b, autojunk=False).get_matching_blocks()
    return sum(m.size for m in blocks if m.size > 1)


def _small_word(word: str) -> bool:
    return _any_of("small", "words").fullmatch(word) is not None


@cache
def _any_of(section: str, key: str) -> re.Pattern[str]:
    """The entries under `[section] key` as one pattern: words literally, longest first, `patterns` as they are."""
    entries = cues(section, key, "support")
    words = entries if key == "patterns" else map(re.escape, sorted(entries, key=len, reverse=True))
    return re.compile("|".join(f"(?:{e})" for e in words))
