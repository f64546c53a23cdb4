"""Second stage: late interaction on lay questions, with in-batch negatives, learned token weights and lexicon pairs."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer
from torch import Tensor
from torch.nn import functional

from index.training.data import Pair
from index.training.vocabulary import wordless

EPOCHS, BATCH = 2, 64
QUESTION_TOKENS, PASSAGE_TOKENS, TERM_TOKENS = 24, 160, 10
SHARPNESS, LEXICON_SHARPNESS, LEXICON_SHARE = 30.0, 15.0, 0.5
VECTOR_RATE, WEIGHT_RATE = 2e-3, 1e-2


class LateModel(torch.nn.Module):
    """Token vectors and log weights; score(q, p) as in `index.late`."""

    def __init__(self, start: NDArray[np.float32], idf: Sequence[float]) -> None:
        super().__init__()
        self.vectors = torch.nn.Embedding.from_pretrained(torch.tensor(start), freeze=False)  # type: ignore[no-untyped-call]
        weights = torch.tensor(idf)
        self.log_weights = torch.nn.Parameter(torch.log(weights / weights.mean() + 1e-3))

    def forward(self, questions: Sequence[Sequence[int]], passages: Sequence[Sequence[int]]) -> Tensor:
        """(questions, passages) scores."""
        (q, q_mask), (p, p_mask) = _padded(questions), _padded(passages)
        unit_q, unit_p = (functional.normalize(self.vectors(x), dim=-1) for x in (q, p))
        cosines = torch.einsum("bqe,cpe->bcqp", unit_q, unit_p).masked_fill(p_mask[None, :, None, :] == 0, -1.0)
        weights = self.log_weights[q].exp() * q_mask
        best = functional.relu(cosines.amax(-1)) ** 2
        return (best * weights[:, None]).sum(-1) / weights.sum(-1)[:, None]


def train_lay(
    tokenizer: Tokenizer,
    start: NDArray[np.float32],
    idf: Sequence[float],
    pairs: Sequence[Pair],
    groups: Sequence[tuple[list[str], list[str]]],
    *,
    chance: random.Random,
) -> NDArray[np.float32]:
    """(vocabulary, dimensions): each row a unit vector times its token's weight."""
    skipped = wordless(tokenizer)

    def ids(text: str, limit: int) -> list[int]:
        return [i for i in tokenizer.encode(text).ids if i not in skipped][:limit] or [0]

    model = LateModel(start, idf)
    optimiser = torch.optim.Adam(
        [{"params": [model.vectors.weight], "lr": VECTOR_RATE}, {"params": [model.log_weights], "lr": WEIGHT_RATE}]
    )
    questions = [ids(p.question, QUESTION_TOKENS) for p in pairs]
    passages = [ids(p.passage, PASSAGE_TOKENS) for p in pairs]
    for epoch in range(EPOCHS):
        order = np.random.RandomState(epoch).permutation(len(pairs))
        for at in range(0, len(order) - BATCH, BATCH):
            rows = order[at : at + BATCH]
            scores = model([questions[i] for i in rows], [passages[i] for i in rows]) * SHARPNESS
            target = torch.arange(BATCH)
            loss = functional.cross_entropy(scores.masked_fill(_siblings(pairs, rows), -1e4), target)
            some = chance.sample(list(groups), BATCH)
            lay = [ids(chance.choice(terms), TERM_TOKENS) for _, terms in some]
            formal = [ids(chance.choice(terms), TERM_TOKENS) for terms, _ in some]
            loss = loss + LEXICON_SHARE * functional.cross_entropy(model(lay, formal) * LEXICON_SHARPNESS, target)
            optimiser.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimiser.step()
            if at % (BATCH * 100) == 0:
                print(f"lay epoch {epoch} {at}/{len(order)}: loss {loss.item():.3f}", flush=True)
    unit = functional.normalize(model.vectors.weight.detach(), dim=1)
    return np.asarray((unit * model.log_weights.detach().exp().clamp(min=1e-3)[:, None]).numpy())


def _siblings(pairs: Sequence[Pair], rows: Iterable[int]) -> Tensor:
    """Where another row of the batch has the same passage: neither right nor wrong."""
    names = [pairs[i].passage_id for i in rows]
    return torch.tensor([[a == b and i != j for j, b in enumerate(names)] for i, a in enumerate(names)])


def _padded(lists: Sequence[Sequence[int]]) -> tuple[Tensor, Tensor]:
    ids = torch.zeros(len(lists), max(map(len, lists)), dtype=torch.long)
    mask = torch.zeros(ids.shape)
    for row, x in enumerate(lists):
        ids[row, : len(x)] = torch.tensor(x)
        mask[row, : len(x)] = 1
    return ids, mask
