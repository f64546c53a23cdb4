"""`python -m eval.ablation`: what each step of retrieval adds, and what two common recipes reach on the same documents."""

from __future__ import annotations

import random
import sys
import tempfile
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from bot.answer import Answerer
from bot.features import Column
from bot.records import Question, Turn
from bot.retrieve import (
    BOOSTS,
    DENSE_DEPTH,
    LEXICAL_DEPTH,
    Pool,
    Searcher,
    gather,
    retrieve,
    search_terms,
    subject,
    unit,
)
from bot.settings import Settings
from bot.understand import understand
from eval.arguments import repeated
from eval.metrics import ranking
from eval.peers import PEERS
from eval.questions import Row, read_questions
from eval.report import table
from eval.run import PASSAGES, passage
from index.embed import load_embedder
from index.library import Library, open_library
from index.records import Chunk
from index.sync import sync

METRICS = ("hit@1", "hit@5", "mrr@10")
FUSION = 60  # the usual constant of reciprocal rank fusion
LATE_SHARE = 3.0  # late interaction counts three times as much as words
SEED = 7
Passages = list[dict[str, str]]
Figures = dict[str, dict[str, float]]


def text_only(question: Question, searcher: Searcher) -> list[str]:
    """BM25 of the question's uni- and bigrams over the text."""
    terms = search_terms(_placeless(question), searcher.lexicon)
    return _ids(searcher.library.lexical(list(terms.typed.items()), LEXICAL_DEPTH, {"text": 1.0}))


def fields(question: Question, searcher: Searcher) -> list[str]:
    """Title, heading path and departments beside the text, each with its boost."""
    terms = search_terms(_placeless(question), searcher.lexicon)
    return _ids(searcher.library.lexical(list(terms.typed.items()), LEXICAL_DEPTH, BOOSTS))


def lexicon(question: Question, searcher: Searcher) -> list[str]:
    """The formal terms that lay words stand for beside those typed."""
    terms = search_terms(_placeless(question), searcher.lexicon)
    return _ids(searcher.library.lexical([*terms.typed.items(), *terms.expanded.items()], LEXICAL_DEPTH, BOOSTS))


def dense(question: Question, searcher: Searcher) -> list[str]:
    """Reciprocal rank fusion of words and Chroma."""
    scores: dict[str, float] = defaultdict(float)
    near = _ids(searcher.library.dense(subject(_placeless(question)), DENSE_DEPTH))
    for ids in (lexicon(question, searcher), near):
        for rank, chunk_id in enumerate(ids, 1):
            scores[chunk_id] += 1 / (FUSION + rank)
    return sorted(scores, key=lambda i: -scores[i])


def late(question: Question, searcher: Searcher) -> list[str]:
    """What one of the searches found, by late interaction blended with words."""
    pool = _pool(_placeless(question), searcher)
    kept = np.array([bool(c.ranks) for c in pool.candidates])
    return _best(pool, np.where(kept, _blend(pool), -np.inf))[: int(kept.sum())]


def scope(question: Question, searcher: Searcher) -> list[str]:
    """What holds in the asked place joins the pool, and what does not goes last; its name is no longer a word."""
    pool = _pool(question, searcher)
    return _best(pool, _blend(pool) - (1 + LATE_SHARE) * pool.columns["other_place"])


def rerank(question: Question, searcher: Searcher) -> list[str]:
    """The product: all features count."""
    return [hit.chunk.id for hit in retrieve(question, searcher)]


STEPS: tuple[tuple[str, Callable[[Question, Searcher], list[str]]], ...] = (
    ("BM25 over text", text_only),
    ("+ fields", fields),
    ("+ lexicon", lexicon),
    ("+ dense", dense),
    ("+ late interaction", late),
    ("+ scope of the place", scope),
    ("+ reranker", rerank),
)


def _placeless(question: Question) -> Question:
    """The question as if its places were words like others."""
    return replace(question, places=())


def _pool(question: Question, searcher: Searcher) -> Pool:
    return gather(question, search_terms(question, searcher.lexicon), searcher)


def _blend(pool: Pool) -> Column:
    return LATE_SHARE * pool.columns["late"] + pool.columns["lexical"]


