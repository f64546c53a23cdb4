"""Section look-up: 文号, article numbers, heading words, departments, places → sections with permalinks, fast enough to type into."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date

from bot.citations import cite
from bot.messages import message
from bot.naming import DocumentNames
from bot.records import Citation
from bot.scope import applies
from bot.understand import article_references, number_of, strip_question_words, years
from index.library import Library
from index.places import places_in
from index.records import Chunk, PolicyDocument
from index.relations import later_versions
from index.tokens import fold, grams

FIELDS = {"title": 1.0, "path": 2.0, "text": 0.7, "responsible": 1.5}
DEPTH = 200
_RESPONSIBLE = re.compile(r"(?:责任|牵头|主管|配合)(?:单位|部门)?\s*[：:]?\s*([\u4e00-\u9fff]{2,12})")


class Finder:
    """Finds sections in one open library. Who knows its names and later versions already, hands them in."""

    def __init__(
        self,
        library: Library,
        names: DocumentNames | None = None,
        superseded: Mapping[str, PolicyDocument] | None = None,
    ) -> None:
        self.library = library
        documents = library.documents()
        self._names = names or DocumentNames(documents)
        self._superseded = later_versions(documents) if superseded is None else superseded
        self._places = frozenset(d.place for d in documents if d.place and d.place.path)

    def find(self, query: str, k: int = 20, *, on: date | None = None) -> list[Citation]:
        """The `k` best sections for a query, labelled 1…k; an empty query finds nothing."""
        folded = fold(query)
        numbered = self._names.by_number(folded)
        named = numbered or self._names.by_title(folded)
        wanted = set(article_references(folded))
        departments = _RESPONSIBLE.findall(folded)
        terms = {g: 1.0 if len(g) > 1 else 0.3 for g in grams(strip_question_words(folded))}
        if not terms:
            return []
        found = dict(self.library.lexical(list(terms.items()), DEPTH, FIELDS, documents=named or None))
        chunks = {c.id: c for c in self.library.chunks(list(found))}
        for document_id in named if wanted or numbered else ():
            chunks |= {c.id: c for c in self.library.chunks_of(document_id)}
        asked_places = places_in(folded, self._places)
        scored = [
            (found.get(c.id, 0.0) + self._bonus(c, wanted, departments, bool(numbered)), c)
            for c in chunks.values()
            if applies(self.library.document(c.document_id), asked_places) and self._of_year(c, years(folded), numbered)
        ]
        return self._sections(sorted(scored, key=lambda s: -s[0]), k, on or date.today())

    def show(self, document: str, section: str = "") -> list[str]:
        """A document's section in full, or its outline where no section is named; one line where it is not there."""
        folded = fold(document)
        named = self._names.by_number(folded) or self._names.by_title(folded)
        if not named:
            return [message("no_document")]
        lines: list[str] = []
        wanted = set(article_references(fold(section)))
        for found in (self.library.document(i) for i in named if i not in self._superseded or len(named) == 1):
            articles = self.library.articles(found.id)
            lines.append(found.title)
            if not section:
                lines += [a.path for a in articles if a.path]
                continue
            lines += [
                f"{a.path}\n{found.text[a.start : a.end].strip()}"
                for a in articles
                if (wanted and number_of(a.number) in wanted) or (not wanted and fold(section) in fold(a.heading))
            ] or [message("no_section")]
        return lines

    def _bonus(self, chunk: Chunk, wanted: set[str], departments: Sequence[str], numbered: bool) -> float:
        bonus = 0.0
        if departments and any(d in unit for d in departments for unit in chunk.responsible):
            bonus += 50
        if wanted or (numbered and not departments):
            article = self.library.article(chunk.document_id, chunk.article)
            if number_of(article.number) in wanted:
                bonus += 100
            if article.kind == "front" and not wanted:
                bonus += 20
        return bonus

    def _of_year(self, chunk: Chunk, asked: Sequence[int], numbered: Sequence[str]) -> bool:
        if not asked or numbered:
            return True
        document: PolicyDocument = self.library.document(chunk.document_id)
        days = [d.year for d in (document.written, document.published, document.effective) if d]
        return bool(set(asked) & set(days)) or any(str(y) in chunk.text for y in asked)

    def _sections(self, scored: Sequence[tuple[float, Chunk]], k: int, on: date) -> list[Citation]:
        seen: dict[tuple[str, int], Citation] = {}
        for _, chunk in scored:
            key = (chunk.document_id, chunk.article)
            if key in seen:
                continue
            document = self.library.document(chunk.document_id)
            newer = self._superseded.get(document.id)
            article = self.library.article(document.id, chunk.article)
            seen[key] = cite(len(seen) + 1, document, article, chunk.start, chunk.end, on=on, newer=newer)
            if len(seen) == k:
                break
        return list(seen.values())
