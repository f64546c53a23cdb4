"""Questions alike come together by the embedded model; other subjects stay apart."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from bot.likeness import alike
from index.embed import load_embedder

GROUPS = json.loads(Path(__file__).with_name("cases").joinpath("likeness.json").read_text(encoding="utf8"))["groups"]


def test_wordings_of_one_question_come_together_the_most_asked_first() -> None:
    questions = [q for group in GROUPS for q in group]
    found = alike(load_embedder(None).embed(questions))
    assert sorted(sorted(questions[i] for i in group) for group in found) == sorted(sorted(g) for g in GROUPS)
    assert [len(group) for group in found] == sorted((len(g) for g in GROUPS), reverse=True)


@given(arrays(np.float32, st.tuples(st.integers(0, 12), st.just(4)), elements=st.floats(-1, 1, width=32)))
def test_every_question_is_in_one_group(vectors: np.ndarray) -> None:
    assert sorted(i for group in alike(vectors) for i in group) == list(range(len(vectors)))


def test_nothing_has_no_groups() -> None:
    assert alike(np.zeros((0, 8), dtype=np.float32)) == []
