"""The three stores over a populated real folder: what goes in comes out, what is deleted is gone."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as bounded
from hypothesis import strategies as st

from bot.settings import ROOT, Settings
from index.catalogue import Catalogue, FileEntry
from index.dense import DenseIndex
from index.embed import load_embedder
from index.errors import LibraryDamaged
from index.generation import current
from index.lexical import LexicalIndex, LexicalWriter
from index.library import Library
from index.records import Article, Chunk, Fix, Gap, Mark, ParsedDocument, Place, PolicyDocument, Table

CASES = ROOT / "eval" / "cases.jsonl"
TEXT = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=30)
DAY = st.none() | st.dates(date(1950, 1, 1), date(2100, 1, 1))


def chunk(number: int, text: str = "班主任津贴每月400元", document: str = "d1") -> Chunk:
    return Chunk(f"c{number}", document, 0, "一、待遇", text, "", ("市财政局",), 0, len(text))


def parsed(document: PolicyDocument, *chunks: Chunk) -> ParsedDocument:
    article = Article(document.id, 0, "h1", 1, "一、", "待遇", "一、待遇", ("市财政局",), 0, 4, len(document.text))
    table = Table(document.id, 0, "表1", ("甲", "乙"), (("a", "b"),), ((3, 9),), 0, 9)
    return ParsedDocument(document, (article,), (table,), chunks)


@st.composite
def documents(draw: st.DrawFn) -> PolicyDocument:
    return PolicyDocument(
        id="d1", title=draw(TEXT), kind=draw(st.sampled_from(["policy", "law", "third_party"])),
        issuers=tuple(draw(st.lists(TEXT, max_size=2))), doc_no=draw(st.none() | TEXT), written=draw(DAY), published=draw(DAY),
        effective=draw(DAY), expires=draw(DAY), validity=draw(st.none() | TEXT), level=draw(st.none() | TEXT),
        topics=tuple(draw(st.lists(TEXT, max_size=2))), index_no=draw(st.none() | TEXT),
        place=draw(st.none() | st.builds(Place, st.lists(TEXT, max_size=3).map(tuple), TEXT)), text=draw(TEXT),
        sources=("a.txt",), period=draw(st.none() | st.tuples(st.integers(1990, 2100), st.integers(1990, 2100))),
        fixes=(Fix("widths", 3, draw(TEXT), draw(TEXT), "proved"),), marks=(Mark(0, 1, "lost", draw(TEXT), "guess"),),
        gaps=(Gap(5, draw(TEXT), "编号"),),
    )  # fmt: skip


@given(document=documents())
@bounded(max_examples=40, deadline=None)
def test_catalogue_gives_back_what_it_was_given(
    document: PolicyDocument, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("catalogue") / "catalogue.db"
    whole = parsed(document, chunk(1), chunk(2, "第二块"))
    writer = Catalogue(path, writable=True)
    writer.add(whole)
    writer.close(commit=True)
    reader = Catalogue(path)
    assert reader.documents() == (document,)
    assert reader.articles("d1") == whole.articles
    assert [reader.article("d1", a.ordinal) for a in whole.articles] == list(whole.articles)
    assert reader.tables("d1") == whole.tables
    assert reader.chunks(["c2", "missing", "c1"]) == [whole.chunks[1], whole.chunks[0]]


def test_catalogue_keeps_the_tokens_of_chunks(tmp_path: Path, some_document: PolicyDocument) -> None:
    writer = Catalogue(tmp_path / "catalogue.db", writable=True)
    writer.add(parsed(some_document, chunk(1), chunk(2)), [b"one", b"two"])
    writer.close(commit=True)
    assert Catalogue(tmp_path / "catalogue.db").tokens(["c2", "c1"]) == {"c1": b"one", "c2": b"two"}


def test_an_article_that_is_not_there_is_a_key_error(tmp_path: Path, some_document: PolicyDocument) -> None:
    writer = Catalogue(tmp_path / "catalogue.db", writable=True)
    writer.add(parsed(some_document))
    writer.close(commit=True)
    with pytest.raises(KeyError):
        Catalogue(tmp_path / "catalogue.db").article("d1", 9)


def test_catalogue_without_commit_keeps_nothing(tmp_path: Path, some_document: PolicyDocument) -> None:
    path = tmp_path / "catalogue.db"
    Catalogue(path, writable=True).close(commit=True)
    writer = Catalogue(path, writable=True)
    writer.add(parsed(some_document, chunk(1)))
    writer.close()
    assert Catalogue(path).documents() == ()


def test_catalogue_keeps_source_files(tmp_path: Path) -> None:
    entries = [FileEntry("a.txt", 1, 2, "x", ("d1",), ""), FileEntry("b.pdf", 1, 2, "y", (), "没有文字")]
    writer = Catalogue(tmp_path / "catalogue.db", writable=True)
    writer.set_files(entries)
    writer.close(commit=True)
    assert list(Catalogue(tmp_path / "catalogue.db").files().values()) == entries


def test_a_damaged_catalogue_is_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "catalogue.db"
    path.write_bytes(b"no database" * 100)
    with pytest.raises(LibraryDamaged) as caught:
        Catalogue(path).documents()
    assert str(tmp_path) not in str(caught.value)


@pytest.fixture
def some_document() -> PolicyDocument:
    return PolicyDocument(
        "d1", "某市教师办法", "policy", (), None, None, None, None, None, None, None, (), None, None, "一、待遇", ("a.txt",)
    )  # fmt: skip


@pytest.fixture
def lexical(tmp_path: Path) -> Path:
    writer = LexicalWriter(tmp_path / "lexical")
    writer.add("某市教师办法", [chunk(1), chunk(2, "学生每天锻炼一小时")])
    writer.add("另一份", [chunk(3, "食堂卫生", "d2")])
    writer.commit()
    return tmp_path / "lexical"


def test_lexical_finds_by_weighted_terms(lexical: Path) -> None:
    index = LexicalIndex(lexical)
    assert index.search([("津贴", 1.0)], 5)[0][0] == "c1"
    assert index.search([("锻炼", 1.0), ("食堂", 0.1)], 5)[0][0] == "c2"
    assert index.ids() == {"c1", "c2", "c3"}


def test_lexical_keeps_to_the_documents_asked_for(lexical: Path) -> None:
    found = LexicalIndex(lexical).search([("食堂", 1.0), ("津贴", 1.0)], 5, documents=["d2"])
    assert [i for i, _ in found] == ["c3"]


@pytest.mark.parametrize("hostile", ['"', "a AND b", "NEAR(x", "title:*", "^", "(((", "\x00"])
def test_lexical_terms_are_data(lexical: Path, hostile: str) -> None:
    assert LexicalIndex(lexical).search([(hostile, 1.0)], 5) == []


def test_lexical_delete_is_by_document(lexical: Path) -> None:
    writer = LexicalWriter(lexical)
    writer.delete("d1")
    writer.commit()
    assert LexicalIndex(lexical).ids() == {"c3"}


def test_each_opening_finds_the_same(library: Library, settings: Settings) -> None:
    """The index is a graph whose edges depend on the order of adding: it must not be made anew."""
    rows = CASES.read_text(encoding="utf8").splitlines()[:100]
    vectors = load_embedder(None).embed([json.loads(row)["question"] for row in rows])
    found = []
    for _ in range(4):
        reader = DenseIndex(current(settings.home) / "chroma")
        found.append([reader.search(vector, 10) for vector in vectors])
        reader.close()
    assert found[0][0]
    assert all(other == found[0] for other in found[1:])


def test_dense_finds_the_nearest_and_forgets_the_deleted(tmp_path: Path) -> None:
    index = DenseIndex(tmp_path / "chroma", writable=True)
    vectors = np.eye(3, dtype=np.float32)
    index.add(["d1", "d1", "d2"], ["c1", "c2", "c3"], vectors)
    assert index.search(vectors[1], 1) == [("c2", pytest.approx(1.0))]
    index.delete(["c2"])
    assert index.ids() == {"c1", "c3"}
    assert "c2" not in dict(index.search(vectors[1], 3))
    index.close()
