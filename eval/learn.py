"""`python -m eval.learn`: fit the reranker and the answerability model on training questions, never on evaluation ones.

The library is one of whole documents, the questions are `index/training/asked_*.jsonl`. Each question is measured with the
model of a fold that has not seen its document: features of a model that knows the question are too good. For the same reason
what only tells how this library was made (length, fronts, how well a whole document fits) is not learned from it.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from numpy.typing import NDArray

from bot.answer import Answerer
from bot.answerable import SIGNALS, signals
from bot.features import FEATURES
from bot.reading import Reader
from bot.records import Hit, Question, Turn
from bot.retrieve import Pool, best_of_each_article, gather, search_terms
from bot.settings import ROOT, Settings
from bot.understand import understand
from eval.learning import LEARNED, Matrix, Vector, fit_pairwise, fit_signed, folds_of
from eval.metrics import plain
from index.embed import load_embedder
from index.late import LateInteraction
from index.library import open_library
from index.sync import sync
from index.training.asked import AskedQuestion, asked_questions, write_library
from index.training.data import FOLDS, fold_of

# What the training documents do not show: set by hand.
FIXED = {"number": 6.0, "third_party": -1.5, "superseded": -2.5, "front": -1.5}
NEGATIVES = 25
WRONG_SHARE = 0.3  # an answerable question whose best hit is wrong counts this much against answering
THRESHOLDS = (0.2, 0.3, 0.35, 0.4, 0.5)


@dataclass(frozen=True, slots=True)
class Measured:
    """A training question, what was found for it, and which of the candidates answer it."""

    asked: AskedQuestion
    question: Question
    pool: Pool
    right: NDArray[np.bool_]

    def matrix(self) -> Matrix:
        """(candidates, features)."""
        return np.stack([self.pool.columns[name] for name in FEATURES], axis=1)


def learn(
    models: Annotated[Path, typer.Option(help="folder with the models of the folds")] = ROOT / "out" / "training",
    out: Annotated[Path, typer.Option(help="folder for the two weight files")] = ROOT / "bot",
) -> None:
    """Measure every question by its fold's model, fit both models, print cross-validated figures, write the weights."""
    with tempfile.TemporaryDirectory() as folder:
        documents = Path(folder) / "documents"
        write_library(documents)
        measured = [m for fold in range(FOLDS) for m in _measure(fold, models / f"fold{fold}", documents)]
    groups = [m.asked.group for m in measured]
    held = _held_out(measured, groups)
    _report_ranking(measured, held)
    weights = _reranker(measured)
    _save(out / "reranker.json", FEATURES, weights)
    values, right, answerable = _signals(measured, held)
    _report_answering(values, right, answerable, groups)
    _save(out / "answerable.json", ("bias", *SIGNALS), fit_signed(values, right, _importance(right, answerable)))


def _measure(fold: int, model: Path, documents: Path) -> Iterator[Measured]:
    home = documents.parent / f"home{fold}"
    embedder = load_embedder(str(model))
    sync([documents], home, embedder, progress=False)
    answerer = Answerer(open_library(home, embedder), Settings(home=home), Reader(LateInteraction.load(model)))
    asked = [q for q in asked_questions() if fold_of(q.group) == fold]
    print(f"fold {fold}: {len(asked)} questions", flush=True)
    for one in asked:
        question = understand(
            one.text,
            names=answerer.names,
            known_places=answerer.places,
            speller=answerer.speller,
            history=[Turn("user" if role == "user" else "assistant", text) for role, text in one.history],
        )
        pool = gather(question, search_terms(question, answerer.lexicon), answerer.searcher())
        if pool.candidates:
            yield Measured(one, question, pool, _right(one, pool))


def _right(asked: AskedQuestion, pool: Pool) -> NDArray[np.bool_]:
    """Which candidates' articles hold the answer, in the document asked about."""
    found = []
    for candidate in pool.candidates:
        document, article, chunk = candidate.document, candidate.article, candidate.chunk
        whole = "" if chunk.text.startswith("|") else document.text[article.start : article.end]
        text = plain(whole or f"{chunk.text} {chunk.indexed}")
        found.append(any(source in document.sources and plain(words) in text for source, words in asked.answers))
    return np.array(found, dtype=bool)


