"""Lexical search: tantivy over character uni- and bigrams, a field each for what can match (the only importer of tantivy)."""

from __future__ import annotations

import weakref
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import tantivy

from index.errors import LibraryDamaged, LibraryError
from index.records import Chunk
from index.tokens import grams
from index.view import make_view

FIELDS = ("title", "path", "text", "responsible", "asked")
_HEAP = 256_000_000
_WHITESPACE = "grams"


def _schema() -> Any:
    builder = tantivy.SchemaBuilder()
    for name in ("id", "document_id"):
        builder.add_text_field(name, stored=True, tokenizer_name="raw", index_option="basic")
    for name in FIELDS:
        builder.add_text_field(name, tokenizer_name=_WHITESPACE, index_option="freq")
    return builder.build()


def _open(index: Any) -> Any:
    index.register_tokenizer(_WHITESPACE, tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.whitespace()).build())
    return index


def _terms(text: str) -> str:
    return " ".join(grams(text))


class LexicalIndex:
    """A read-only lexical index, which leaves its folder as it is: see `index.view`."""

    def __init__(self, folder: Path) -> None:
        path, drop = make_view(folder)
        weakref.finalize(self, drop)
        try:
            self._index = _open(tantivy.Index.open(str(path)))
            self._searcher = self._index.searcher()
        except ValueError as error:
            raise LibraryDamaged("全文索引打不开，请重新运行 sync 重建索引。") from error
        self._schema = self._index.schema
        self._fields = FIELDS if self._filled(FIELDS[-1]) else FIELDS[:-1]

    def search(
        self,
        terms: Sequence[tuple[str, float]],
        k: int,
        boosts: Mapping[str, float] | None = None,
        documents: Collection[str] | None = None,
    ) -> list[tuple[str, float]]:
        """The `k` best (chunk id, score) for weighted terms over the fields. Terms are data: there is no query syntax."""
        weights = boosts or dict.fromkeys(FIELDS, 1.0)
        clauses = [
            (tantivy.Occur.Should, self._boosted(field, term, weight * boost))
            for term, weight in terms
            for field, boost in weights.items()
            if weight * boost > 0 and field in self._fields
        ]
        if not clauses or k < 1:
            return []
        query = tantivy.Query.boolean_query(clauses)
        if documents is not None:
            only = tantivy.Query.term_set_query(self._schema, "document_id", list(documents))
            kept = tantivy.Query.const_score_query(only, 0.0)
            query = tantivy.Query.boolean_query([(tantivy.Occur.Must, query), (tantivy.Occur.Must, kept)])
        found = self._searcher.search(query, limit=k).hits
        return [(str(self._searcher.doc(address).get_first("id")), float(score)) for score, address in found]

    def _boosted(self, field: str, term: str, weight: float) -> Any:
        return tantivy.Query.boost_query(tantivy.Query.term_query(self._schema, field, term, "freq"), weight)

    def _filled(self, field: str) -> bool:
        """Whether any chunk has words in a field: `asked` is empty where no model wrote any, and older indexes lack it."""
        try:
            any_character = tantivy.Query.regex_query(self._schema, field, ".")
            return bool(self._searcher.search(any_character, limit=1).hits)
        except ValueError:
            return False

    def count(self) -> int:
        return int(self._searcher.num_docs)

    def ids(self) -> set[str]:
        """All chunk ids."""
        size = self.count()
        if not size:
            return set()
        hits = self._searcher.search(tantivy.Query.all_query(), limit=size).hits
        return {str(self._searcher.doc(address).get_first("id")) for _, address in hits}


class LexicalWriter:
    """Adds and deletes chunks of one index; nothing is visible before `commit`. Raises `LibraryError` where it cannot be written."""

    def __init__(self, folder: Path) -> None:
        with _written():
            folder.mkdir(parents=True, exist_ok=True)
            self._index = _open(tantivy.Index(_schema(), path=str(folder), reuse=True))
            self._writer = self._index.writer(heap_size=_HEAP, num_threads=1)

    def add(self, title: str, chunks: Sequence[Chunk], asked: Mapping[int, str] | None = None) -> None:
        """`asked`: by the number of an article what people ask that it answers; its table rows are asked for by their cells."""
        titles = _terms(title)
        for chunk in chunks:
            document = tantivy.Document(id=chunk.id, document_id=chunk.document_id)
            questions = "" if chunk.text.startswith("|") else (asked or {}).get(chunk.article, "")
            own = (chunk.path, f"{chunk.text} {chunk.indexed}", " ".join(chunk.responsible), questions)
            for field, terms in zip(FIELDS, (titles, *map(_terms, own)), strict=True):
                document.add_text(field, terms)
            with _written():
                self._writer.add_document(document)

    def delete(self, document_id: str) -> None:
        with _written():
            self._writer.delete_documents("document_id", document_id)

    def commit(self) -> None:
        with _written():
            self._writer.commit()
            self._writer.wait_merging_threads()


@contextmanager
def _written() -> Iterator[None]:
    try:
        yield
    except (ValueError, OSError) as error:
        raise LibraryError("全文索引写不进磁盘，请检查磁盘空间后再试；原来的文件库没有变动。") from error
