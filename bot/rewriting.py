"""A question in other words by a language model: in those of documents, and a follow-up as a question of its own."""

from __future__ import annotations

from collections.abc import Sequence

from bot.additions import adds
from bot.cues import cues
from bot.records import Turn
from bot.screening import is_foreign
from index.errors import ModelError
from index.llm import LanguageModel
from index.llm.prompting import complete, prompt, said_texts
from index.records import Place
from index.tokens import fold, grams

REWRITES = 3
LONGEST = 120  # characters of one wording of a question
TURNS, TURN_LENGTH = 6, 400  # what of a dialogue the model is told
_SEVERAL = {
    "type": "object",
    "properties": {"rewrites": {"type": "array", "items": {"type": "string"}}},
    "required": ["rewrites"],
}
ONE_QUESTION = {"type": "object", "properties": {"question": {"type": "string"}}, "required": ["question"]}


def rewrites(question: str, model: LanguageModel, seconds: float, known: Sequence[Place] = ()) -> tuple[str, ...]:
    """Up to three folded wordings of a question in the words of documents; none where the model gives none that say no more."""
    try:
        told = complete(model, prompt("rewrite", question=question), seconds=seconds, schema=_SEVERAL)
    except ModelError:
        return ()
    wordings = dict.fromkeys(fold(text) for text in said_texts(told, "rewrites"))
    sound = (w for w in wordings if w != fold(question) and is_wording(w) and not adds(w, question, known))
    return tuple(sound)[:REWRITES]


def condensed(
    text: str, history: Sequence[Turn], model: LanguageModel, seconds: float, known: Sequence[Place] = ()
) -> str | None:
    """A follow-up as a question that is understood alone; None where the model gives none that is made of the dialogue.

    It keeps the follow-up's own figures, places, years and documents, and has none that stand nowhere in the dialogue.
    """
    if not history:
        return None
    turns = [(turn.role, turn.content[:TURN_LENGTH]) for turn in history[-TURNS:]]
    dialogue = "\n".join(f"{'问' if role == 'user' else '答'}：{content}" for role, content in turns)
    try:
        asked = prompt("condense", dialogue=dialogue, question=text)
        told = said_texts(complete(model, asked, seconds=seconds, schema=ONE_QUESTION), "question")
    except ModelError:
        return None
    whole = told[0] if told else ""
    loses, gains = adds(text, whole, known), adds(whole, f"{text}\n{dialogue}", known)
    sound = is_wording(fold(whole)) and not loses and not gains and _made_of(whole, f"{text}\n{dialogue}")
    return whole if sound else None


def is_wording(folded: str) -> bool:
    """Whether a text can be a Chinese question: short, in Chinese, no address, no model that excuses itself."""
    if not 4 <= len(folded) <= LONGEST or is_foreign(folded) or "://" in folded or _han(folded) < 4:
        return False
    return not any(word in folded for word in cues("refusal", "words", "screening"))


def _made_of(text: str, source: str) -> bool:
    """Whether most of a text's words stand in its source."""
    words = {gram for gram in grams(text) if len(gram) > 1}
    return 2 * len(words & set(grams(source))) >= len(words)


def _han(text: str) -> int:
    return sum("\u4e00" <= c <= "\u9fff" for c in text)
