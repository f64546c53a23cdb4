from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from tokenizers import Tokenizer, models

from index.embed import BUILTIN, builtin, load_embedder
from index.errors import SettingsError
from index.late import BREAK, LateInteraction, late_interaction, passage_parts, passage_tokens, split_parts
from index.library import Library


@pytest.fixture
def small() -> LateInteraction:
    words = ["[UNK]", "上学", "入学", "工资", "，"]
    tokenizer = Tokenizer(models.Unigram([(w, -1.0) for w in words], unk_id=0))
    vectors = np.array([[0, 0, 0.1], [2, 0, 0], [0.9, 0.1, 0], [0, 1, 0], [0, 0, 1]], dtype=np.float32)
    return LateInteraction(tokenizer, vectors)


def test_norm_is_the_weight(small: LateInteraction) -> None:
    assert small.weights[1] == pytest.approx(2.0)


def test_punctuation_is_no_token(small: LateInteraction) -> None:
    assert small.tokens("上学，工资", 10).tolist() == [1, 3]
    assert small.tokens("上学工资", 1).tolist() == [1]


def test_score_is_the_weighted_square_of_the_best_matches(small: LateInteraction) -> None:
    query, passage = small.tokens("上学工资", 10), small.tokens("入学", 10)
    best = small.best_matches(query, [passage])[0]
    expected = (2 * max(best[0], 0) ** 2 + 1 * max(best[1], 0) ** 2) / 3
    assert small.score(query, [passage])[0] == pytest.approx(expected, abs=1e-6)


def test_batch_equals_one_by_one(small: LateInteraction) -> None:
    query = small.tokens("上学", 10)
    passages = [small.tokens(t, 10) for t in ("入学工资", "工资", "", "上学上学")]
    together = small.score(query, passages)
    assert together.tolist() == [small.score(query, [p])[0] for p in passages]
    assert together[2] == 0.0
    assert together.argmax() == 3


def test_empty_question_scores_nothing(small: LateInteraction) -> None:
    assert small.score(small.tokens("，", 10), [small.tokens("入学", 10)]).tolist() == [0.0]


def test_embedded_model_knows_lay_words() -> None:
    model = LateInteraction.load(BUILTIN)
    query = model.tokens("外地打工的孩子上学", 32)
    passages = [model.tokens(t, 64) for t in ("进城务工人员随迁子女入学", "教师职称评审的岗位数量")]
    right, wrong = model.score(query, passages)
    assert right > wrong + 0.1


def test_the_program_scores_with_the_embedders_rows_as_with_the_file() -> None:
    """Nothing is copied: the rows are 45 MB."""
    assert np.shares_memory(builtin().rows, builtin().rows)
    shared, own = late_interaction(), LateInteraction.load(BUILTIN)
    query = own.tokens("外地打工的孩子上学", 32)
    passages = [own.tokens(text, 64) for text in ("进城务工人员随迁子女入学", "教师职称评审的岗位数量", "")]
    assert shared.score(query, passages) == pytest.approx(own.score(query, passages), abs=1e-6)


def test_embedder_gives_unit_rows_of_one_space() -> None:
    embedder = load_embedder()
    rows = embedder.embed(["老师的补贴", "教师津贴", "食堂卫生检查"])
    assert rows.shape == (3, embedder.dimensions)
    assert np.linalg.norm(rows, axis=1) == pytest.approx(1.0, abs=1e-4)
    assert rows[0] @ rows[1] > rows[0] @ rows[2]


def test_a_model_that_is_not_there_is_a_sentence(tmp_path: Path) -> None:
    empty = tmp_path / "model"
    empty.mkdir()
    with pytest.raises(SettingsError, match="YOUJU_EMBEDDER"):
        load_embedder(str(empty)).embed(["甲"])


def test_tokens_are_stored_with_the_library(library: Library) -> None:
    chunks = library.chunks_of(library.documents()[0].id)
    stored = library.tokens([c.id for c in chunks])
    assert [t.tolist() for t in stored] == [t.tolist() for t in passage_tokens(chunks)]
    assert all(len(t) for t in stored)


def test_stored_tokens_part_into_path_and_sentences(library: Library) -> None:
    chunks = library.chunks_of(library.documents()[0].id)
    for chunk, tokens in zip(chunks, passage_tokens(chunks), strict=True):
        parts = split_parts(tokens)
        assert len(parts) == len(passage_parts(chunk))
        assert all(BREAK not in part for part in parts)
