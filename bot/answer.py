"""The question pipeline, visible in `Answerer.ask`: screen → understand → retrieve → scope → compose (which verifies)."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from functools import partial
from typing import TypedDict, Unpack

from bot.case import Case, open_case
from bot.comparison import compare
from bot.compose import elsewhere, nearest_sections, state, warned
from bot.departments import Departments
from bot.draft import Draft
from bot.duties import duties
from bot.generative import Writer
from bot.holes import hole
from bot.lexicon import load_lexicon
from bot.lookup import look_up
from bot.messages import message
from bot.naming import DocumentNames
from bot.reading import Reader
from bot.records import Answer, LibraryInfo, Outcome, Question, Turn
from bot.retrieve import Searcher
from bot.screening import screen
from bot.settings import Settings
from bot.sheets import Sheets
from bot.suggest import suggest
from bot.tabulate import tabulate
from bot.typos import Speller
from bot.understand import understand
from bot.understanding import Understanding
from index.late import late_interaction
from index.library import Library
from index.llm import LanguageModel
from index.records import Place, PolicyDocument
from index.tokens import fold

SHOWN_HITS = 10
Way = Callable[[Case], Draft | None]


class Asking(TypedDict, total=False):
    """With what a question may come. `alone`: to be answered without the language model."""

    history: Sequence[Turn]
    place: Place | None
    on: date | None
    alone: bool


class Answerer:
    """Answers questions from one open library. Cheap to keep, made anew for each generation."""

    def __init__(
        self,
        library: Library,
        settings: Settings,
        reader: Reader | None = None,
        model: LanguageModel | None = None,
    ) -> None:
        """`model` helps to understand questions and writes answers over what is found, where the settings let it."""
        self.library = library
        self.settings = settings
        self.lexicon = load_lexicon(settings.lexicon)
        documents = library.documents()
        self.names = DocumentNames(documents)
        headings = {fold(text) for text in (*(d.title for d in documents), *library.headings())}
        self.speller = Speller(self.lexicon.formal, headings)
        self.succession = library.succession
        self.reader = reader or Reader(late_interaction())
        self.places = tuple({d.place.path: d.place for d in documents if d.place and d.place.path}.values())
        self.sheets = Sheets((d, tables) for d in documents if (tables := library.tables(d.id)))
        self.departments = Departments(library)
        self.understanding = Understanding(model, settings, self.places)
        self._alone = Understanding(None, settings, self.places)
        self.writer = Writer(model) if model is not None and settings.llm_answer else None
        manifest = library.manifest
        self.info = LibraryInfo(str(manifest.generation), len(documents), manifest.created)

    @property
    def superseded(self) -> Mapping[str, PolicyDocument]:
        """What is superseded today, and by what; `succession` knows it of any day."""
        return self.succession.as_of(date.today())

    def searcher(self, on: date | None = None) -> Searcher:
        """What retrieval works with, with what is superseded on a day (today)."""
        return Searcher(self.library, self.lexicon, self.reader, self.succession.as_of(on or date.today()))

    def ask(self, text: str, **asked: Unpack[Asking]) -> Answer:
        """Answer one question; never raises for what a visitor typed."""
        *_, answer = self.ask_stream(text, **asked)
        return answer

    def ask_stream(self, text: str, **asked: Unpack[Asking]) -> Iterator[Answer]:
        """The answer as it grows where a language model writes it; the last one is the answer, and mostly the only one."""
        history, on = asked.get("history", ()), asked.get("on") or date.today()
        alone = asked.get("alone", False)
        began = time.perf_counter()
        understanding, writer = (self._alone, None) if alone else (self.understanding, self.writer)
        said = understanding.said(text, history)
        question = understand(
            text,
            names=self.names,
            known_places=self.places,
            speller=self.speller,
            history=history,
            place=asked.get("place"),
            on=on,
            said=said,
        )
        refused = screen(said.text)
        # A follow-up leans on what it follows.
        continues = refused is Outcome.OUT_OF_SCOPE and question.search != fold(said.text)
        if refused is not None and not continues:
            yield self._closed(question, refused, began)
            return
        case = open_case(question, self.searcher(question.on), self.places, self.settings.answer_threshold)
        case = understanding.reworded(case)
        found = time.perf_counter()
        until = began + self.settings.llm_seconds - understanding.later(said)
        for draft, sure in self._compose(case, writer, until):
            timings = {"retrieve_ms": (found - began) * 1000, "compose_ms": (time.perf_counter() - found) * 1000}
            answer = self._answer(case, draft, sure, timings)
            if answer.growing:
                yield answer
        if said.foreign:
            yield replace(answer, growing=True)
            answer = understanding.told(answer, said)
        yield answer

    def _answer(self, case: Case, draft: Draft, sure: float, timings: dict[str, float]) -> Answer:
        return Answer(
            question=case.question,
            outcome=draft.outcome,
            text=draft.text,
            statements=draft.statements,
            citations=draft.citations,
            hits=case.hits[:SHOWN_HITS],
            rejected=case.hits[SHOWN_HITS:],
            nearest=draft.nearest,
            timings=timings,
            library=self.info,
            probability=sure,
            lead=draft.lead,
            notes=draft.notes,
            written_by=draft.written_by,
            growing=draft.growing,
            layout=draft.layout,
        )

    def offer(self, answer: Answer, *, place: Place | None = None, on: date | None = None) -> tuple[str, ...]:
        """Questions to go on with, each of which the library answers. Takes as long as asking them."""
        *_, offered = (), *self.offering(answer, place=place, on=on)
        return offered

    def offering(
        self, answer: Answer, *, place: Place | None = None, on: date | None = None
    ) -> Iterator[tuple[str, ...]]:
        """The questions that `offer` gives, those found so far after each one asked."""
        return suggest(answer, self.library, lambda question: self.ask(question, place=place, on=on, alone=True))

    def _compose(self, case: Case, writer: Writer | None, until: float) -> Iterator[tuple[Draft, float]]:
        """The first way of answering that has something to say; how sure an answer is, 1 where it was looked up.

        Where a language model writes, its answer as it grows, until `until` (`time.perf_counter`) at the latest.
        """
        pointed = look_up(case.question, self.library, case.searcher.superseded)
        if pointed is not None:
            yield pointed, 1.0
            return
        ways: tuple[Way, ...] = (
            hole,
            partial(duties, departments=self.departments),
            compare,
            partial(tabulate, sheets=self.sheets),
            state,
            elsewhere,
        )
        drafts = ((way, draft) for way in ways if (draft := way(case)) is not None)
        way, found = next(drafts, (nearest_sections, None))
        if found is None:
            yield nearest_sections(case), case.sure
        elif writer is not None and way is state:
            for draft in writer.drafts(case, found, until - time.perf_counter()):
                yield warned(case, draft), case.sure
        else:
            yield warned(case, found), case.sure

    def _closed(self, question: Question, outcome: Outcome, began: float) -> Answer:
        elapsed = {"retrieve_ms": 0.0, "compose_ms": (time.perf_counter() - began) * 1000}
        key = "languages" if outcome is Outcome.CLARIFY else outcome.value
        said = message(key, script=question.script)
        return Answer(question, outcome, said, timings=elapsed, library=self.info)
