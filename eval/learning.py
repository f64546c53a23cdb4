"""The two logistic models that are learned: pairwise ranking, and answering with signs that make sense."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from bot.answerable import SIGNALS
from bot.features import FEATURES

Matrix = NDArray[np.float64]
Vector = NDArray[np.float64]
Rows = NDArray[np.int64]

SPLITS = 5
RANKING_C, ANSWERING_C = 0.05, 0.1
# These tell how the training library was made, or are about the question alone.
_UNLEARNED = {
    "number", "third_party", "superseded", "front", "closing", "length", "title_coverage", "late_title",
    "document_lexical", "document_late", "document_stranger", "pool_stranger",
}  # fmt: skip
LEARNED = tuple(name for name in FEATURES if name not in _UNLEARNED)
# More of these never speaks for an answer; more of the others never against it. What is asked has no sign.
_AGAINST = {
    "figure_missing",
    "unit_missing",
    "stranger",
    "document_stranger",
    "pool_stranger",
    "worst",
    "unmatched",
    "other_place",
}


def folds_of(groups: Sequence[str]) -> Iterator[tuple[Rows, Rows]]:
    """(train, test) rows; all questions about one document are on one side."""
    from sklearn.model_selection import GroupKFold

    yield from GroupKFold(SPLITS).split(np.zeros(len(groups)), groups=list(groups))


def fit_pairwise(differences: Matrix, shares: Vector) -> Vector:
    """Weights by which right minus wrong is positive (RankSVM's pairs with logistic loss); `shares` weigh the pairs."""
    from sklearn.linear_model import LogisticRegression

    scale = differences.std(axis=0) + 1e-6
    both = np.concatenate([differences, -differences]) / scale
    labels = np.concatenate([np.ones(len(differences)), np.zeros(len(differences))])
    model = LogisticRegression(C=RANKING_C, fit_intercept=False, max_iter=3000)
    model.fit(both, labels, sample_weight=np.tile(shares, 2) * 20)
    return np.asarray(model.coef_[0] / scale)


def fit_signed(values: Matrix, right: NDArray[np.bool_], importance: Vector) -> Vector:
    """Bias and weights of a logistic model whose signals keep their sign.

    Near misses share more words with a passage than hard paraphrases do; without signs a model learns to distrust likeness.
    """
    from scipy.optimize import minimize

    mean, scale = values.mean(axis=0), values.std(axis=0) + 1e-6
    scaled, labels = (values - mean) / scale, right.astype(float)

    def loss(weights: Vector) -> tuple[float, Vector]:
        score = scaled @ weights[1:] + weights[0]
        error = importance * (1 / (1 + np.exp(-score)) - labels)
        total = (importance * (np.logaddexp(0, score) - labels * score)).sum()
        slope = np.concatenate([[error.sum()], scaled.T @ error + weights[1:] / ANSWERING_C])
        return float(total + (weights[1:] ** 2).sum() / (2 * ANSWERING_C)), slope

    bounds = [(None, None), *map(_bounds, SIGNALS)]
    found = minimize(loss, np.zeros(len(SIGNALS) + 1), jac=True, method="L-BFGS-B", bounds=bounds).x
    weights = found[1:] / scale
    return np.concatenate([[found[0] - float(weights @ mean)], weights])


def _bounds(signal: str) -> tuple[float | None, float | None]:
    if signal.startswith("asks_"):
        return None, None
    return (None, 0.0) if signal in _AGAINST else (0.0, None)
