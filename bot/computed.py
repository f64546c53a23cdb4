"""What is computed from one column of a table: the largest, the sum, the count, a difference, a share. Every operand is quoted."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Literal

from bot.cues import table as cue_table
from bot.draft import Remark
from bot.messages import message
from bot.records import Computation, Question
from bot.sheets import Sheet, SheetReading, figure_of, is_year_column, likeness, measures, year_columns
from index.tables import row_label, subject_of, value_of, whole_of

Operation = Literal["sum", "max", "min", "count", "share", "difference"]
SHOWN_ROWS = 8  # a result of more rows cites the whole table
_AMOUNT = re.compile(r"(\d+(?:\.\d+)?)(万|亿)?")
_TIMES = {"万": 10_000, "亿": 100_000_000, None: 1}


@dataclass(frozen=True, slots=True)
class Answered:
    """The rows that an answer rests on, those of them that it shows, and what they compute to."""

    rows: tuple[int, ...] = ()
    shown: tuple[int, ...] = ()
    remark: Remark | None = None


NOTHING = Answered()


@dataclass(frozen=True, slots=True)
class Cell:
    """A figure and how it is written with its unit."""

    value: Decimal
    text: str


def answer_rows(question: Question, reading: SheetReading) -> Answered:
    """The rows to quote and what they compute to; no rows where the operation cannot be proved from them."""
    answered = _restricted(question, reading)
    if answered is None and "占" in question.search and question.answer_type == "ratio":
        answered = _share(question, reading)
    if answered is None and reading.operation in ("max", "min"):
        answered = _extreme(question, reading)
    if answered is None and reading.operation == "sum" and reading.column is not None:
        answered = _sum(question, reading)
    if answered is None and reading.operation == "difference":
        answered = _difference(question, reading)
    return answered or (_listed(question, reading) if reading.filtered else NOTHING)


def _listed(question: Question, reading: SheetReading) -> Answered:
    """The rows themselves, counted where their number is asked for."""
    rows = list(reading.rows)
    counted = reading.operation in ("count", "sum") and len(rows) > 1
    return _rows(rows, _counted(question, reading.sheet, rows) if counted else None)


def _counted(question: Question, sheet: Sheet, rows: Sequence[int], key: str = "", about: str = "") -> Remark:
    names = tuple(subject_of(sheet.table, r) for r in rows)
    return _remark(question, sheet, "count", names, f"{len(rows)}个", about=about, key=key)


def _figures(reading: SheetReading, column: int, rows: Sequence[int]) -> dict[int, Cell]:
    """The column's figures by row; none where a row has no figure, or only a bound (>55), or units differ."""
    cells = {r: reading.sheet.table.rows[r][column] for r in rows}
    if not all(map(figure_of, cells.values())) or any(set(cell) & set("<>≥≤约") for cell in cells.values()):
        return {}
    table = reading.sheet.table
    found = {r: Cell(Decimal(figure_of(cell)), value_of(table, r, column)) for r, cell in cells.items()}
    units = {cell.text.replace(cells[r], "") for r, cell in found.items()}
    return found if len(units) == 1 else {}


def _extreme(question: Question, reading: SheetReading) -> Answered:
    """The rows with the largest or smallest figure; without a column the most frequent year or place of the rows."""
    column = reading.column
    if column is None or not likeness(question.search, measures(reading.sheet.table).get(column, "")):
        by_count = _most_frequent(question, reading)
        if by_count is not None:
            return by_count
    figures = _figures(reading, column, reading.rows) if column is not None else {}
    if column is None or len(figures) < 2:
        return NOTHING
    operation: Operation = "max" if reading.operation == "max" else "min"
    pick = max if operation == "max" else min
    extreme = pick(cell.value for cell in figures.values())
    best = [r for r, cell in figures.items() if cell.value == extreme]
    about = "、".join(row_label(reading.sheet.table, r) for r in best)
    operands, result = tuple(cell.text for cell in figures.values()), figures[best[0]].text
    remark = _remark(question, reading.sheet, operation, operands, result, column=column, about=about)
    return Answered(reading.rows, tuple(best), remark)


def _most_frequent(question: Question, reading: SheetReading) -> Answered | None:
    """哪一年项目最多: the year that most rows have, where years are asked for."""
    table = reading.sheet.table
    if reading.operation != "max" or not re.search("哪一?年", question.search):
        return None
    column = next((c for c in range(len(table.columns)) if is_year_column(table, c)), None)
    if column is None:
        return None
    (value, count), *others = Counter(table.rows[r][column] for r in reading.rows).most_common()
    if others and others[0][1] == count:
        return NOTHING
    rows = [r for r in reading.rows if table.rows[r][column] == value]
    return Answered(reading.rows, tuple(rows), _counted(question, reading.sheet, rows, "computed_frequent", value))


