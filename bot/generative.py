"""Compose with a language model: labelled sources in, statements out, each checked before a reader sees it.

The model writes over what the answer without it found. What it writes passes the same checks (quotes by offset, figures in
quotes) and whether the quotes bear it out; what fails is left out, and where too little stands the quotes answer themselves.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from bot.case import Case
from bot.citations import proved
from bot.compose import fits
from bot.draft import Draft, cited, group, lay_out
from bot.extractive import Quote
from bot.messages import message
from bot.records import Citation, Outcome, Statement
from bot.screening import visible
from bot.sources import Source, described, evidence, sources_of
from bot.statements import SCHEMA, Written, statements_of
from bot.support import supports
from index.errors import ModelError
from index.llm import LanguageModel, Prompt, estimate_tokens
from index.llm.prompting import prompt

CACHED = 512
ROOM = 1024  # tokens for what the model writes
LONGEST = 600  # characters of one statement
MOST_REFUSED = 0.5  # of what the model wrote; where more fails the checks nothing of it is shown


@dataclass
class Writing:
    """An answer as it grows: what stood the checks so far, and how many statements did not."""

    case: Case
    draft: Draft
    sources: dict[int, Source]
    statements: list[Statement] = field(default_factory=list)
    citations: dict[tuple[str, int, int], Citation] = field(default_factory=dict)
    refused: int = 0

    def add(self, written: Written) -> bool:
        """Take a statement in if it stands every check."""
        text = visible(written.text).strip()
        if any(s.text == text for s in self.statements):
            return False
        made = self._checked(text, [self.sources[n] for n in written.labels if n in self.sources])
        if made is None:
            self.refused += 1
            return False
        statement, citations = made
        self.statements.append(statement)
        self.citations |= {(c.document_id, c.start, c.end): c for c in citations}
        return True

    def _checked(self, text: str, sources: Sequence[Source]) -> tuple[Statement, list[Citation]] | None:
        if not sources or not text or len(text) > LONGEST or not self._of_one_rule(sources):
            return None
        citations = self._cited(evidence(text, sources))
        statement = Statement(text, tuple(c.label for c in citations), group(citations[0]) if citations else "")
        library = self.case.searcher.library
        if not supports(text, citations) or not proved([statement], citations, library):
            return None
        return statement, citations

    def _of_one_rule(self, sources: Sequence[Source]) -> bool:
        """Whether the sources are of one place: no sentence speaks for two."""
        return len({s.document.place for s in sources}) == 1

    def _cited(self, quotes: Sequence[Quote]) -> list[Citation]:
        """The quotes as citations: those that have a number keep it."""
        found, new = [], len(self.citations)
        for quote in quotes:
            known = self.citations.get((quote.document.id, quote.start, quote.end))
            new += known is None
            found.append(known or cited(self.case.question, quote, new, self.case.searcher.superseded))
        return found

    def so_far(self, name: str, notes: Iterable[str] = ()) -> Draft:
        citations = tuple(self.citations.values())
        drafted = Draft(
            self.draft.outcome, "", tuple(self.statements), citations, lead=self.draft.lead, notes=tuple(notes),
            written_by=name,
        )  # fmt: skip
        return lay_out(drafted)

    def answers(self) -> bool:
        """Whether what stands is an answer: most of what was written, a figure where one is asked for, and what the answer
        without a model rests on."""
        if not self.statements or self.refused > MOST_REFUSED * (len(self.statements) + self.refused):
            return False
        best = self.draft.citations[0]
        written = [replace(self.sources[1].quote, row=s.text) for s in self.statements]
        return best.document_id in {c.document_id for c in self.citations.values()} and fits(
            self.case.question, written
        )


class Writer:
    """Writes over one library with one model. What was written for the same sources is kept, as long as the library is."""

    def __init__(self, model: LanguageModel) -> None:
        self.model = model
        self._kept: OrderedDict[Prompt, tuple[Written, ...]] = OrderedDict()

    def drafts(self, case: Case, draft: Draft, seconds: float) -> Iterator[Draft]:
        """The answer growing statement by statement; the last one is the answer: written, or the draft with a note why not."""
        if draft.outcome is not Outcome.ANSWERED:
            yield draft
            return
        sources = self._fitting(case, sources_of(case, draft))
        writing = Writing(case, draft, {s.label: s for s in sources})
        script, failure = case.question.script, ""
        try:
            for written in self._written(prompt_of(case, sources), seconds):
                if writing.add(written):
                    yield replace(writing.so_far(self.model.name), growing=True)
        except ModelError as error:
            failure = message(f"model_{error.reason}", script=script)
        if writing.answers() and not failure:
            left_out = message("model_left_out", script=script, count=writing.refused) if writing.refused else ""
            signed = message("written_by_model", script=script, name=self.model.name)
            yield writing.so_far(self.model.name, [n for n in (*draft.notes, left_out, signed) if n])
        else:
            silent = not writing.statements and not writing.refused
            why = failure or message("model_silent" if silent else "model_not_borne_out", script=script)
            yield lay_out(replace(draft, notes=(*draft.notes, why)))

    def _fitting(self, case: Case, sources: list[Source]) -> list[Source]:
        """The sources that the model has room for beside what it writes: the passages nearby go first."""
        while sources and not sources[-1].chosen and _tokens(prompt_of(case, sources)) + ROOM > self.model.context:
            sources = sources[:-1]
        return sources

    def _written(self, asked: Prompt, seconds: float) -> Iterator[Written]:
        """What the model writes; only what came whole is kept for the next time."""
        if asked in self._kept:
            self._kept.move_to_end(asked)
            yield from self._kept[asked]
            return
        done = []
        for written in statements_of(self.model.stream(asked, seconds=seconds, schema=SCHEMA)):
            done.append(written)
            yield written
        self._kept[asked] = tuple(done)
        if len(self._kept) > CACHED:
            self._kept.popitem(last=False)


def _tokens(asked: Prompt) -> int:
    return estimate_tokens(asked.system + asked.user)


def prompt_of(case: Case, sources: Sequence[Source]) -> Prompt:
    """The question and its sources as the model is given them."""
    question, none = case.question, message("none", file="sources")
    chosen, others = (
        "\n\n".join(described(s, case) for s in sources if s.chosen is own) or none for own in (True, False)
    )
    return prompt(
        "answer",
        question=question.text,
        place="、".join(p.full_name for p in question.places) or message("nowhere", file="sources"),
        on=(question.on or date.today()).isoformat(),
        chosen=chosen,
        others=others,
    )
