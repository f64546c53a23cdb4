"""What a language model adds to understanding, each within its own time; without one, or where it fails, nothing changes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bot.case import Case, open_case
from bot.records import Answer, Outcome, Turn
from bot.retrieve import subject, subject_of
from bot.rewriting import condensed, rewrites
from bot.screening import is_foreign, screen, visible
from bot.settings import Settings
from bot.translation import answer_in, translated
from bot.understand import Said, script_of
from index.llm import LanguageModel
from index.records import Place
from index.tokens import fold

SHARE, LONGEST = 0.2, 4.0  # of the time for one answer, and seconds, that one step may take
# Of wordings that language models could give, nine in ten are nearer than this to the question, and of those about something
# else one in a hundred.
LEAST_LIKE = 0.35
SURER = 0.2  # by how much more likely what only another wording finds must be before it answers


class Understanding:
    """The steps that are switched on, over one library's places."""

    def __init__(self, model: LanguageModel | None, settings: Settings, known: Sequence[Place] = ()) -> None:
        self._model = model
        self._settings = settings
        self._known = known
        self._seconds = min(LONGEST, SHARE * settings.llm_seconds)

    def said(self, text: str, history: Sequence[Turn] = ()) -> Said:
        """The question in Chinese and, where it follows others, whole; as it is where it is none or the model does not help."""
        said = Said(text)
        if self._model is None or screen(text) not in (None, Outcome.CLARIFY):
            return said
        if self._settings.llm_translate and _foreign(text):
            chinese = translated(text, self._model, self._seconds)
            said = Said(chinese, foreign=True) if chinese else said
        if self._settings.llm_condense and history and screen(said.text) is None:
            whole = condensed(said.text, history, self._model, self._seconds, self._known)
            said = replace(said, text=whole, complete=True) if whole else said
        return said

    def reworded(self, case: Case) -> Case:
        """The case asked in the words of documents too, where its own words find nothing and those find it surely enough.

        What the question's own words find stays untouched, so no rewrite can make an answer worse.
        """
        question = case.question
        if self._model is None or not self._settings.llm_rewrite or case.sure >= case.least:
            return case
        if question.doc_nos or question.documents:  # found by name
            return case
        found = rewrites(question.search, self._model, self._seconds, self._known)
        near = _near(case, found)
        if not near:
            return case
        asked = replace(question, rewrites=near)
        other = open_case(asked, case.searcher, case.known, min(1.0, case.least + SURER))
        return other if other.sure >= other.least else case

    def later(self, said: Said) -> float:
        """Seconds that `told` may take: what writes before it must leave them."""
        return self._seconds if said.foreign else 0.0

    def told(self, answer: Answer, said: Said) -> Answer:
        """The answer to a question in another language with its statements in that language too."""
        if self._model is None or not said.foreign:
            return answer
        return answer_in(answer.question.text, answer, self._model, self._seconds)


def _near(case: Case, wordings: Sequence[str]) -> tuple[str, ...]:
    """The wordings that ask for the same thing, as far as the embedded model can tell."""
    embedder, places = case.searcher.library.embedder, case.question.places
    if not wordings:
        return ()
    own, *others = embedder.embed([subject(case.question), *(subject_of(text, places) for text in wordings)])
    return tuple(text for text, vector in zip(wordings, others, strict=True) if float(own @ vector) >= LEAST_LIKE)


def _foreign(text: str) -> bool:
    return script_of(text) == "english" or is_foreign(fold(visible(text)))
