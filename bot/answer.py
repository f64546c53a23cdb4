"""The question pipeline, visible in `Answerer.ask`: screen → understand → retrieve → scope → compose (which verifies)."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from functools import partial

from bot.case import Case, open_case
from bot.comparison import compare
from bot.compose import elsewhere, nearest_sections, state, warned
from bot.departments import Departments
from bot.draft import Draft
from bot.duties import duties
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
from index.embed import BUILTIN
from index.library import Library
from index.records import Place, PolicyDocument
from index.tokens import fold

SHOWN_HITS = 10


class Answerer:
    """Answers questions from one open library. Cheap to keep, made anew for each generation."""

    def __init__(self, library: Library, settings: Settings, reader: Reader | None = None) -> None:
        self.library = library
        self.settings = settings
        self.lexicon = load_lexicon(settings.lexicon)
        documents = library.documents()
        self.names = DocumentNames(documents)
        headings = {fold(text) for text in (*(d.title for d in documents), *library.headings())}
        self.speller = Speller(self.lexicon.formal, headings)
        self.succession = library.succession
        self.reader = reader or Reader.load(BUILTIN)
        self.places = tuple({d.place.path: d.place for d in documents if d.place and d.place.path}.values())
        self.sheets = Sheets((d, tables) for d in documents if (tables := library.tables(d.id)))
        self.departments = Departments(library)
        manifest = library.manifest
        self.info = LibraryInfo(str(manifest.generation), len(documents), manifest.created)

    @property
    def superseded(self) -> Mapping[str, PolicyDocument]:
        """What is superseded today, and by what; `succession` knows it of any day."""
        return self.succession.as_of(date.today())

    def searcher(self, on: date | None = None) -> Searcher:
        """What retrieval works with, with what is superseded on a day (today)."""
        return Searcher(self.library, self.lexicon, self.reader, self.succession.as_of(on or date.today()))

    def ask(
        self, text: str, *, history: Sequence[Turn] = (), place: Place | None = None, on: date | None = None
    ) -> Answer:
        """Answer one question; never raises for what a visitor typed."""
        began = time.perf_counter()
        question = understand(
            text,
            names=self.names,
            known_places=self.places,
            speller=self.speller,
            history=history,
            place=place,
            on=on or date.today(),
        )
        refused = screen(text)
        # A follow-up leans on what it follows.
        continues = refused is Outcome.OUT_OF_SCOPE and question.search != fold(text)
        if refused is not None and not continues:
            return self._closed(question, refused, began)
        case = open_case(question, self.searcher(question.on), self.places, self.settings.answer_threshold)
        found = time.perf_counter()
        draft, sure = self._compose(case)
        timings = {"retrieve_ms": (found - began) * 1000, "compose_ms": (time.perf_counter() - found) * 1000}
        return Answer(
            question=question,
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
        return suggest(answer, self.library, lambda question: self.ask(question, place=place, on=on))

    def _compose(self, case: Case) -> tuple[Draft, float]:
        """The first way of answering that has something to say; how sure an answer is, 1 where it was looked up."""
        pointed = look_up(case.question, self.library, case.searcher.superseded)
        if pointed is not None:
            return pointed, 1.0
        ways = (
            hole,
            partial(duties, departments=self.departments),
            compare,
            partial(tabulate, sheets=self.sheets),
            state,
            elsewhere,
        )
        drafts = (way(case) for way in ways)
        found = next((draft for draft in drafts if draft is not None), None)
        return warned(case, found) if found else nearest_sections(case), case.sure

    def _closed(self, question: Question, outcome: Outcome, began: float) -> Answer:
        elapsed = {"retrieve_ms": 0.0, "compose_ms": (time.perf_counter() - began) * 1000}
        key = "languages" if outcome is Outcome.CLARIFY else outcome.value
        said = message(key, script=question.script)
        return Answer(question, outcome, said, timings=elapsed, library=self.info)
