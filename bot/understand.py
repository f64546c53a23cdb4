"""From what a visitor typed to a `Question`: script, follow-ups, place and level, 文号, documents, references, years, type."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from bot.cues import has_cue
from bot.english import chinese_for
from bot.follow_up import FollowUps
from bot.naming import DocumentNames
from bot.records import Level, Question, Turn
from bot.references import article_references, number_of, references, to_number, years
from bot.screening import screen, visible
from bot.typos import Speller
from bot.wording import answer_type, level, strip_question_words
from index.places import NATION, ancestors, places_in
from index.records import Place
from index.tokens import fold

__all__ = [
    "Said", "answer_type", "article_references", "number_of", "screen", "script_of", "strip_question_words", "to_number",
    "understand", "years",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Said:
    """A question as it is to be read: translated if it was `foreign`, and `complete` where it leans on no other any more."""

    text: str
    foreign: bool = False
    complete: bool = False


_ENGLISH = re.compile(r"[a-z]{2,}")
_HAN = re.compile(r"[\u4e00-\u9fff]")


def understand(
    text: str,
    *,
    names: DocumentNames,
    known_places: Sequence[Place],
    speller: Speller | None = None,
    history: Sequence[Turn] = (),
    place: Place | None = None,
    on: date | None = None,
    said: Said | None = None,
) -> Question:
    """Read one question. `place` is where the visitor is; a place in the words goes before it.

    `said`: what a language model made of the text, which is read in its stead.
    """
    said = said or Said(text)
    script = "english" if said.foreign else script_of(text)
    search = _read(said.text, speller, known_places)
    if not said.complete:
        asked = [_read(turn.content, speller, known_places) for turn in history if turn.role == "user"]
        search = FollowUps(names, known_places).merge(search, asked)
    kind = answer_type(fold(visible(said.text)))
    asked_level = level(search)
    places = _places(search, known_places, place, asked_level)
    return Question(
        text=text,
        search=search,
        answer_type=answer_type(search) if kind == "any" else kind,
        places=places,
        on=on,
        doc_nos=names.by_number(search),
        documents=names.by_title(search, places),
        article_refs=article_references(search),
        years=years(search, on),
        script=script,
        history=tuple(history),
        level=asked_level,
        references=references(search),
        versions=names.versions(search),
    )


def _read(text: str, speller: Speller | None, known_places: Sequence[Place]) -> str:
    """The text folded and put right; an English one in the Chinese words for what it says."""
    folded = fold(visible(text))
    if script_of(text) == "english":
        return chinese_for(folded, known_places)
    return speller.correct(folded) if speller else folded


def _places(search: str, known: Sequence[Place], visitor: Place | None, asked: Level) -> tuple[Place, ...]:
    """The places whose rules are asked for: those in the words, the nation, or where the visitor is up to the level asked."""
    said = places_in(search, known)
    if said:
        return said
    if has_cue(search, "national", "cues"):
        return (NATION,) if has_cue(search, "national", "firm") and not has_cue(search, "compare", "cues") else ()
    if visitor is None or has_cue(search, "compare", "everywhere"):
        return ()
    return (_at_level(visitor, asked),)


def _at_level(visitor: Place, asked: Level) -> Place:
    """The visitor's province for 省里; for 市里 the prefecture, where the visitor's own place is no 市."""
    above = (visitor, *ancestors(visitor)[:-1])
    if asked == "province":
        return above[-1]
    if asked == "city" and not visitor.name.endswith("市"):
        return next((p for p in above if p.adcode.endswith("00")), visitor)
    return visitor


def script_of(text: str) -> Literal["simplified", "traditional", "english"]:
    """What a text is written in; everything in Latin letters counts as English."""
    folded = fold(visible(text))
    words, letters = len(_ENGLISH.findall(folded)), len(_HAN.findall(folded))
    if words and (not letters or (words >= 3 and letters < 4)):
        return "english"
    plain = re.sub(r"\s", "", text)
    return "traditional" if len(plain) == len(re.sub(r"\s", "", folded)) and _differs(plain, folded) else "simplified"


def _differs(text: str, folded: str) -> bool:
    pairs = zip(text, re.sub(r"\s", "", folded), strict=False)
    return any(a != b and _HAN.match(a) is not None for a, b in pairs)