def _best(pool: Pool, scores: Column) -> list[str]:
    return [pool.candidates[i].chunk.id for i in np.argsort(-scores, kind="stable")]


def _ids(found: Sequence[tuple[str, float]]) -> list[str]:
    return [chunk_id for chunk_id, _ in found]


def ablation(
    documents: Annotated[list[Path], typer.Option(help="folders of documents")],
    questions: Annotated[list[Path], typer.Option(help="question rows or training questions, one JSON object a line")],
    out: Annotated[Path, typer.Option(help="Markdown file for the table")],
    sample: Annotated[int, typer.Option(help="how many questions to draw; 0: all")] = 0,
) -> None:
    """Measure every step and peer on the questions that have an answer, and write one table."""
    rows = [row for row in read_questions(questions) if row["gold"]]
    if 0 < sample < len(rows):
        rows = random.Random(SEED).sample(rows, sample)
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(home=Path(folder) / "home")
        embedder = load_embedder(settings.embedder)
        sync(documents, settings.home, embedder, progress=False)
        library = open_library(settings.home, embedder)
        figures = {**measure_steps(rows, Answerer(library, settings)), **measure_peers(rows, library, Path(folder))}
    text = as_table(rows, figures)
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(text, encoding="utf8")
    print(text)


def measure_steps(rows: Sequence[Row], answerer: Answerer) -> dict[str, Figures]:
    """The figures of each step by its name."""
    understood = {row["id"]: _understand(row, answerer) for row in rows}
    found = {}
    for name, rank in STEPS:
        ids = {row["id"]: rank(understood[row["id"]], answerer.searcher()) for row in rows}
        found[name] = measure(rows, {i: as_passages(of, answerer.library) for i, of in ids.items()})
    return found


def measure_peers(rows: Sequence[Row], library: Library, folder: Path) -> dict[str, Figures]:
    """The figures of each peer whose packages are here; a sentence for one whose are not."""
    found = {}
    for name, build in PEERS:
        try:
            search = build(library.documents(), folder)
        except ImportError as error:
            print(f"Left out “{name}”: the package {error.name} is not installed (extra `peers`).")
            continue
        found[name] = measure(rows, {row["id"]: search(row["question"]) for row in rows})
    return found


def _understand(row: Row, answerer: Answerer) -> Question:
    return understand(
        row["question"],
        names=answerer.names,
        known_places=answerer.places,
        speller=answerer.speller,
        history=[Turn(turn["role"], turn["content"]) for turn in row["history"]],
        on=date.today(),
    )


def as_passages(ids: Sequence[str], library: Library) -> Passages:
    """The articles of ranked chunks, each once, as `eval.run` shows them."""
    first: dict[tuple[str, int, int], Chunk] = {}
    for chunk in library.chunks(ids):
        first.setdefault(unit(chunk), chunk)
    return [passage(chunk, library) for chunk in list(first.values())[:PASSAGES]]


def measure(rows: Sequence[Row], passages: Mapping[str, Passages]) -> Figures:
    """Ranking metrics of all rows and of each set."""
    answers = {i: {"passages": of} for i, of in passages.items()}
    return {name: ranking(group, answers) for name, group in _groups(rows).items()}


def _groups(rows: Sequence[Row]) -> dict[str, list[Row]]:
    groups: dict[str, list[Row]] = {"all": list(rows)}
    for row in rows:
        groups.setdefault(row["set"], []).append(row)
    return groups


def as_table(rows: Sequence[Row], figures: Mapping[str, Figures]) -> str:
    """How many questions of each set, and a line a step."""
    groups = _groups(rows)
    head = ("step", *(f"{group} {metric}" for group in groups for metric in METRICS))
    lines = [(name, *(f"{of[g][m]:.3f}" for g in groups for m in METRICS)) for name, of in figures.items()]
    counts = ", ".join(f"{name} {len(group)}" for name, group in groups.items())
    return f"Questions with an answer: {counts}.\n\n{table(head, lines)}\n"


def main() -> None:
    """Command-line entry."""
    sys.argv[1:] = repeated(repeated(sys.argv[1:], "--documents"), "--questions")
    typer.run(ablation)


if __name__ == "__main__":
    main()
