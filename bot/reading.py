"""A chunk as the reranker reads it: folded words and tokens of its sentences, its heading path and its document's title."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from index.late import LateInteraction, Scores, Tokens, passage_parts, split_parts
from index.records import Chunk
from index.tokens import fold

HEADING_TOKENS = 40
_CACHED = 20_000


@dataclass(frozen=True, slots=True)
class Reading:
    """Folded texts and token ids; `sentences` and `tokens` go together."""

    body: str
    path: str
    sentences: tuple[str, ...]
    tokens: tuple[Tokens, ...]
    path_tokens: Tokens


@dataclass(frozen=True, slots=True)
class Match:
    """Best cosines of the question's tokens, one row a chunk: in its heading path, its title, its sentences, all of them.

    `sentence` holds each chunk's best sentence score, `which` its number.
    """

    path: Scores
    title: Scores
    body: Scores
    whole: Scores
    sentence: Scores
    which: tuple[int, ...]


def read(chunk: Chunk, tokens: Tokens) -> Reading:
    """A chunk with its stored tokens."""
    path_tokens, *of_sentences = split_parts(tokens)
    path, *sentences = (fold(part) for part in passage_parts(chunk))
    return Reading(" ".join(sentences), path, tuple(sentences), tuple(of_sentences), path_tokens)


class Reader:
    """Compares questions with what was read."""

    def __init__(self, model: LateInteraction) -> None:
        self.model = model
        self.title = lru_cache(maxsize=_CACHED)(self._title)

    def _title(self, title: str) -> tuple[str, Tokens]:
        folded = fold(title)
        return folded, self.model.tokens(folded, HEADING_TOKENS)

    def match(self, query: Tokens, readings: Sequence[Reading], titles: Sequence[Tokens]) -> Match:
        """Match a question with chunks, every distinct token compared once."""
        count = len(readings)
        sentences = [t for r in readings for t in r.tokens]
        best = self.model.best_matches(query, [*sentences, *(r.path_tokens for r in readings), *titles])
        in_sentences = best[: len(sentences)]
        path, title = best[len(sentences) : len(sentences) + count], best[len(sentences) + count :]
        starts = np.cumsum([0, *(len(r.tokens) for r in readings[:-1])])
        body = np.maximum.reduceat(in_sentences, starts, axis=0) if count else in_sentences
        owner = np.repeat(np.arange(count), [len(r.tokens) for r in readings])
        scores = self.model.weighted(query, np.maximum(in_sentences, 0.6 * path[owner]))
        which = [int(np.argmax(scores[s : s + len(r.tokens)])) for s, r in zip(starts, readings, strict=True)]
        sentence = np.array([scores[s + w] for s, w in zip(starts, which, strict=True)], dtype=np.float32)
        return Match(path, title, body, np.maximum(body, path), sentence, tuple(which))