def _sum(question: Question, reading: SheetReading) -> Answered:
    column = reading.column
    named = column is not None and likeness(question.search, measures(reading.sheet.table).get(column, "")) > 0
    figures = _figures(reading, column, reading.rows) if column is not None and named else {}
    if len(figures) < 2:
        return NOTHING
    total = sum((cell.value for cell in figures.values()), Decimal(0))
    operands, unit = tuple(cell.text for cell in figures.values()), _unit(next(iter(figures.values())))
    return _rows(reading.rows, _remark(question, reading.sheet, "sum", operands, f"{total}{unit}", column=column))


def _difference(question: Question, reading: SheetReading) -> Answered:
    """Between the first and the last year asked for, in one row."""
    table = reading.sheet.table
    columns = [c for year, c in sorted(year_columns(table).items()) if year in question.years]
    if len(columns) < 2 or len(reading.rows) != 1:
        return _rows(reading.rows) if reading.filtered else NOTHING
    row = reading.rows[0]
    pair = [found[row] for c in (columns[-1], columns[0]) if (found := _figures(reading, c, [row]))]
    if len(pair) < 2:
        return _rows([row])
    smaller, larger = sorted(pair, key=lambda cell: cell.value)
    unit = _unit(larger)
    result = f"{larger.value - smaller.value}{'个百分点' if unit in ('%', '％') else unit}"
    about, operands = row_label(table, row), (larger.text, smaller.text)
    return _rows([row], _remark(question, reading.sheet, "difference", operands, result, about=about))


def _share(question: Question, reading: SheetReading) -> Answered | None:
    """Of a part in its whole, both in the column of the year asked for, in per cent with one decimal."""
    table, column = reading.sheet.table, reading.column
    parts = [r for r in reading.rows if whole_of(table, r) is not None]
    if column is None or len(parts) != 1 or column not in year_columns(table).values():
        return None
    part, whole = parts[0], whole_of(table, parts[0])
    figures = _figures(reading, column, [part, whole]) if whole is not None else {}
    if len(figures) < 2 or whole is None:
        return None
    share = figures[part].value / figures[whole].value * 100
    result = f"{share.quantize(Decimal('0.1'), ROUND_HALF_UP)}%"
    about = row_label(table, part)
    operands = figures[part].text, figures[whole].text
    return _rows([whole, part], _remark(question, reading.sheet, "share", operands, result, about=about))


def _restricted(question: Question, reading: SheetReading) -> Answered | None:
    """The rows with more or less than a figure or than another column (建筑面积超过占地面积)."""
    text, table = question.search, reading.sheet.table
    found = next(restrictions(text), None)
    columns = sorted(
        (c for c, name in measures(table).items() if likeness(text, name) >= 2),
        key=lambda c: text.find(measures(table)[c][:2]),
    )
    if not found or not columns or reading.operation in ("sum", "difference"):
        return None
    sign, match = found
    amount = _AMOUNT.search(text, match.end()) or _AMOUNT.search(text, max(0, match.start() - 8), match.start())
    if len(columns) < 2 and not amount:
        return None
    limit = Decimal(amount[1]) * _TIMES[amount[2]] if amount and len(columns) < 2 else None
    rows = []
    for r in reading.rows:
        first = figure_of(table.rows[r][columns[0]])
        second = limit if limit is not None else figure_of(table.rows[r][columns[1]])
        if (
            first
            and second
            and (Decimal(first) > Decimal(second)) == (sign == "more")
            and Decimal(first) != Decimal(second)
        ):
            rows.append(r)
    return _rows(rows, _counted(question, reading.sheet, rows)) if rows else NOTHING


def _unit(cell: Cell) -> str:
    return re.sub(r"^[-−<>≥≤约]?[\d.,，]+", "", cell.text)


def restrictions(text: str) -> Iterator[tuple[str, re.Match[str]]]:
    """The words that ask for more or less than something, with which of the two."""
    wanted = cue_table("tables")["wanted"]
    return ((sign, m) for sign in ("more", "less") for word in wanted[sign] if (m := re.search(word, text)))


def _rows(rows: Sequence[int], remark: Remark | None = None) -> Answered:
    many = remark is not None and len(rows) > SHOWN_ROWS
    return Answered(tuple(rows), () if many else tuple(rows), remark)


def _remark(
    question: Question, sheet: Sheet, operation: Operation, operands: tuple[str, ...], result: str,
    *, column: int | None = None, about: str = "", key: str = "",
) -> Remark:  # fmt: skip
    said: dict[str, Any] = {
        "table": f"表{sheet.number}" if sheet.number else sheet.table.caption or message("this_table"),
        "column": sheet.table.columns[column] if column is not None else "",
        "about": about,
        "first": operands[0] if operands else "",
        "last": operands[-1] if operands else "",
        "terms": " + ".join(operands),
        "names": "、".join(operands),
        "result": result,
    }
    text = message(key or f"computed_{operation}", script=question.script, **said)
    return Remark(text, Computation(operation, operands, result))
