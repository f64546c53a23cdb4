"""Cells, columns and years of tables as questions name them; results that cannot be proved are not given."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.computed import NOTHING, answer_rows
from bot.naming import DocumentNames
from bot.records import Question
from bot.sheets import Sheets, cell_names, is_year_column, likeness, measures, year_columns
from bot.tabulate import read
from bot.understand import understand
from index.articles import parse_articles
from index.records import Table
from index.tables import parse_tables, value_of, whole_of
from tests.documents import document_of

TEXT = """某市教育规划
表1：项目表
| 序号 | 项目名称 | 所在地 | 年份 | 占地面积（平方米） |
| --- | --- | --- | --- | --- |
| 01 | 东湖小学 | 东湖街道 | 2023 | 12000 |
| 02 | 西山中学 | 西山镇 | 2024 | 30000 |
| 03 | 南门小学 | 东湖街道 | 2024 | 18000 |
正文。
表2：指标表
| 分类 | 指标 | 2020 | 2025 |
| --- | --- | --- | --- |
| 高中教育 | 在校学生数（万人） | 4.41 | 5.28 |
|  | 其中：普通高中 | 1.27 | 1.78 |
|  | 毛入学率（%） | 95.8 | >98 |
"""
DOCUMENT = document_of(TEXT, title="某市教育规划")
TABLES = parse_tables(DOCUMENT, parse_articles(DOCUMENT))
PROJECTS, RATES = TABLES
SHEETS = Sheets([(DOCUMENT, TABLES)])


def asked(text: str) -> Question:
    return understand(text, names=DocumentNames([DOCUMENT]), known_places=[])


def result(text: str, sheet: int = 0, heard: tuple[int, ...] = ()) -> str:
    """What the program computes for a question, or the rows it shows."""
    question = asked(text)
    cells = [n for n in SHEETS.named(question.search) if n.sheet is SHEETS.all[sheet]]
    reading = read(question, SHEETS.all[sheet], cells, heard)
    found = answer_rows(question, reading) if reading else NOTHING
    return found.remark.computation.result if found.remark else " ".join(map(str, found.rows))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("表1里占地面积最大的是哪个", "30000平方米"),
        ("表1占地面积最小的", "12000平方米"),
        ("2024年的项目占地面积一共多少", "48000平方米"),
        ("东湖街道有几个项目", "2个"),
        ("东湖街道有哪些项目", "0 2"),
        ("西山那所中学", "1"),
        ("占地面积超过15000平方米的有哪些", "2个"),
        ("哪一年的项目最多", "2个"),
        ("项目总共多少", ""),  # no column is named: nothing is added up
    ],
)
def test_projects(text: str, expected: str) -> None:
    assert result(text) == expected


@pytest.mark.parametrize(
    ("text", "heard", "expected"),
    [
        ("在校学生数2025年比2020年多多少", (0,), "0.87万人"),
        ("2025年普通高中占高中教育学生的百分之几", (1,), "33.7%"),
        ("毛入学率2025年比2020年多多少", (2,), "2"),  # >98 is a bound: the row is shown, nothing is computed
        ("1999年在校学生数多少", (0,), ""),
    ],
)
def test_indicators(text: str, heard: tuple[int, ...], expected: str) -> None:
    assert result(text, 1, heard) == expected


def test_names_of_cells_and_columns() -> None:
    assert cell_names("东湖街道") == {"东湖街道", "东湖"}
    assert cell_names("12,000") == set()
    assert is_year_column(PROJECTS, 3)
    assert set(measures(PROJECTS)) == {4}
    assert year_columns(RATES) == {2020: 2, 2025: 3}
    assert likeness("占地多大", "占地面积(平方米)") > likeness("位置在哪", "占地面积(平方米)")
    assert SHEETS.numbered("表3和表二") == (3, 2)


def test_units_and_wholes_of_rows() -> None:
    assert value_of(RATES, 1, 3) == "1.78万人"
    assert value_of(PROJECTS, 0, 4) == "12000平方米"
    assert (whole_of(RATES, 1), whole_of(RATES, 0), whole_of(PROJECTS, 0)) == (0, None, None)


def test_a_row_without_a_figure_is_not_added_up() -> None:
    holed: Table = replace(PROJECTS, rows=(*PROJECTS.rows[:2], (*PROJECTS.rows[2][:4], "待定")))
    question = asked("表1占地面积一共多少")
    reading = read(question, replace(SHEETS.all[0], table=holed), [], ())
    assert reading is not None
    assert answer_rows(question, reading) == NOTHING
