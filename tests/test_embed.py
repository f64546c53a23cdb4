"""The embedded model: unit vectors, names that tell models apart, no network, and words for what is missing."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.embed import BUILTIN, Embedder, SentenceTransformerEmbedder, load_embedder
from index.errors import SettingsError
from index.pieces import Pieces, load_tokenizer
from index.tokens import fold


@pytest.fixture(scope="module")
def embedder() -> Embedder:
    return load_embedder()


def test_rows_are_unit_vectors(embedder: Embedder) -> None:
    vectors = embedder.embed(["班主任津贴", "学校食堂卫生管理"])
    assert vectors.shape == (2, embedder.dimensions)
    assert vectors.dtype == np.float32
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-4)


def test_one_text_has_one_vector_however_it_is_typed_or_batched(embedder: Embedder) -> None:
    together = embedder.embed(["義務教育", "义务教育", "校车安全"])
    assert np.allclose(together[0], together[1], atol=1e-6)
    assert np.allclose(together[2], embedder.embed(["校车安全"])[0], atol=1e-5)


def test_nothing_in_nothing_out(embedder: Embedder) -> None:
    assert embedder.embed([]).shape == (0, embedder.dimensions)
    assert np.isfinite(embedder.embed([""])).all()


def test_embedded_vectors_are_those_of_encode(embedder: Embedder) -> None:
    texts = [
        "",
        "，。",
        "某县办法 第一条 学校（含民办）应当公示：菜谱、价格。",
        "Wi-Fi 6:4…① a/b",
        "𠮷İ\u0301é>\u0338=",
        "教" * 900,
    ]
    encode = SentenceTransformerEmbedder(str(BUILTIN), "encode", local=True).embed
    assert np.allclose(embedder.embed(texts), encode(texts), atol=1e-5)


@given(
    st.text(
        st.sampled_from("学校教师津贴第一条〇a1,;:()。、《》“”①é\u0301\u0338>-_/…𠮷 \n")
        | st.characters(exclude_categories=["Cs"])
    )
)
@settings(max_examples=300, deadline=None)
def test_pieces_are_tokenized_as_the_whole_is(text: str) -> None:
    tokenizer = load_tokenizer(BUILTIN)
    folded = fold(text)
    assert Pieces(tokenizer).ids(folded) == tokenizer.encode(folded, add_special_tokens=False).ids


def test_a_model_trained_anew_in_its_folder_has_another_name(tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    shutil.copytree(BUILTIN, folder)
    before = load_embedder(str(folder)).name
    (folder / "notes.json").write_text("{}", encoding="utf8")
    assert load_embedder(str(folder)).name == before
    with (folder / "model.safetensors").open("r+b") as weights:
        weights.seek(-4, 2)
        weights.write(b"\1\2\3\4")
    assert load_embedder(str(folder)).name != before
    assert str(tmp_path) not in before


def test_a_folder_without_a_model_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as caught:
        load_embedder(str(tmp_path)).embed(["文"])
    assert str(tmp_path) not in str(caught.value)
