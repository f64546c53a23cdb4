"""What is no policy question: instructions to the bot, small talk and homework, languages that it does not speak."""

from __future__ import annotations

import re

from bot.cues import cues, first_match
from bot.records import Outcome
from index.tokens import fold, visible

__all__ = ["is_foreign", "screen", "visible"]

# Letters of scripts other than Han and Latin. Two are needed: one stands in names and in smileys (奈雪の茶).
_OTHER_SCRIPTS = re.compile(
    r"[\u0370-\u03ff\u0400-\u052f\u0530-\u06ff\u0750-\u077f\u0900-\u0dff\u0e00-\u0fff\u1000-\u11ff\u1780-\u17ff"
    r"\u3040-\u30fa\u30fc-\u30ff\u3105-\u312f\uac00-\ud7af]"
)
_HAN = re.compile(r"[\u4e00-\u9fff]")
_LATIN_WORD = re.compile(r"[^\W\d_\u0370-\uffff]+")
_SPACED_OUT = re.compile(r"(?<!\w)(?:\w[\W_]+){3,}\w(?!\w)|(?:[\u4e00-\u9fff][^\w，。？！,?!]+){3,}[\u4e00-\u9fff]")
_FEW_HAN = 4


def screen(text: str) -> Outcome | None:
    """`REFUSED`, `OUT_OF_SCOPE` or, for a language that is not spoken here, `CLARIFY`; None for anything else."""
    folded = fold(visible(text))
    if _is_injection(folded):
        return Outcome.REFUSED
    if is_foreign(folded):
        return Outcome.CLARIFY
    return Outcome.OUT_OF_SCOPE if _is_small_talk(folded) else None


def is_foreign(folded: str) -> bool:
    """Whether the text is in a script or, written in Latin letters, in words of a language that is not spoken here."""
    if len(_OTHER_SCRIPTS.findall(folded)) >= 2:
        return True
    words = _LATIN_WORD.findall(folded)
    known = sum(word in cues("language", "words", "screening") for word in words)
    return len(_HAN.findall(folded)) < _FEW_HAN and known >= 2 and 4 * known >= len(words)


def _is_injection(folded: str) -> bool:
    joined = _SPACED_OUT.sub(lambda m: re.sub(r"[\W_]+", "", m[0]), folded)
    return any(first_match(form, "injection", "patterns", "screening") for form in (folded, joined))


def _is_small_talk(folded: str) -> bool:
    if first_match(folded, "topic", "hard", "screening"):
        return True
    if first_match(folded, "topic", "soft", "screening"):
        return first_match(folded, "topic", "education", "screening") is None
    rest = re.sub(r"[\W_]", "", folded)
    for greeting in sorted(cues("greeting", "words", "screening"), key=len, reverse=True):
        rest = rest.replace(greeting, "")
    return not rest
