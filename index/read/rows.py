"""Cells with spans to Markdown pipe rows `| a | b |`, the one shape tables have in text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(slots=True)
class Cell:
    """A table cell and how many rows and columns it covers."""

    text: str
    rows: int = 1
    columns: int = 1
    heads: bool = False


def pipe_rows(rows: list[list[Cell]]) -> Iterator[str]:
    """Lines of a table: a cell over the full width before the header is a caption line; header rows become one row.

    Every row is complete: a cell stands in each row and column that it covers.

    >>> list(pipe_rows([[Cell("学段", rows=2), Cell("补助", columns=2)], [Cell("走读"), Cell("寄宿")],
    ...                 [Cell("小学"), Cell("720"), Cell("970")]]))
    ['| 学段 | 补助走读 | 补助寄宿 |', '| 小学 | 720 | 970 |']
    """
    rows = [row for row in rows if row]
    while len(rows) > 1 and len(rows[0]) == 1 and rows[0][0].rows == 1:
        yield from (line.strip() for line in rows.pop(0)[0].text.split("\n") if line.strip())
    grid = _grid(rows)
    depth = _header_depth(rows)
    for line in [_merge(grid[:depth]), *grid[depth:]] if depth > 1 else grid:
        if any(line):
            yield "| " + " | ".join(line) + " |"


def _grid(rows: list[list[Cell]]) -> list[list[str]]:
    """Spans expanded; short rows are filled with empty cells."""
    grid: list[dict[int, str]] = [{} for _ in rows]
    for index, row in enumerate(rows):
        column = 0
        for cell in row:
            while column in grid[index]:
                column += 1
            text = _one_line(cell.text)
            for below in grid[index : index + cell.rows]:
                below.update(dict.fromkeys(range(column, column + cell.columns), text))
            column += cell.columns
    width = max((max(line, default=-1) + 1 for line in grid), default=0)
    return [[line.get(column, "") for column in range(width)] for line in grid]


def _header_depth(rows: list[list[Cell]]) -> int:
    """How many rows the header has: rows of header cells, else the height of a first row that spans both ways."""
    marked = 0
    while marked < len(rows) and all(cell.heads for cell in rows[marked]):
        marked += 1
    if marked or not rows:
        return max(1, marked)
    tallest = max(cell.rows for cell in rows[0])
    return tallest if any(cell.columns > 1 for cell in rows[0]) and tallest < len(rows) else 1


def _merge(header: list[list[str]]) -> list[str]:
    """One header row out of several: the different texts of a column one after the other."""
    return ["".join(dict.fromkeys(column)) for column in zip(*header, strict=True)]


def _one_line(text: str) -> str:
    """Cell text on one line: no blanks between Han characters, and no bar that would look like a cell border.

    >>> _one_line("建筑面积\\n(平方米) a|b")
    '建筑面积(平方米) a｜b'
    """
    text = re.sub(r"\s+", " ", text.replace("|", "｜")).strip()
    return re.sub(r"(?<=[^\x00-\x7f]) (?=\S)|(?<=\S) (?=[^\x00-\x7f])", "", text)
