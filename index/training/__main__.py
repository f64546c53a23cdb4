"""`make train`: train the embedded model from the shared material and write `index/model/`. Fixed seeds, CPU only."""

from __future__ import annotations

import json
import os
import random
from pathlib import Path
from typing import Annotated

import numpy as np
import torch
import typer
from tokenizers import Tokenizer

from index.tokens import fold
from index.training.contrast import contrast, joined, views
from index.training.data import law_articles, lexicon_groups, pairs
from index.training.glosses import definitions, english_words, gloss_vectors
from index.training.lay import train_lay
from index.training.vocabulary import build_tokenizer, inverse_frequency

MODEL = Path(__file__).resolve().parent.parent / "model"
DIMENSIONS, SAMPLE = 256, 40_000


def train(out: Annotated[Path, typer.Option(help="folder for the model")] = MODEL) -> None:
    """Vocabulary → glosses → contrast on laws → lay questions → a StaticEmbedding model for sentence-transformers."""
    os.environ["HF_HUB_OFFLINE"] = "1"
    chance = random.Random(0)
    np.random.seed(0)
    torch.manual_seed(0)
    articles, (asked, held_out), groups = list(law_articles()), pairs(), lexicon_groups()
    meanings = definitions()
    sample = [fold(a.text) for a in chance.sample(articles, min(SAMPLE, len(articles)))]
    terms = [t for group in groups for side in group for t in side]
    texts = [*sample, *(x for p in asked for x in (p.question, p.passage)), *terms]
    tokenizer = build_tokenizer(texts, english_words(meanings))
    print(
        f"{tokenizer.get_vocab_size()} tokens, {len(articles)} articles, {len(asked)} questions, {len(held_out)} passages held out"
    )
    space = contrast(tokenizer, views(articles, chance), DIMENSIONS)
    start = joined(gloss_vectors(tokenizer, meanings), space, DIMENSIONS)
    rows = train_lay(tokenizer, start, inverse_frequency(tokenizer, sample), asked, groups, chance=chance)
    _save(out, tokenizer, rows, held_out)


def _save(out: Path, tokenizer: Tokenizer, rows: np.ndarray, held_out: set[str]) -> None:
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import StaticEmbedding

    SentenceTransformer(modules=[StaticEmbedding(tokenizer, embedding_weights=rows)]).save(str(out))
    (out / "README.md").unlink(missing_ok=True)
    (out / "held_out.json").write_text(json.dumps(sorted(held_out)), encoding="utf8")


if __name__ == "__main__":
    typer.run(train)
