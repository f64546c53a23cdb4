"""Question → ranked hits: lexical and dense searches, their union as candidates, then a readable learned reranker."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import chain
from pathlib import Path
from typing import Protocol

import numpy as np

from bot.features import Candidate, Column, Terms, features, reworded
from bot.lexicon import Lexicon
from bot.reading import Reader, read
from bot.records import Hit, Question
from bot.references import on_path
from bot.understand import number_of, strip_question_words
from index.embed import Embedder
from index.late import Tokens
from index.places import short_name
from index.records import Article, Chunk, Place, PolicyDocument, Table
from index.tokens import grams

LEXICAL_DEPTH, DENSE_DEPTH, POOL = 120, 80, 240
SCOPE_DEPTH, FEW_DOCUMENTS = 100, 3
BOOSTS = {"title": 0.6, "path": 1.3, "text": 1.0, "responsible": 0.3, "asked": 0.3}
EXPANSION = 0.5
REWRITTEN, REWRITTEN_DEPTH = 0.5, 20  # what all rewrites may weigh beside what was typed; chunks that each brings in
QUERY_TOKENS = 32


class Searchable(Protocol):
    """What retrieval needs of a library."""

    @property
    def embedder(self) -> Embedder: ...
    def lexical(
        self,
        terms: Sequence[tuple[str, float]],
        k: int,
        boosts: Mapping[str, float] | None = None,
        documents: Collection[str] | None = None,
    ) -> list[tuple[str, float]]: ...
    def documents(self) -> Sequence[PolicyDocument]: ...
    def dense(self, query: str, k: int) -> list[tuple[str, float]]: ...
    def chunks(self, ids: Sequence[str]) -> list[Chunk]: ...
    def chunks_of(self, document_id: str) -> list[Chunk]: ...
    def document(self, document_id: str) -> PolicyDocument: ...
    def article(self, document_id: str, ordinal: int) -> Article: ...
    def articles(self, document_id: str) -> Sequence[Article]: ...
    def tokens(self, ids: Sequence[str]) -> Sequence[Tokens]: ...
    def tables(self, document_id: str) -> Sequence[Table]: ...


@dataclass(frozen=True, slots=True)
class Searcher:
    """What retrieval works with besides the question."""

    library: Searchable
    lexicon: Lexicon
    reader: Reader
    superseded: Mapping[str, PolicyDocument]


@cache
def weights(name: str = "reranker") -> dict[str, float]:
    """A linear model's weights by feature name, learned by `python -m eval.learn`."""
    loaded: dict[str, float] = json.loads(Path(__file__).with_name(f"{name}.json").read_text(encoding="utf8"))
    return loaded


def subject(question: Question) -> str:
    """The question without question words and without the names of its places, which documents are chosen by."""
    return subject_of(question.search, question.places)


def subject_of(folded: str, places: Sequence[Place]) -> str:
    """A folded text without question words and place names; with them where nothing else is left."""
    text = folded
    for place in places:
        for name in place.path:
            text = text.replace(name, " ").replace(short_name(name), " ")
    return strip_question_words(text) or strip_question_words(folded)


def search_terms(question: Question, lexicon: Lexicon) -> Terms:
    """Uni- and bigrams of the question without its question words, and of the formal terms it stands for."""
    typed: dict[str, float] = {}
    for gram in grams(subject(question)):
        typed[gram] = 1.0 if len(gram) > 1 else 0.3
    expanded: dict[str, float] = {}
    for term, weight in lexicon.expand(question.search).items():
        for gram in grams(term):
            if gram not in typed:
                share = EXPANSION * weight * (1.0 if len(gram) > 1 else 0.3)
                expanded[gram] = max(expanded.get(gram, 0.0), share)
    rewritten = _rewritten(question, typed)
    return Terms(typed, expanded, tuple(lexicon.concepts(subject(question))), rewritten)


def _rewritten(question: Question, typed: Mapping[str, float]) -> dict[str, float]:
    """The grams that rewrites add, by the share of rewrites that have them; together they never outweigh what was typed."""
    rewrites = [set(grams(subject_of(text, question.places))) for text in question.rewrites]
    counts = Counter(gram for rewrite in rewrites for gram in rewrite if gram not in typed)
    weights = {g: EXPANSION * n / len(rewrites) * (1.0 if len(g) > 1 else 0.3) for g, n in counts.items()}
    total, most = sum(weights.values()), REWRITTEN * sum(typed.values())
    return {gram: weight * min(1.0, most / total) for gram, weight in weights.items()}


def query_tokens(question: Question, reader: Reader) -> Tokens:
    """What late interaction reads of a question."""
    return reader.model.tokens(subject(question), QUERY_TOKENS)


def rewrite_tokens(question: Question, reader: Reader) -> list[Tokens]:
    """The same of each of its rewrites."""
    return [reader.model.tokens(subject_of(text, question.places), QUERY_TOKENS) for text in question.rewrites]


