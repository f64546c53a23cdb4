"""Question → ranked hits: lexical and dense searches, their union as candidates, then a readable linear reranker."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import cache, lru_cache
from pathlib import Path
from typing import Protocol

import numpy as np

from bot.features import Candidate, Terms, features, linear
from bot.lexicon import Lexicon
from bot.records import Hit, Question
from bot.references import on_path
from bot.understand import number_of, strip_question_words
from index.late import LateInteraction
from index.records import Article, Chunk, PolicyDocument
from index.tokens import fold, grams

LEXICAL_DEPTH, DENSE_DEPTH, POOL = 160, 80, 200
BOOSTS = {"title": 0.6, "path": 1.3, "text": 1.0, "responsible": 0.3}
EXPANSION = 0.5
_QUERY_TOKENS, _PASSAGE_TOKENS = 32, 220


class Searchable(Protocol):
    """What retrieval needs of a library."""

    def lexical(
        self, terms: Sequence[tuple[str, float]], k: int, boosts: Mapping[str, float] | None = None
    ) -> list[tuple[str, float]]: ...
    def dense(self, query: str, k: int) -> list[tuple[str, float]]: ...
    def chunks(self, ids: Sequence[str]) -> list[Chunk]: ...
    def chunks_of(self, document_id: str) -> list[Chunk]: ...
    def document(self, document_id: str) -> PolicyDocument: ...
    def articles(self, document_id: str) -> Sequence[Article]: ...


@cache
def weights(name: str = "reranker") -> dict[str, float]:
    """A linear model's weights by feature name, learned by `python -m eval.learn`."""
    loaded: dict[str, float] = json.loads(Path(__file__).with_name(f"{name}.json").read_text(encoding="utf8"))
    return loaded


@cache
def late_interaction() -> LateInteraction:
    return LateInteraction.load(Path(__file__).resolve().parent.parent / "index" / "model")


def search_terms(question: Question, lexicon: Lexicon) -> Terms:
    """Uni- and bigrams of the question without its question words, and of the formal terms it stands for."""
    typed: dict[str, float] = {}
    for gram in grams(strip_question_words(question.search)):
        typed[gram] = 1.0 if len(gram) > 1 else 0.3
    expanded: dict[str, float] = {}
    for term, weight in lexicon.expand(question.search).items():
        for gram in grams(term):
            if gram not in typed:
                share = EXPANSION * weight * (1.0 if len(gram) > 1 else 0.3)
                expanded[gram] = max(expanded.get(gram, 0.0), share)
    return Terms(typed, expanded)


def retrieve(
    question: Question, library: Searchable, lexicon: Lexicon, superseded: Mapping[str, PolicyDocument], *, k: int = 50
) -> list[Hit]:
    """The best hit of each article, best first, each with its ranks and feature values."""
    terms = search_terms(question, lexicon)
    lexical = library.lexical([*terms.typed.items(), *terms.expanded.items()], LEXICAL_DEPTH, BOOSTS)
    dense = library.dense(question.search, DENSE_DEPTH)
    pool = list(dict.fromkeys([*_pointed_at(question, library), *(i for i, _ in lexical), *(i for i, _ in dense)]))
    chunks = library.chunks(pool[:POOL])
    late = _late_scores(question, chunks)
    top = max((score for _, score in lexical), default=1.0) or 1.0
    by_lexical, by_dense = {i: s / top for i, s in lexical}, dict(dense)
    ranks = {"lexical": _ranks(lexical), "dense": _ranks(dense)}
    hits = []
    for chunk, late_score in zip(chunks, late, strict=True):
        candidate = Candidate(
            chunk=chunk,
            document=library.document(chunk.document_id),
            article=library.articles(chunk.document_id)[chunk.article],
            lexical=by_lexical.get(chunk.id, 0.0),
            dense=by_dense.get(chunk.id, 0.0),
            late=float(late_score),
            superseded=chunk.document_id in superseded,
        )
        values = features(question, terms, candidate)
        places = {name: found[chunk.id] for name, found in ranks.items() if chunk.id in found}
        hits.append(Hit(chunk, linear(values, weights()), places, values))
    return _best_of_each_article(hits)[:k]


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


def passage_text(chunk: Chunk) -> str:
    """What late interaction reads of a chunk: its heading path, its words, and a table row's sentence."""
    return f"{chunk.path} {chunk.indexed or chunk.text}" if chunk.text.startswith("|") else f"{chunk.path} {chunk.text}"


@lru_cache(maxsize=50_000)
def _passage_tokens(_chunk_id: str, text: str) -> np.ndarray:
    return late_interaction().tokens(text, _PASSAGE_TOKENS)


def _late_scores(question: Question, chunks: Sequence[Chunk]) -> np.ndarray:
    if not chunks:
        return np.zeros(0, dtype=np.float32)
    model = late_interaction()
    query = model.tokens(strip_question_words(question.search), _QUERY_TOKENS)
    return model.score(query, [_passage_tokens(c.id, fold(passage_text(c))) for c in chunks])


def _ranks(found: Sequence[tuple[str, float]]) -> dict[str, int]:
    return {chunk_id: rank for rank, (chunk_id, _) in enumerate(found, 1)}


def _best_of_each_article(hits: Sequence[Hit]) -> list[Hit]:
    best: dict[tuple[str, int, int], Hit] = {}
    for hit in sorted(hits, key=lambda h: -h.score):
        row = hit.chunk.start if hit.chunk.text.startswith("|") else -1  # each table row is its own answer
        best.setdefault((hit.chunk.document_id, hit.chunk.article, row), hit)
    return list(best.values())
