"""Tables of a document: pipe rows → `Table`s, and a row as a sentence that can be searched and read without its header."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from index.cell_runs import rebuild_cell_runs
from index.headings import read_heading
from index.records import Article, PolicyDocument, Table

__all__ = ["parse_tables", "rebuild_cell_runs", "row_sentence"]

_SEPARATOR = re.compile(r"\|(?:\s*:?-{2,}:?\s*\|)+$")
_TABLE_NUMBER = re.compile(r"附?表\s*\d+(?:[-—.]\d+)?\s*[：:、\s]\s*")
_CAPTION_END = re.compile(r"(?:表|标准|名单|名录|一览|目录|清单|情况|计划|安排|分工)(?:[（(][^（）()]*[）)])?$")
_NUMBER = re.compile(r"[-−—–]?[<>≥≤＜＞约]?\d[\d,，.]*$")
_YEAR = re.compile(r"(?:19|20)\d\d$")
_UNIT_WORD = (
    "%|％|[百千万亿]?(?:人次?|名|元|所|个|间|套|辆|台|册|亩|吨|项|分|岁|年|天|日|课时|学时|小时|公里|米|平方米|立方米|平方公里)"
    "(?:[/每·].{1,6})?|人/.{1,6}|元/.{1,8}"
)
_UNIT = re.compile(rf"[（(](?:单位[：:])?({_UNIT_WORD})[）)]?$")
_CAPTION_UNIT = re.compile(rf"单位[：:]\s*({_UNIT_WORD})")
_SERIAL = re.compile(r"(?:序号|编号|No\.?|#)$")
_INDICATOR = re.compile(r"指标(?:名称)?$")
_CHANGE = re.compile(r"变化|增减|增量|变动|提高|差[值额]?$")
_CHILD = re.compile(r"其\s*中\s*[：:]?\s*")


@dataclass(frozen=True, slots=True)
class _Indicator:
    """What a row of an indicator table measures."""

    name: str
    unit: str
    parent: str


def parse_tables(document: PolicyDocument, articles: Sequence[Article]) -> tuple[Table, ...]:
    """Every run of pipe rows: the first is the header; an empty cell at the start of a row repeats the one above.

    A table begins with its caption, if the line above is one. Rows are as wide as the header.
    """
    return tuple(_table(document, articles, before, run) for before, run in _runs(document.text) if len(run) > 1)


def row_sentence(table: Table, i: int) -> str:
    """Row `i` in words: what it is about, then each value with its column and unit. Cells stand in it as they are."""
    if any(_INDICATOR.search(column) for column in table.columns[:2]):
        return _indicator_sentence(table, i)
    row, subject = table.rows[i], _subject(table, i)
    values = [
        _named_value(column, value, _column_unit(column) or _caption_unit(table))
        for c, (column, value) in enumerate(zip(table.columns, row, strict=True))
        if c != subject and value and not _SERIAL.match(column)
    ]
    about = f"{table.columns[subject]}{row[subject]}"
    return f"{about}：{'，'.join(values)}。" if values else f"{about}。"


def subject_of(table: Table, i: int) -> str:
    """The cell that names row `i`."""
    label = next((c for c, name in enumerate(table.columns) if _INDICATOR.search(name)), None)
    return table.rows[i][_subject(table, i) if label is None else label]


def _subject(table: Table, i: int) -> int:
    return next((c for c, name in enumerate(table.columns) if not _SERIAL.match(name) and table.rows[i][c]), 0)


def row_label(table: Table, i: int) -> str:
    """What row `i` is about: the cell that names it, of an indicator with its group and whole."""
    if any(_INDICATOR.search(column) for column in table.columns[:2]):
        return _indicator_sentence(table, i).partition("：")[0]
    return subject_of(table, i)


def value_of(table: Table, i: int, column: int) -> str:
    """A cell with its unit as the row's sentence has it: 2.76万人, 3.8个百分点."""
    label = next((c for c, name in enumerate(table.columns) if _INDICATOR.search(name)), None)
    of_row = _indicators(table, label)[i].unit if label is not None else ""
    unit = of_row or _column_unit(table.columns[column]) or _caption_unit(table)
    named = _named_value(table.columns[column], table.rows[i][column], unit)
    return named[named.rindex(table.rows[i][column]) :]


def whole_of(table: Table, i: int) -> int | None:
    """The row that row `i` is a part of (`其中：` and what follows it), or None."""
    label = next((c for c, name in enumerate(table.columns) if _INDICATOR.search(name)), None)
    if label is None:
        return None
    measured = _indicators(table, label)
    parent = measured[i].parent
    above = (r for r in range(i - 1, -1, -1) if measured[r].name == parent and not measured[r].parent)
    return next(above, None) if parent else None


