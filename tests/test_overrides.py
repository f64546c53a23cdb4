"""Corrections by hand: written and read again, applied when a file is parsed, part of what makes a file changed."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.document_view import view
from index.errors import OverridesError
from index.ingest import parse_file
from index.library import Library, open_library
from index.overrides import (
    NAME,
    Override,
    apply_overrides,
    correct,
    corrected_value,
    fingerprint,
    read_overrides,
    write_overrides,
)
from index.places import NATION
from index.records import Place
from index.sync import SyncReport, sync
from tests.documents import document_of
from tests.test_sync import EMBEDDER, NOTICE

TITLE = "某县教育局关于班主任津贴的通知"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "documents"
    path.mkdir()
    (path / "甲.txt").write_text(NOTICE.format(amount=300), encoding="utf8")
    return path


def _sync(folder: Path, tmp_path: Path) -> SyncReport:
    return sync([folder], tmp_path / "home", EMBEDDER, progress=False)


def _library(tmp_path: Path) -> Library:
    return open_library(tmp_path / "home", EMBEDDER)


_texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
_values = st.fixed_dictionaries(
    {},
    optional={
        "title": _texts.filter(lambda t: bool(corrected_value("doc_no", t))),
        "issuers": st.lists(_texts, max_size=3),
        "validity": _texts,
        "effective": st.dates() | st.just(""),
        "place": st.sampled_from(["", "国家", "四川省绵阳市三台县", "浙江省"]),
    },
)


@given(st.lists(st.tuples(_texts, _texts, _values), max_size=4))
def test_what_is_written_is_read_again(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str, dict[str, object]]]
) -> None:
    folder = tmp_path_factory.mktemp("overrides")
    written = [
        Override(file, found, tuple((k, corrected_value(k, v)) for k, v in values.items()))
        for file, found, values in rows
        if values
    ]
    write_overrides(folder, written)
    assert sorted(read_overrides(folder), key=repr) == sorted(written, key=repr)


@pytest.mark.parametrize(
    ("field", "written", "value"),
    [
        ("doc_no", "晋教[2021]5号", "晋教〔2021〕5号"),
        ("doc_no", " ", None),
        ("issuers", "甲局、乙局，丙局", ("甲局", "乙局", "丙局")),
        ("issuers", "", ()),
        ("effective", "2026-01-01", date(2026, 1, 1)),
        ("effective", "", None),
        ("place", "国家", NATION),
        ("place", "", None),
        ("title", "一\n个\t标题", "一 个 标题"),
    ],
)
def test_a_written_correction_becomes_a_value(field: str, written: str, value: object) -> None:
    assert corrected_value(field, written) == value


def test_a_place_is_recognised() -> None:
    place = corrected_value("place", "四川省绵阳市三台县")
    assert isinstance(place, Place)
    assert place.full_name == "四川省绵阳市三台县"


@pytest.mark.parametrize(
    ("field", "written"),
    [
        ("title", " "),
        ("effective", "明天"),
        ("place", "火星"),
        ("text", "改正文"),
        ("id", "x"),
        ("validity", "长" * 301),
    ],
)
def test_what_is_no_correction_is_refused_in_a_sentence(field: str, written: str) -> None:
    with pytest.raises(OverridesError, match=r"。$"):
        corrected_value(field, written)


@pytest.mark.parametrize(
    "text",
    ["[[document]\n", "document = 3\n", "[[document]]\nfile = 'x'\n", "[[document]]\nfile='a'\nfound='b'\nsize=1\n"],
)
def test_a_file_that_cannot_be_read_stops_the_sync(folder: Path, tmp_path: Path, text: str) -> None:
    (folder / NAME).write_text(text, encoding="utf8")
    with pytest.raises(OverridesError, match=r"。$"):
        _sync(folder, tmp_path)


def test_only_the_document_of_that_title_is_corrected() -> None:
    override = Override("甲.txt", "某市办学办法", (("doc_no", "某教〔2026〕1号"), ("validity", None)))
    document = replace(document_of("正文"), validity="现行有效")
    corrected = apply_overrides(document, [override])
    assert (corrected.doc_no, corrected.validity, corrected.corrected) == (
        "某教〔2026〕1号",
        None,
        ("doc_no", "validity"),
    )
    assert (corrected.id, corrected.text) == (document.id, document.text)
    assert apply_overrides(replace(document, title="别的"), [override]).corrected == ()


def test_a_correction_is_indexed_and_survives_the_next_sync(folder: Path, tmp_path: Path) -> None:
    _sync(folder, tmp_path)
    before = _library(tmp_path).documents()[0]
    correct(folder, ["甲.txt"], TITLE, {"doc_no": "某教〔2026〕9号", "title": "班主任津贴新名"})
    assert _sync(folder, tmp_path).changed == ("甲.txt",)
    library = _library(tmp_path)
    after = library.documents()[0]
    assert (after.id, after.title, after.doc_no) == (before.id, "班主任津贴新名", "某教〔2026〕9号")
    assert any("某教〔2026〕9号" in c.indexed for c in library.chunks_of(after.id))
    assert NAME not in after.sources
    (folder / "甲.txt").write_text(NOTICE.format(amount=400), encoding="utf8")
    _sync(folder, tmp_path)
    changed = _library(tmp_path).documents()[0]
    assert changed.id != before.id
    assert changed.doc_no == "某教〔2026〕9号"
    assert _sync(folder, tmp_path).unchanged == 1


def test_a_correction_taken_back_is_gone_after_the_next_sync(folder: Path, tmp_path: Path) -> None:
    correct(folder, ["甲.txt"], TITLE, {"validity": "已废止"})
    _sync(folder, tmp_path)
    assert _library(tmp_path).documents()[0].validity == "已废止"
    correct(folder, ["甲.txt"], TITLE, {})
    assert _sync(folder, tmp_path).changed == ("甲.txt",)
    assert _library(tmp_path).documents()[0].validity is None


def test_other_corrections_stay_when_one_changes(folder: Path) -> None:
    correct(folder, ["甲.txt", "乙.txt"], TITLE, {"validity": "已废止"})
    correct(folder, ["甲.txt"], TITLE, {"doc_no": "某教〔2026〕9号"})
    assert {o.file: dict(o.values) for o in read_overrides(folder)} == {
        "甲.txt": {"doc_no": "某教〔2026〕9号"},
        "乙.txt": {"validity": "已废止"},
    }


def test_no_corrections_have_no_fingerprint_and_others_have_their_own() -> None:
    one, other = (Override("甲.txt", TITLE, (("validity", v),)) for v in ("已废止", "现行有效"))
    assert fingerprint(()) == ""
    assert fingerprint((one,)) not in ("", fingerprint((other,)))


def test_the_page_says_what_was_corrected_by_hand(folder: Path) -> None:
    override = Override("甲.txt", TITLE, (("doc_no", "某教〔2026〕9号"),))
    parsed = parse_file(folder / "甲.txt", overrides=[override])[0]
    facts = dict(view(parsed.document, parsed.articles, parsed.tables, on=date(2026, 1, 1)).facts)
    assert facts["文号"] == "某教〔2026〕9号（人工更正）"
    assert "人工更正" not in facts["发布机关"]
