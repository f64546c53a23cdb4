"""Questions alike put together, so that what many ask is seen at once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

LEAST = 0.66  # cosine: wordings of one question reach it, other subjects do not


def alike(vectors: NDArray[np.float32], least: float = LEAST) -> list[list[int]]:
    """Indices of rows (N, dims) in groups, the largest first; a row joins the group whose first row is nearest, if near enough."""
    unit = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
    groups: list[list[int]] = []
    for at, row in enumerate(unit):
        near = unit[[group[0] for group in groups]] @ row if groups else np.zeros(0)
        if len(near) and near.max() >= least:
            groups[int(near.argmax())].append(at)
        else:
            groups.append([at])
    return sorted(groups, key=lambda group: (-len(group), group[0]))


def bare(question: str) -> str:
    """A question without the blanks and marks around it.

    >>> bare(" 校车费用谁出？？")
    '校车费用谁出'
    """
    return question.strip(" 　？?。！!，,")


def distinct(questions: Sequence[str]) -> list[str]:
    """The questions once each, in order, whatever marks are around them.

    >>> distinct(["产假多少天？", "校车费用谁出", "产假多少天"])
    ['产假多少天？', '校车费用谁出']
    """
    first: dict[str, str] = {}
    for question in questions:
        first.setdefault(bare(question), question)
    return list(first.values())