def _runs(text: str) -> Iterator[tuple[tuple[str, int], list[tuple[int, int]]]]:
    """Spans of consecutive pipe rows, each with the line above it and where that line starts."""
    run: list[tuple[int, int]] = []
    before, at = ("", 0), 0
    for line in [*text.split("\n"), ""]:
        stripped = line.strip()
        if len(stripped) > 2 and stripped.startswith("|") and stripped.endswith("|"):
            if not _SEPARATOR.match(stripped):
                start = at + line.index("|")
                run.append((start, start + len(stripped)))
        else:
            if run:
                yield before, run
            run, before = [], (stripped, at)
        at += len(line) + 1


def _table(
    document: PolicyDocument, articles: Sequence[Article], above: tuple[str, int], run: Sequence[tuple[int, int]]
) -> Table:
    header, *body = [_cells(document.text[a:b]) for a, b in run]
    caption = _caption(above[0])
    rows: list[tuple[str, ...]] = []
    for cells in body:
        row = [*cells, *[""] * len(header)][: len(header)]
        lead = next((c for c, cell in enumerate(row) if cell), 0)
        rows.append((*(rows[-1][:lead] if rows else row[:lead]), *row[lead:]))
    start = above[1] if caption else run[0][0]
    return Table(
        document_id=document.id,
        article=next((a.ordinal for a in articles if a.start <= run[0][0] < a.end), 0),
        caption=caption,
        columns=tuple(header),
        rows=tuple(rows),
        spans=tuple(run[1:]),
        start=start,
        end=run[-1][1],
    )


def _caption(line: str) -> str:
    """The line above a table without its number, if it is a caption and not text or a heading."""
    if number := _TABLE_NUMBER.match(line):
        return line[number.end() :].strip()
    short = 4 <= len(line) <= 60 and line[-1] not in "。；：" and not line.startswith(("【", "|"))
    return line if short and _CAPTION_END.search(line) and read_heading(line) is None else ""


def _cells(line: str) -> list[str]:
    return [cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", line.strip())[1:-1]]


def _indicator_sentence(table: Table, i: int) -> str:
    label = next(c for c, name in enumerate(table.columns) if _INDICATOR.search(name))
    group = "".join(dict.fromkeys(table.rows[i][:label]))
    measured = _indicators(table, label)[i]
    about = f"{group}{measured.parent}其中{measured.name}" if measured.parent else f"{group}{measured.name}"
    unit = measured.unit or _caption_unit(table)
    values = [
        _named_value(column, value, unit)
        for column, value in zip(table.columns[label + 1 :], table.rows[i][label + 1 :], strict=True)
        if value
    ]
    return f"{about}：{'，'.join(values)}。"


def _indicators(table: Table, label: int) -> list[_Indicator]:
    """What each row measures. `其中：` opens the parts of the row above; they, and rows without a unit after them in the
    same group, share its unit; a row with a unit of its own closes them.
    """
    found: list[_Indicator] = []
    whole = _Indicator("", "", "")
    group: tuple[str, ...] = ()
    inside = False
    for row in table.rows:
        unit = _column_unit(row[label])
        name = _UNIT.sub("", row[label]).strip()
        child = _CHILD.match(name)
        inside = row[:label] == group and (child is not None or (inside and not unit)) and bool(whole.name)
        group = row[:label]
        if inside:
            found.append(_Indicator(name[child.end() :] if child else name, unit or whole.unit, whole.name))
        else:
            whole = _Indicator(name, unit, "")
            found.append(whole)
    return found


def _named_value(column: str, value: str, unit: str) -> str:
    """`2016` and `2.76` → `2016年2.76万人`; a change of a percentage is counted in 个百分点."""
    own_unit = _UNIT.search(column)
    name = column[: own_unit.start()] if own_unit else column
    name = f"{name}年" if _YEAR.match(name) else name
    if not unit or not _NUMBER.match(value) or (_YEAR.match(value) and not own_unit):
        return f"{name}{value}"
    points = unit in ("%", "％") and _CHANGE.search(name)
    return f"{name}{value}{'个百分点' if points else unit}"


def _column_unit(column: str) -> str:
    found = _UNIT.search(column)
    return found[1] if found else ""


def _caption_unit(table: Table) -> str:
    found = _CAPTION_UNIT.search(table.caption)
    return found[1] if found else ""
