"""`make train`: train the embedded model from the shared material and our own, and write `index/model/`. Fixed seeds, CPU only.

Beside the final model one model a fold is trained that has not seen that fold: the reranker learns from their features,
since those of a model that knows the question are too good.
"""

from __future__ import annotations

import os
import random
import tempfile
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
import torch
import typer
from numpy.typing import NDArray
from tokenizers import Tokenizer

from index.tokens import fold
from index.training.asked import asked_pairs, write_library
from index.training.contrast import contrast, joined, views
from index.training.data import FOLDS, ROOT, Pair, fold_of, law_articles, lexicon_groups, pairs
from index.training.glosses import definitions, english_words, gloss_vectors
from index.training.lay import Encoded, Ids, Terms, train_lay
from index.training.vocabulary import build_tokenizer, inverse_frequency, wordless

DIMENSIONS, SAMPLE = 256, 40_000
WORKERS = 2  # each on one thread: two threads over matrices this small only wait for each other
QUESTION_TOKENS, PASSAGE_TOKENS, TERM_TOKENS, WORD_TOKENS = 24, 160, 10, 4


@dataclass(frozen=True, slots=True)
class Start:
    """What every fold begins with."""

    tokenizer: Tokenizer
    vectors: NDArray[np.float32]
    idf: list[float]
    pairs: list[Encoded]
    terms: list[Terms]
    dictionary: list[Terms]


def train(
    out: Annotated[Path, typer.Option(help="folder for the model")] = ROOT / "index" / "model",
    folds: Annotated[Path, typer.Option(help="folder for the models of the folds")] = ROOT / "out" / "training",
) -> None:
    """Vocabulary → glosses → contrast on laws → lay questions → StaticEmbedding models for sentence-transformers."""
    os.environ["HF_HUB_OFFLINE"] = "1"
    start = prepare()
    jobs = [
        (start, [p for p in start.pairs if fold_of(str(p.group)) != number], folds / f"fold{number}")
        for number in range(FOLDS)
    ]
    with ProcessPoolExecutor(WORKERS) as pool:
        list(pool.map(_train, *zip((start, start.pairs, out), *jobs, strict=True)))


def prepare() -> Start:
    """Everything before the lay questions."""
    chance = random.Random(0)
    np.random.seed(0)
    torch.manual_seed(0)
    articles, asked, groups, meanings = list(law_articles()), _all_pairs(), lexicon_groups(), definitions()
    sample = [fold(a.text) for a in chance.sample(articles, min(SAMPLE, len(articles)))]
    terms = [term for group in groups for side in group for term in side]
    texts = [*sample, *(x for p in asked for x in (p.question, p.passage)), *terms]
    tokenizer = build_tokenizer(texts, english_words(meanings))
    print(f"{tokenizer.get_vocab_size()} tokens, {len(articles)} articles, {len(asked)} questions", flush=True)
    ids = _Ids(tokenizer)
    space = contrast(tokenizer, views(articles, chance), DIMENSIONS)
    known = tokenizer.get_vocab()
    return Start(
        tokenizer=tokenizer,
        vectors=joined(gloss_vectors(tokenizer, meanings), space, DIMENSIONS),
        idf=inverse_frequency(tokenizer, sample),
        pairs=[
            Encoded(ids(p.question, QUESTION_TOKENS), ids(p.passage, PASSAGE_TOKENS), p.passage_id, p.group)
            for p in asked
        ],
        terms=[([ids(t, TERM_TOKENS) for t in a], [ids(t, TERM_TOKENS) for t in b]) for a, b in groups],
        dictionary=[
            ([ids(word, WORD_TOKENS)], [ids(sense.lower(), TERM_TOKENS) for sense in senses])
            for word, senses in meanings.items()
            if len(word) > 1 and senses and word in known
        ],
    )


def _all_pairs() -> list[Pair]:
    with tempfile.TemporaryDirectory() as folder:
        write_library(Path(folder))
        return [*pairs(), *asked_pairs(Path(folder))]


class _Ids:
    """Token ids of a folded text, without punctuation."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._tokenizer = tokenizer
        self._skipped = wordless(tokenizer)

    def __call__(self, text: str, limit: int) -> Ids:
        kept = [i for i in self._tokenizer.encode(text).ids if i not in self._skipped][:limit]
        return np.array(kept or [0], dtype=np.int64)


def _train(start: Start, pairs: Sequence[Encoded], out: Path) -> None:
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import StaticEmbedding

    print(f"{out.name}: {len(pairs)} questions", flush=True)
    rows = train_lay(start.vectors, start.idf, pairs, start.terms, start.dictionary)
    model = SentenceTransformer(modules=[StaticEmbedding(start.tokenizer, embedding_weights=rows)], device="cpu")
    model.half().save(str(out))
    (out / "README.md").unlink(missing_ok=True)


if __name__ == "__main__":
    typer.run(train)