@dataclass(frozen=True, slots=True)
class Pool:
    """The candidates of a question with their feature columns."""

    candidates: tuple[Candidate, ...]
    columns: Mapping[str, Column]

    def values(self, i: int) -> dict[str, float]:
        return {name: float(column[i]) for name, column in self.columns.items()}


def gather(question: Question, terms: Terms, searcher: Searcher) -> Pool:
    """Search both ways and measure every chunk that one of them found."""
    library = searcher.library
    lexical = library.lexical(terms.weighted(), LEXICAL_DEPTH, BOOSTS)
    dense = library.dense(subject(question), DENSE_DEPTH)
    more = (library.dense(subject_of(text, question.places), REWRITTEN_DEPTH) for text in question.rewrites)
    near = _in_scope(question, terms, library)
    found = [*_pointed_at(question, library), *near, *(i for i, _ in chain(lexical, dense, *more))]
    chunks = library.chunks(list(dict.fromkeys(found))[:POOL])
    top = max((score for _, score in lexical), default=1.0) or 1.0
    by_lexical, by_dense = {i: s / top for i, s in lexical}, dict(dense)
    ranks = {"lexical": _ranks(lexical), "dense": _ranks(dense)}
    tokens = library.tokens([c.id for c in chunks])
    candidates, titles = [], []
    for chunk, of_chunk in zip(chunks, tokens, strict=True):
        document = library.document(chunk.document_id)
        title, title_tokens = searcher.reader.title(document.title)
        titles.append(title_tokens)
        candidates.append(
            Candidate(
                chunk=chunk,
                document=document,
                article=library.article(chunk.document_id, chunk.article),
                reading=read(chunk, of_chunk),
                title=title,
                lexical=by_lexical.get(chunk.id, 0.0),
                dense=by_dense.get(chunk.id, 0.0),
                ranks={name: found[chunk.id] for name, found in ranks.items() if chunk.id in found},
                superseded=chunk.document_id in searcher.superseded,
            )
        )
    first, *others = (
        (searcher.reader.match(query, [c.reading for c in candidates], titles), searcher.reader.model.weights[query])
        for query in (query_tokens(question, searcher.reader), *rewrite_tokens(question, searcher.reader))
    )
    columns = features(question, terms, candidates, *first)
    for match, token_weights in others:
        columns = reworded(columns, candidates, match, token_weights)
    return Pool(tuple(candidates), columns)


def retrieve(question: Question, searcher: Searcher, *, k: int = 50) -> list[Hit]:
    """The best hit of each article, best first, each with its ranks and feature values."""
    pool = gather(question, search_terms(question, searcher.lexicon), searcher)
    if not pool.candidates:
        return []
    scores = np.sum([w * pool.columns[name] for name, w in weights().items()], axis=0)
    return best_of_each_article(pool, scores, k)


def best_of_each_article(pool: Pool, scores: Column, k: int | None = None) -> list[Hit]:
    """Hits by falling score, one a unit."""
    best: dict[tuple[str, int, int], Hit] = {}
    for i in np.argsort(-scores, kind="stable"):
        candidate = pool.candidates[i]
        key = unit(candidate.chunk)
        if key not in best:
            if len(best) == k:
                break
            best[key] = Hit(candidate.chunk, float(scores[i]), dict(candidate.ranks), pool.values(int(i)))
    return list(best.values())


def unit(chunk: Chunk) -> tuple[str, int, int]:
    """What a chunk is part of as an answer: its article, or its own table row."""
    return chunk.document_id, chunk.article, chunk.start if chunk.text.startswith("|") else -1


def _pointed_at(question: Question, library: Searchable) -> list[str]:
    """Chunks that the question names outright: fronts of documents by 文号, articles by number in named documents."""
    pointed = []
    for document_id in dict.fromkeys((*question.doc_nos, *question.documents)):
        articles = library.articles(document_id)
        for chunk in library.chunks_of(document_id):
            article = articles[chunk.article]
            at_path = any(on_path(reference, article.path) for reference in question.references)
            if article.kind == "front" or at_path or number_of(article.number) in question.article_refs:
                pointed.append(chunk.id)
    return pointed[: POOL // 4]


def _in_scope(question: Question, terms: Terms, library: Searchable) -> list[str]:
    """Chunks of the documents of the asked place or name: all of them where they are few, else the best by words."""
    scope = set(question.documents) or {d.id for d in library.documents() if d.place and d.place in question.places}
    if not scope:
        return []
    if len(scope) <= FEW_DOCUMENTS:
        every = [c.id for document_id in sorted(scope) for c in library.chunks_of(document_id)]
        if len(every) <= SCOPE_DEPTH:
            return every
    found = library.lexical(terms.weighted(), SCOPE_DEPTH, BOOSTS, scope)
    return [chunk_id for chunk_id, _ in found]


def _ranks(found: Sequence[tuple[str, float]]) -> dict[str, int]:
    return {chunk_id: rank for rank, (chunk_id, _) in enumerate(found, 1)}
