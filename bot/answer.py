"""The question pipeline, visible in `Answerer.ask`: screen → understand → retrieve → scope → compose → verify."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from datetime import date

from bot.answerable import probability
from bot.compose import Draft, draft_answer, nearest_sections
from bot.lexicon import load_lexicon
from bot.lookup import look_up
from bot.messages import message
from bot.naming import DocumentNames
from bot.reading import Reader
from bot.records import Answer, Hit, LibraryInfo, Outcome, Question, Turn
from bot.retrieve import Searcher, retrieve, search_terms
from bot.scope import applies
from bot.screening import screen
from bot.settings import Settings
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
        self.searcher = Searcher(library, self.lexicon, reader or Reader.load(BUILTIN), self.superseded)
        self.places = tuple({d.place.path: d.place for d in documents if d.place and d.place.path}.values())
        manifest = library.manifest
        self.info = LibraryInfo(str(manifest.generation), len(documents), manifest.created)

    @property
    def superseded(self) -> Mapping[str, PolicyDocument]:
        """What is superseded today, and by what; `succession` knows it of any day."""
        return self.succession.as_of(date.today())

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
        if refused is not None:
            return self._closed(question, refused, began)
        hits = retrieve(question, self.searcher)
        found = time.perf_counter()
        draft, sure = self._compose(question, hits)
        timings = {"retrieve_ms": (found - began) * 1000, "compose_ms": (time.perf_counter() - found) * 1000}
        return Answer(
            question=question,
            outcome=draft.outcome,
            text=draft.text,
            statements=draft.statements,
            citations=draft.citations,
            hits=tuple(hits[:SHOWN_HITS]),
            rejected=tuple(hits[SHOWN_HITS:]),
            nearest=draft.nearest,
            timings=timings,
            library=self.info,
            probability=sure,
        )

    def _compose(self, question: Question, hits: Sequence[Hit]) -> tuple[Draft, float]:
        """Choose the outcome: look-up, answered from what applies, elsewhere, or not found; how sure an answer is."""
        pointed = look_up(question, self.library, self.superseded)
        if pointed is not None:
            return pointed, 1.0
        applicable = [h for h in hits if applies(self.library.document(h.chunk.document_id), question.places)]
        policy = [
            h for h in applicable if self.library.document(h.chunk.document_id).kind != "third_party"
        ] or applicable
        terms = search_terms(question, self.lexicon)
        sure = probability(question, policy)
        if policy and sure >= self.settings.answer_threshold:
            draft = draft_answer(question, terms, policy, self.searcher)
            if draft.statements:
                return draft, sure
        here = {h.chunk.id for h in applicable}
        others = [h for h in hits if h.chunk.id not in here]
        if question.places and others and probability(question, others) >= self.settings.answer_threshold:
            return draft_answer(question, terms, others, self.searcher, elsewhere=True), sure
        return nearest_sections(question, hits, self.library, self.superseded), sure

    def _closed(self, question: Question, outcome: Outcome, began: float) -> Answer:
        elapsed = {"retrieve_ms": 0.0, "compose_ms": (time.perf_counter() - began) * 1000}
        key = "languages" if outcome is Outcome.CLARIFY else outcome.value
        said = message(key, script=question.script)
        return Answer(question, outcome, said, timings=elapsed, library=self.info)
