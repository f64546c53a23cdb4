"""Flattened cell runs, tables out of pipe rows, and rows as sentences."""

from __future__ import annotations

import json
import re
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.articles import parse_articles
from index.ingest import parse_file
from index.records import Table
from index.tables import parse_tables, rebuild_cell_runs, row_sentence
from tests.documents import document_of

CASES = json.loads((Path(__file__).parent / "cases" / "cell_runs.json").read_text(encoding="utf8"))


def tables_of(text: str) -> tuple[Table, ...]:
    document = document_of(text)
    return parse_tables(document, parse_articles(document))


def narrow(text: str) -> str:
    """Widths folded and blanks dropped, as the labelled outline has it."""
    return re.sub(r"\s", "", unicodedata.normalize("NFKC", text))


@pytest.mark.parametrize("case", CASES, ids=lambda c: c["name"])
def test_cell_runs(case: dict[str, list[str]]) -> None:
    assert rebuild_cell_runs(case["lines"]) == (case["expected"] or case["lines"])


@given(
    st.lists(
        st.sampled_from(["表1：甲表", "序号", "01", "02", "2016", "3.5", "甲", "一、乙", "丙。", "", "| 甲 |"]),
        max_size=20,
    )
)
def test_no_cell_is_lost_or_made_up(lines: list[str]) -> None:
    def letters(parts: list[str]) -> list[str]:
        return sorted(re.sub(r"[\s|]", "", "".join(parts)))

    assert letters(rebuild_cell_runs(lines)) == letters(lines)


def test_a_group_cell_repeats_the_one_above() -> None:
    (table,) = tables_of(
        "一、甲\n表1：校舍表\n| 片区 | 学校 | 面积（平方米） |\n| 东 | 一小 | 300 |\n|  | 二小 | 40.5 |"
    )
    assert table.caption == "校舍表"
    assert table.rows == (("东", "一小", "300"), ("东", "二小", "40.5"))
    assert row_sentence(table, 1) == "片区东：学校二小，面积40.5平方米。"
    assert table.article == 1


def test_spans_are_the_rows_themselves() -> None:
    text = "校舍一览\n| 学校 | 面积 |\n|---|---|\n| 一小 | 3 |\n说明。\n| 甲 | 乙 |\n| 1 | 2 |"
    first, second = tables_of(text)
    assert [text[a:b] for a, b in first.spans] == ["| 一小 | 3 |"]
    assert (first.caption, second.caption) == ("校舍一览", "")
    assert text[first.start : first.end].startswith("校舍一览")


def test_unit_of_the_caption_holds_for_bare_numbers() -> None:
    (table,) = tables_of("补助标准（单位：元）\n| 学段 | 走读 | 寄宿 |\n| 小学 | 720 | 970 |\n| 初中 | 940 | 无 |")
    assert row_sentence(table, 0) == "学段小学：走读720元，寄宿970元。"
    assert row_sentence(table, 1) == "学段初中：走读940元，寄宿无。"


INDICATORS = (
    "表1：指标表\n| 分类 | 指标 | 2016 | 2020 | 变化 |\n| 小学 | 在校人数（人） | 90 | 100 | 10 |\n|  | 其中：公办 | 60 | 65 | 5 |\n"
    "|  | 民办 | 30 | 35 | 5 |\n|  | 巩固率（%） | 98 | 99.5 | 1.5 |\n| 初中 | 班数 | 7 | 8 | 1 |"
)


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        (0, "小学在校人数：2016年90人，2020年100人，变化10人。"),
        (1, "小学在校人数其中公办：2016年60人，2020年65人，变化5人。"),
        (2, "小学在校人数其中民办：2016年30人，2020年35人，变化5人。"),
        (3, "小学巩固率：2016年98%，2020年99.5%，变化1.5个百分点。"),
        (4, "初中班数：2016年7，2020年8，变化1。"),
    ],
)
def test_indicator_rows_as_sentences(row: int, sentence: str) -> None:
    (table,) = tables_of(INDICATORS)
    assert row_sentence(table, row) == sentence


CELLS = st.text(alphabet="甲乙丙12.", min_size=1, max_size=5).map(str.strip).filter(bool)


@given(st.lists(st.lists(CELLS, min_size=3, max_size=3), min_size=2, max_size=6))
def test_pipe_rows_round_trip_and_every_cell_is_in_its_sentence(rows: list[list[str]]) -> None:
    text = "\n".join("| " + " | ".join(row) + " |" for row in rows)
    (table,) = tables_of(text)
    assert [list(table.columns), *map(list, table.rows)] == rows
    for i, row in enumerate(rows[1:]):
        assert all(cell in row_sentence(table, i) for cell in row)


@pytest.fixture(scope="module")
def plan(request: pytest.FixtureRequest) -> tuple[tuple[Table, ...], list[dict[str, object]]]:
    pages: Path = request.getfixturevalue("pages")
    truth = json.loads((pages.parent.parent / "reference" / "outline.json").read_text(encoding="utf8"))["documents"]
    name = next(n for n, d in truth.items() if d.get("tables"))
    (parsed,) = parse_file(pages / name)
    return parsed.tables, truth[name]["tables"]


def test_the_flattened_tables_of_the_real_plan_cell_by_cell(
    plan: tuple[tuple[Table, ...], list[dict[str, object]]],
) -> None:
    found, truth = plan
    assert [narrow(t.caption) for t in found] == [narrow(str(t["caption"])) for t in truth]
    cells = 0
    for table, expected in zip(found, truth, strict=True):
        assert [narrow(c) for c in table.columns] == [narrow(c) for c in expected["columns"]]  # type: ignore[attr-defined]
        rows = [r if isinstance(r, list) else [r["group"], r["raw"], *r["values"]] for r in expected["rows"]]  # type: ignore[attr-defined]
        assert [[narrow(c) for c in row] for row in table.rows] == [[narrow(c) for c in row] for row in rows]
        cells += len(table.rows) * len(table.columns)
    assert cells == 10 * 5 + 11 * 5 + 20 * 6


def test_the_sentences_of_the_real_plan_have_its_figures_and_units(
    plan: tuple[tuple[Table, ...], list[dict[str, object]]],
) -> None:
    figure = re.compile(r"[<>-]?\d+(?:\.\d+)?(?:万人|%|个百分点|平方米)?")
    for table, expected in zip(*plan, strict=True):
        for i, sentence in enumerate(expected["sentences"]):  # type: ignore[arg-type, var-annotated]
            said = re.sub(r"^表3第\d+项:", "", sentence)
            assert figure.findall(narrow(row_sentence(table, i))) == figure.findall(narrow(said)), sentence
