"""The subject of a look-up as words: what a section should say, in which forms it may say it, and how much each counts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache

from bot.cues import cues, table
from bot.lexicon import Lexicon
from index.tokens import fold

_FORMAL, _BEGUN, _APART, _FORMS = 0.9, 0.85, 0.85, 8


@dataclass(frozen=True, slots=True)
class Word:
    """One thing that a section should say: the forms in which it may, each with how much it counts, and its weight.

    `parts` are the words of a compound, which a section may say apart (教师编制: 教师 … 编制).
    """

    forms: tuple[tuple[str, float], ...]
    weight: float = 1.0
    parts: tuple[str, ...] = ()

    @property
    def typed(self) -> str:
        return self.forms[0][0]

    def credit(self, text: str) -> float:
        """How much what a text says of it counts: its first form that stands there (they fall in credit), or its parts."""
        found = next((credit for form, credit in self.forms if form in text), 0.0)
        return found or (_APART if self.parts and all(part in text for part in self.parts) else 0.0)


def words_of(text: str, lexicon: Lexicon, *, every: bool = False) -> tuple[Word, ...]:
    """The words of a folded text, without `every` only those that say something about a subject."""
    found = [word for token in text.split() for word in _words_of(token, lexicon)]
    drop = () if every else cues("words", "drop", "find")
    return tuple(dict.fromkeys(word for word in found if word.typed not in drop))


def _words_of(token: str, lexicon: Lexicon) -> list[Word]:
    """The words of a run: terms of the lexicon with the formal wordings they stand for, others with their synonyms."""
    import rjieba

    words: list[Word] = []
    at = 0
    for match in (*lexicon.matches(token), None):
        for piece in rjieba.cut(token[at : match.start if match else len(token)], False):
            words.append(_word(piece, _synonyms().get(piece, ()), 1.0))
        if match is not None:
            formal = dict.fromkeys(fold(term) for group in match.groups for term in group.formal)
            near = (*formal, *_synonyms().get(match.term, ()))
            parts = tuple(piece for piece in rjieba.cut(match.term, False) if len(piece) > 1)
            word = _word(match.term, near, max(group.weight for group in match.groups))
            words.append(replace(word, parts=parts if len("".join(parts)) == len(match.term) > len(parts[0]) else ()))
            at = match.end
    return _joined(words)


def _word(typed: str, others: Sequence[str], weight: float) -> Word:
    near = dict.fromkeys(other for other in others if other != typed)
    return Word(((typed, 1.0), *((other, _FORMAL) for other in list(near)[:_FORMS])), weight)


def _joined(words: Sequence[Word]) -> list[Word]:
    """Words without lone letters; one at the end is a word half typed, which goes on the one before it (义务教)."""
    if len(words) == 1:
        return [*words]
    long = [word for word in words if len(word.typed) > 1 or word.typed.isdigit()]
    last = words[-1].typed if words else ""
    if not last or words[-1] in long or last in cues("words", "particles", "find")[0]:
        return long
    before = words[-2]
    whole = (f"{before.typed}{last}", 1.0)
    if before not in long:
        return [*long, Word((whole,))]
    begun = tuple((form, credit * _BEGUN) for form, credit in before.forms)
    return [*long[:-1], Word((whole, *begun), before.weight)]


@cache
def _synonyms() -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for group in table("find")["synonyms"]["groups"]:
        for word in (words := group.split()):
            found[word] = (*found.get(word, ()), *(other for other in words if other != word))
    return found