def _held_out(measured: Sequence[Measured], groups: Sequence[str]) -> list[list[Hit]]:
    """Hits of every question, ranked by weights that were learned without its document."""
    ranked: list[list[Hit]] = [[] for _ in measured]
    for train, test in folds_of(groups):
        weights = _reranker([measured[i] for i in train])
        for i in test:
            ranked[i] = best_of_each_article(measured[i].pool, measured[i].matrix() @ weights)
    return ranked


def _reranker(measured: Sequence[Measured]) -> Vector:
    """Pairwise: the best right candidate of each question against the strongest wrong ones, each question counting once."""
    learned = [FEATURES.index(name) for name in LEARNED]
    first = np.array([FIRST.get(name, 0.0) for name in FEATURES])
    differences, shares = [], []
    for one in (m for m in measured if m.right.any()):
        matrix = one.matrix()
        order = np.argsort(-(matrix @ first), kind="stable")
        right = next(i for i in order if one.right[i])
        wrong = [i for i in order if not one.right[i]][:NEGATIVES]
        differences.append(matrix[right][learned] - matrix[wrong][:, learned])
        shares += [1 / len(wrong)] * len(wrong)
    weights = np.zeros(len(FEATURES))
    weights[learned] = fit_pairwise(np.concatenate(differences), np.array(shares))
    for name, value in FIXED.items():
        weights[FEATURES.index(name)] = value
    return weights


# A rough ranking by hand, which only chooses the wrong candidates that are worth learning from.
FIRST = {
    "lexical": 1.5, "coverage": 1.0, "path_coverage": 0.6, "late": 5.0, "dense": 0.5, "place": 1.2, "place_above": 1.0,
    "other_place": -1.5, "named": 1.5, "article": 1.5, "number": 4.0, "answer_type": 0.35, "front": -2.5,
}  # fmt: skip


def _signals(
    measured: Sequence[Measured], ranked: Sequence[Sequence[Hit]]
) -> tuple[Matrix, NDArray[np.bool_], NDArray[np.bool_]]:
    """Signals of each question, whether its first hit is right, whether anything answers it."""
    rows, right = [], []
    for one, hits in zip(measured, ranked, strict=True):
        values = signals(one.question, hits)
        rows.append([values.get(name, 0.0) for name in SIGNALS])
        answers = {c.chunk.id for c, is_right in zip(one.pool.candidates, one.right, strict=True) if is_right}
        right.append(hits[0].chunk.id in answers)
    return np.array(rows), np.array(right), np.array([bool(m.asked.answers) for m in measured])


def _importance(right: NDArray[np.bool_], answerable: NDArray[np.bool_]) -> Vector:
    return np.where(answerable & ~right, WRONG_SHARE, 1.0)


def _report_ranking(measured: Sequence[Measured], ranked: Sequence[Sequence[Hit]]) -> None:
    ranks = []
    for one, hits in zip(measured, ranked, strict=True):
        if one.asked.answers:
            answers = {c.chunk.id for c, is_right in zip(one.pool.candidates, one.right, strict=True) if is_right}
            ranks.append(next((rank for rank, hit in enumerate(hits) if hit.chunk.id in answers), 99))
    share: Callable[[int], float] = lambda k: round(float(np.mean([r < k for r in ranks])), 3)  # noqa: E731
    print(f"reranker, cross-validated: {len(ranks)} questions", {f"hit@{k}": share(k) for k in (1, 3, 5, 10)})


def _report_answering(
    values: Matrix, right: NDArray[np.bool_], answerable: NDArray[np.bool_], groups: Sequence[str]
) -> None:
    predicted = np.zeros(len(values))
    for train, test in folds_of(groups):
        weights = fit_signed(values[train], right[train], _importance(right[train], answerable[train]))
        predicted[test] = 1 / (1 + np.exp(-(values[test] @ weights[1:] + weights[0])))
    for threshold in THRESHOLDS:
        silent = predicted < threshold
        print(
            f"threshold {threshold}: false abstention {silent[answerable].mean():.3f}, abstention {silent[~answerable].mean():.3f}"
        )


def _save(path: Path, names: Sequence[str], weights: Vector) -> None:
    kept = {n: round(float(w), 3) for n, w in zip(names, weights, strict=True) if n == "bias" or abs(w) >= 0.001}
    path.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf8")


def main() -> None:
    """Command-line entry."""
    typer.run(learn)


if __name__ == "__main__":
    main()
