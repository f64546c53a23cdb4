"""Late interaction with static token vectors: each question token finds its best match in the passage.

score(q, p) = Σ_t w_t · max_j relu(cos(q_t, p_j))² / Σ_t w_t. The model file holds each token's vector times its weight, so that the
mean of rows is the weighted mean that dense search uses; here the norm is the weight and the unit vector the meaning. Numpy only.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load_file
from tokenizers import Tokenizer

from index.embed import BUILTIN, builtin
from index.pieces import load_tokenizer, pieces_of
from index.records import Chunk
from index.sentences import sentence_spans
from index.tokens import fold

Tokens = NDArray[np.int32]
Scores = NDArray[np.float32]
BREAK = -1  # stands between the parts of a passage: its heading path, then its sentences
PART_TOKENS = 120
_WEIGHTS = "embedding.weight"


class LateInteraction:
    """Token vectors (V, dims), token weights (V,) and their tokenizer."""

    def __init__(self, tokenizer: Tokenizer, vectors: NDArray[np.floating]) -> None:
        self._pieces = pieces_of(tokenizer)
        self._rows = vectors  # not copied: unit vectors of all of them would take 45 MB more
        self.weights = np.linalg.norm(vectors.astype(np.float32, copy=False), axis=1)
        self._skipped = np.zeros(len(vectors), dtype=bool)
        for token, index in tokenizer.get_vocab().items():
            self._skipped[index] = not re.search(r"\w", token)

    @classmethod
    def load(cls, folder: Path) -> LateInteraction:
        """Read the embedded model's folder (as sentence-transformers saves it)."""
        return cls(load_tokenizer(folder), load_file(str(folder / "model.safetensors"))[_WEIGHTS])

    def tokens(self, text: str, limit: int) -> Tokens:
        """Token ids of a folded text without punctuation, at most `limit`."""
        found = np.array(self._pieces.ids(text), dtype=np.int32)
        return found[~self._skipped[found]][:limit]

    def score(self, query: Tokens, passages: Sequence[Tokens]) -> Scores:
        """The score (0–1) of each passage."""
        return self.weighted(query, self.best_matches(query, passages))

    def weighted(self, query: Tokens, best: Scores) -> Scores:
        """Scores (n,) from best cosines (n, query tokens)."""
        weights = self.weights[query]
        return np.asarray((np.maximum(best, 0.0) ** 2) @ weights / (float(weights.sum()) or 1.0), dtype=np.float32)

    def best_matches(self, query: Tokens, passages: Sequence[Tokens]) -> Scores:
        """(passages, query tokens): the best cosine of each query token in each passage, 0 where a passage is empty.

        Similarity depends on token ids only, so each distinct one is compared once.
        """
        best = np.zeros((len(passages), len(query)), dtype=np.float32)
        filled = [i for i, p in enumerate(passages) if len(p)]
        if not filled or not len(query):
            return best
        joined = np.concatenate([passages[i] for i in filled])
        here = np.zeros(len(self._rows), dtype=bool)
        here[joined] = True
        distinct = np.flatnonzero(here)
        cosines = (self._unit(distinct) @ self._unit(query).T)[np.cumsum(here)[joined] - 1]
        starts = np.cumsum([0, *(len(passages[i]) for i in filled[:-1])])
        best[filled] = np.maximum.reduceat(cosines, starts, axis=0)
        return best

    def _unit(self, tokens: NDArray[np.integer]) -> Scores:
        """(tokens, dims) unit vectors."""
        unit: Scores = (
            self._rows[tokens].astype(np.float32, copy=False) / np.maximum(self.weights[tokens], 1e-9)[:, None]
        )
        return unit


@cache
def late_interaction() -> LateInteraction:
    """The embedded model, loaded once, over the memory of the embedder's."""
    return LateInteraction(load_tokenizer(BUILTIN), builtin().rows)


@cache
def tokenizer_version() -> str:
    """Hash of the tokenizer: tokens that were stored with another one mean nothing."""
    return hashlib.sha256((BUILTIN / "tokenizer.json").read_bytes()).hexdigest()[:8]


def passage_tokens(chunks: Sequence[Chunk]) -> list[Tokens]:
    """What late interaction reads of each chunk: the tokens of its parts with `BREAK` between them."""
    model = late_interaction()
    return [_with_breaks([model.tokens(fold(p), PART_TOKENS) for p in passage_parts(c)]) for c in chunks]


def passage_parts(chunk: Chunk) -> list[str]:
    """A chunk's heading path and its sentences; of a table row the sentence made of it."""
    sentences = [chunk.text[a:b] for a, b in sentence_spans(chunk.text)]
    if chunk.text.startswith("|") and chunk.indexed:
        sentences = [chunk.indexed]
    elif chunk.indexed:
        sentences.append(chunk.indexed)
    return [chunk.path, *(sentences or [chunk.text])]


def _with_breaks(parts: Sequence[Tokens]) -> Tokens:
    joined: list[int] = []
    for part in parts:
        joined += [*part.tolist(), BREAK]
    return np.array(joined[:-1], dtype=np.int32)


def split_parts(tokens: Tokens) -> list[Tokens]:
    """The parts of `passage_tokens`."""
    ends = [*np.flatnonzero(tokens == BREAK).tolist(), len(tokens)]
    starts = [0, *(end + 1 for end in ends[:-1])]
    return [tokens[start:end] for start, end in zip(starts, ends, strict=True)]
