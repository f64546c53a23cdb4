"""Second stage: late interaction on lay questions, with siblings of the right passage in every batch and learned token weights."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional
from torch.optim.lr_scheduler import LambdaLR

Ids = NDArray[np.int64]
EPOCHS, BATCH, SIBLINGS = 5, 256, 4
TERM_PAIRS, DICTIONARY_PAIRS = 48, 16
SHARPNESS, TERM_SHARPNESS, TERM_SHARE = 30.0, 15.0, 0.5
VECTOR_RATE, WEIGHT_RATE, LEAST_RATE = 2e-3, 1e-2, 0.05


@dataclass(frozen=True, slots=True)
class Encoded:
    """A pair as token ids; `group` tells which passages are alike."""

    question: Ids
    passage: Ids
    passage_id: str
    group: Hashable


Terms = tuple[Sequence[Ids], Sequence[Ids]]  # wordings of one concept: formal and lay, or a word and its definitions


class LateModel(torch.nn.Module):  # type: ignore[misc]
    """Token vectors and log weights; score(q, p) as in `index.late`."""

    def __init__(self, start: NDArray[np.float32], idf: Sequence[float]) -> None:
        super().__init__()
        self.vectors = torch.nn.Parameter(torch.tensor(start, dtype=torch.float32))
        weights = torch.tensor(idf, dtype=torch.float32)
        self.log_weights = torch.nn.Parameter(torch.log(weights / weights.mean() + 1e-3))

    def forward(self, questions: Sequence[Ids], passages: Sequence[Ids]) -> Tensor:
        """(questions, passages) scores. Each distinct token is compared once, and only best matches get a gradient."""
        asked, asked_at = _distinct(questions)
        said, said_at = _distinct(passages)
        cosines = self._unit(said) @ self._unit(asked).T
        with torch.no_grad():
            parts = torch.split(said_at, [len(p) for p in passages])
            best_at = torch.stack([part[cosines[part].argmax(0)] for part in parts])
        best = functional.relu(cosines.gather(0, best_at)).square().T
        weights = functional.embedding(asked, self.log_weights[:, None])[asked_at, 0].exp()
        row = torch.repeat_interleave(torch.arange(len(questions)), torch.tensor([len(q) for q in questions]))
        total = torch.zeros(len(questions)).index_add(0, row, weights)
        summed = torch.zeros(len(questions), len(passages)).index_add(0, row, best[asked_at] * weights[:, None])
        return summed / total[:, None]

    def _unit(self, tokens: Tensor) -> Tensor:
        return functional.normalize(functional.embedding(tokens, self.vectors, sparse=True), dim=1)

    def rows(self) -> NDArray[np.float32]:
        """(vocabulary, dimensions): each row a unit vector times its token's weight."""
        unit = functional.normalize(self.vectors.detach(), dim=1)
        return np.asarray((unit * self.log_weights.detach().exp().clamp(min=1e-3)[:, None]).numpy())


def _distinct(lists: Sequence[Ids]) -> tuple[Tensor, Tensor]:
    tokens, where = np.unique(np.concatenate(lists), return_inverse=True)
    return torch.from_numpy(tokens), torch.from_numpy(where)


def train_lay(
    start: NDArray[np.float32],
    idf: Sequence[float],
    pairs: Sequence[Encoded],
    terms: Sequence[Terms],
    dictionary: Sequence[Terms],
) -> NDArray[np.float32]:
    """Train on pairs, lexicon terms and dictionary definitions; the latter keep English and Chinese words together."""
    chance = random.Random(0)
    torch.manual_seed(0)
    model = LateModel(start, idf)
    optimisers = [
        torch.optim.SparseAdam([model.vectors], lr=VECTOR_RATE),
        torch.optim.Adam([model.log_weights], lr=WEIGHT_RATE),
    ]
    steps = EPOCHS * (len(pairs) // BATCH)
    schedules = [LambdaLR(o, lambda step: max(LEAST_RATE, 1 - step / steps)) for o in optimisers]
    for epoch in range(EPOCHS):
        losses = []
        for batch in _batches(pairs, chance):
            some = chance.sample(list(terms), TERM_PAIRS) + chance.sample(list(dictionary), DICTIONARY_PAIRS)
            loss = _loss(model, batch) + TERM_SHARE * _term_loss(model, some, chance)
            for optimiser in optimisers:
                optimiser.zero_grad()
            loss.backward()
            for optimiser, schedule in zip(optimisers, schedules, strict=True):
                optimiser.step()
                schedule.step()
            losses.append(loss.item())
        print(f"lay epoch {epoch}: loss {np.mean(losses):.3f}", flush=True)
    return model.rows()


def _loss(model: LateModel, batch: Sequence[Encoded]) -> Tensor:
    """Each question must find its passage among those of the batch."""
    passages = {pair.passage_id: pair.passage for pair in batch}
    column = {name: i for i, name in enumerate(passages)}
    scores = model([pair.question for pair in batch], list(passages.values()))
    return functional.cross_entropy(scores * SHARPNESS, torch.tensor([column[pair.passage_id] for pair in batch]))


def _term_loss(model: LateModel, terms: Sequence[Terms], chance: random.Random) -> Tensor:
    lay = [chance.choice(list(side)) for _, side in terms]
    formal = [chance.choice(list(side)) for side, _ in terms]
    return functional.cross_entropy(model(lay, formal) * TERM_SHARPNESS, torch.arange(len(terms)))


def _batches(pairs: Sequence[Encoded], chance: random.Random) -> Iterator[list[Encoded]]:
    """Runs of siblings, shuffled: the hardest wrong passages are those of the same law or topic."""
    groups: dict[Hashable, list[Encoded]] = defaultdict(list)
    for pair in pairs:
        groups[pair.group].append(pair)
    runs = []
    for group in groups.values():
        chance.shuffle(group)
        runs += [group[i : i + SIBLINGS] for i in range(0, len(group), SIBLINGS)]
    chance.shuffle(runs)
    ordered = [pair for run in runs for pair in run]
    for i in range(0, len(ordered) - BATCH + 1, BATCH):
        yield ordered[i : i + BATCH]
