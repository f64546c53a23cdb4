"""First stage: mean-pooled static vectors by in-batch contrast on law articles, without any question."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer
from torch.nn import functional

from index.tokens import fold
from index.training.data import LawArticle

EPOCHS, BATCH, RATE, SHARPNESS = 2, 1024, 2e-2, 20.0
_CUT = re.compile(r"[。；！？\n]")


def views(articles: Sequence[LawArticle], chance: random.Random) -> list[tuple[str, str]]:
    """Two views of one article: heading and text, first and second part, one sentence and the rest."""
    found = []
    for article in articles:
        context = f"{article.title} {article.heading}"
        sentences = [s for s in _CUT.split(article.text) if len(s) > 6]
        found.append((context, article.text[:300]))
        if len(sentences) > 1:
            cut = chance.randrange(1, len(sentences))
            one = chance.randrange(len(sentences))
            rest = "。".join(s for i, s in enumerate(sentences) if i != one)
            found.append(("".join(sentences[:cut])[-120:], "".join(sentences[cut:])[:300]))
            found.append((sentences[one], f"{context} {rest[:300]}"))
    return [(fold(a), fold(b)) for a, b in found]


def contrast(tokenizer: Tokenizer, pairs: Sequence[tuple[str, str]], dimensions: int) -> NDArray[np.float32]:
    """Train (vocabulary, dimensions) vectors so that the two views of an article meet."""
    sides = [[e.ids or [0] for e in tokenizer.encode_batch([p[i] for p in pairs])] for i in (0, 1)]
    bag = torch.nn.EmbeddingBag(tokenizer.get_vocab_size(), dimensions, mode="mean", sparse=True)
    torch.nn.init.normal_(bag.weight, std=0.1)
    optimiser = torch.optim.SparseAdam(list(bag.parameters()), lr=RATE)
    for epoch in range(EPOCHS):
        order = np.random.RandomState(epoch).permutation(len(pairs))
        for start in range(0, len(order) - BATCH, BATCH):
            rows = order[start : start + BATCH]
            left, right = (_pool(bag, [side[i] for i in rows]) for side in sides)
            scores = left @ right.T * SHARPNESS
            target = torch.arange(len(rows))
            loss = (functional.cross_entropy(scores, target) + functional.cross_entropy(scores.T, target)) / 2
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
        print(f"contrast epoch {epoch}: loss {loss.item():.3f}")
    return np.asarray(bag.weight.detach().numpy())


def _pool(bag: Any, ids: Sequence[Sequence[int]]) -> torch.Tensor:
    offsets = np.cumsum([0, *(len(x) for x in ids[:-1])])
    return functional.normalize(bag(torch.tensor(np.concatenate(ids)), torch.tensor(offsets)), dim=1)


def joined(first: NDArray[np.float32], second: NDArray[np.float32], dimensions: int) -> NDArray[np.float32]:
    """Both spaces side by side, row-normalised, 0.8 to 0.6, reduced to `dimensions` by SVD."""
    both = np.concatenate([0.8 * _unit(first), 0.6 * _unit(second)], axis=1)
    sample = both[np.random.RandomState(0).permutation(len(both))[:20_000]]
    axes = np.linalg.svd(sample, full_matrices=False)[2][:dimensions]
    return np.asarray(both @ axes.T, dtype=np.float32)


def _unit(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(rows / np.maximum(1e-9, np.linalg.norm(rows, axis=1, keepdims=True)))
