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

from index.embed import BUILTIN
from index.records import Chunk
from index.tokens import fold

Tokens = NDArray[np.int32]
PASSAGE_TOKENS = 220
_WEIGHTS = "embedding.weight"


class LateInteraction:
    """Token vectors (V, dims), token weights (V,) and their tokenizer."""

    def __init__(self, tokenizer: Tokenizer, vectors: NDArray[np.float32]) -> None:
        self._tokenizer = tokenizer
        self.weights = np.linalg.norm(vectors, axis=1)
        self._unit = vectors / np.maximum(self.weights, 1e-9)[:, None]
        self._skipped = np.zeros(len(vectors), dtype=bool)
        for token, index in tokenizer.get_vocab().items():
            self._skipped[index] = not re.search(r"\w", token)

    @classmethod
    def load(cls, folder: Path) -> LateInteraction:
        """Read the embedded model's folder (as sentence-transformers saves it)."""
        return cls(
            Tokenizer.from_file(str(folder / "tokenizer.json")), load_file(str(folder / "model.safetensors"))[_WEIGHTS]
        )

    def tokens(self, text: str, limit: int) -> Tokens:
        """Token ids of a folded text without punctuation, at most `limit`."""
        return self.batch([text], limit)[0]

    def batch(self, texts: Sequence[str], limit: int) -> list[Tokens]:
        """The tokens of each text; several at once use all processors."""
        found = (np.asarray(e.ids, dtype=np.int32) for e in self._tokenizer.encode_batch_fast(texts))
        return [ids[~self._skipped[ids]][:limit] if len(ids) else ids for ids in found]

    def score(self, query: Tokens, passages: Sequence[Tokens]) -> NDArray[np.float32]:
        """The score (0–1) of each passage; similarity depends on token ids only, so each distinct one is compared once."""
        best = self.best_matches(query, passages)
        weights = self.weights[query]
        total = float(weights.sum()) or 1.0
        return np.asarray((np.maximum(best, 0.0) ** 2) @ weights / total, dtype=np.float32)

    def best_matches(self, query: Tokens, passages: Sequence[Tokens]) -> NDArray[np.float32]:
        """(passages, query tokens): the best cosine of each query token in each passage, 0 where a passage is empty."""
        best = np.zeros((len(passages), len(query)), dtype=np.float32)
        filled = [i for i, p in enumerate(passages) if len(p)]
        if not filled or not len(query):
            return best
        joined = np.concatenate([passages[i] for i in filled])
        here = np.zeros(len(self._unit), dtype=bool)
        here[joined] = True
        distinct = np.flatnonzero(here)
        cosines = (self._unit[distinct] @ self._unit[query].T)[np.cumsum(here)[joined] - 1]
        starts = np.cumsum([0, *(len(passages[i]) for i in filled[:-1])])
        best[filled] = np.maximum.reduceat(cosines, starts, axis=0)
        return best


@cache
def late_interaction() -> LateInteraction:
    """The embedded model, loaded once."""
    return LateInteraction.load(BUILTIN)


@cache
def tokenizer_version() -> str:
    """Hash of the tokenizer: tokens that were stored with another one mean nothing."""
    return hashlib.sha256((BUILTIN / "tokenizer.json").read_bytes()).hexdigest()[:8]


def passage_tokens(chunks: Sequence[Chunk]) -> list[Tokens]:
    """What late interaction reads of each chunk, at most `PASSAGE_TOKENS`."""
    return late_interaction().batch([fold(passage_text(c)) for c in chunks], PASSAGE_TOKENS)


def passage_text(chunk: Chunk) -> str:
    """A chunk's heading path with its words, or with a table row's sentence."""
    return f"{chunk.path} {chunk.indexed or chunk.text}" if chunk.text.startswith("|") else f"{chunk.path} {chunk.text}"
