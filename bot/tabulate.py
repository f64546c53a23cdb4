"""Questions about tables: rows by their cells, and the largest, the sum, the count or the difference of one column."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from bot.case import Case
from bot.cues import table as cue_table
from bot.draft import Draft, Remark, write
from bot.extractive import Quote
from bot.messages import message
from bot.records import Computation, Outcome, Question
from bot.scope import applies
from bot.sheets import Named, Sheet, Sheets, figure_of, is_year_column, measures
from index.tables import row_sentence

MOST_ROWS = 12
HEARD = 5  # hits among which a row points at its table
_YEAR = re.compile(r"(?:19|20)\d\d")


@dataclass(frozen=True, slots=True)
class Reading:
    """What a question wants of one sheet: the rows left by its filters, the operation, the column it works on."""

    sheet: Sheet
    rows: tuple[int, ...]
    filtered: bool
    operation: str
    column: int | None


def tabulate(case: Case, sheets: Sheets) -> Draft | None:
    """The rows asked for and what is computed from them; None where no table is clearly meant or nothing needs one."""
    question = case.question
    for sheet, cells in _meant(case, sheets):
        reading = read(question, sheet, cells)
        if reading is None:
            continue
        rows, remark = answer_rows(question, reading)
        if rows and len(rows) <= max(MOST_ROWS, len(reading.rows) if remark else 0):
            return _draft(case, sheet, rows, remark)
    return None


def read(question: Question, sheet: Sheet, cells: Sequence[Named]) -> Reading | None:
    """The reading of a question over a sheet; None where it leaves all rows and asks for no operation."""
    table, text = sheet.table, question.search
    wanted: dict[int, set[str]] = {}
    for cell in cells:
        wanted.setdefault(cell.column, set()).add(cell.value)
    for column in range(len(table.columns)):
        if is_year_column(table, column):
            years = {str(y) for y in question.years} & {row[column].removesuffix("年") for row in table.rows}
            if years:
                wanted[column] = {row[column] for row in table.rows if row[column].removesuffix("年") in years}
    rows = tuple(r for r, row in enumerate(table.rows) if all(row[c] in values for c, values in wanted.items()))
    operation = next(
        (name for name, words in cue_table("tables")["operations"].items() if any(w in text for w in words)), ""
    )
    measure = measure_asked(question, sheet)
    if not rows or (not wanted and operation in ("", "count")):
        return None
    return Reading(sheet, rows, bool(wanted), operation, measure)


def measure_asked(question: Question, sheet: Sheet) -> int | None:
    """The column of figures that the question names by its name or year, by a lay word for it, or the only one."""
    columns = measures(sheet.table)
    years = [str(y) for y in question.years]
    by_year = [c for c, name in columns.items() if (m := _YEAR.match(name)) and m[0] in years]
    if by_year:
        return by_year[-1]
    scores = {c: _likeness(question.search, name) for c, name in columns.items()}
    best = max(scores.values(), default=0.0)
    leaders = [c for c, score in scores.items() if score == best]
    return leaders[0] if len(leaders) == 1 and (best or len(columns) == 1) else None


def answer_rows(question: Question, reading: Reading) -> tuple[list[int], Remark | None]:
    """The rows to quote and what they compute to; no rows where the operation cannot be proved."""
    table, rows, column = reading.sheet.table, list(reading.rows), reading.column
    figures = {r: figure_of(table.rows[r][column]) for r in rows} if column is not None else {}
    match reading.operation:
        case "max" | "min" if column is not None and all(figures.values()) and len(rows) > 1:
            pick = max if reading.operation == "max" else min
            extreme = pick(Decimal(f) for f in figures.values())
            best = [r for r in rows if Decimal(figures[r]) == extreme]
            return best, _remark(reading, rows, figures, figures[best[0]], named=best)
        case "sum" if column is not None and all(figures.values()) and len(rows) > 1:
            total = sum(Decimal(f) for f in figures.values())
            return rows, _remark(reading, rows, figures, str(total))
        case "difference":
            return _difference(question, reading)
        case "count" | "" | "sum" if reading.filtered:
            counted = reading.operation == "count" and len(rows) > 1
            return rows, _remark(reading, rows, {}, str(len(rows))) if counted else None
    return [], None


def _difference(question: Question, reading: Reading) -> tuple[list[int], Remark | None]:
    """Between two years' columns of one row."""
    table = reading.sheet.table
    by_year = {m[0]: c for c, name in measures(table).items() if (m := _YEAR.match(name))}
    columns = [by_year[y] for y in sorted(by_year) if int(y) in question.years]
    if len(columns) < 2 or len(reading.rows) != 1:
        return [], None
    row = reading.rows[0]
    first, last = (figure_of(table.rows[row][c]) for c in (columns[0], columns[-1]))
    if not first or not last or any(c in table.rows[row][columns[-1]] for c in "<>≥≤"):
        return [row], None
    result = str(abs(Decimal(last) - Decimal(first)))
    text = message(
        "computed_difference", table=_name(reading.sheet), about=_about(table.rows[row]), larger=max(last, first, key=Decimal),
        smaller=min(last, first, key=Decimal), result=result,
    )  # fmt: skip
    return [row], Remark(text, Computation("difference", (last, first), result))


def _remark(
    reading: Reading, rows: Sequence[int], figures: Mapping[int, str], result: str, named: Sequence[int] = ()
) -> Remark:
    table = reading.sheet.table
    column = table.columns[reading.column] if reading.column is not None else ""
    operation = reading.operation if figures else "count"
    text = message(
        f"computed_{operation}", table=_name(reading.sheet), rows=len(rows), column=column, result=result,
        about="、".join(_about(table.rows[r]) for r in named), terms=" + ".join(figures.values()),
    )  # fmt: skip
    return Remark(text, Computation(operation, tuple(figures.values()), result))  # type: ignore[arg-type]


def _draft(case: Case, sheet: Sheet, rows: Sequence[int], remark: Remark | None) -> Draft | None:
    searcher = case.searcher
    article = searcher.library.article(sheet.document.id, sheet.table.article)
    quotes = [Quote(sheet.document, article, *sheet.table.spans[r], row=row_sentence(sheet.table, r)) for r in rows]
    draft = write(case.question, quotes, searcher.library, searcher.superseded, Outcome.ANSWERED, remark=remark)
    return draft if draft.statements else None


def _meant(case: Case, sheets: Sheets) -> list[tuple[Sheet, list[Named]]]:
    """The sheets that a question may mean, likeliest first, each with the cells it names there."""
    question = case.question
    numbers = sheets.numbered(question.search)
    found = [n for n in sheets.named(question.search) if applies(n.sheet.document, question.places)]
    ranked: list[tuple[float, int, Sheet, list[Named]]] = []
    for order, sheet in enumerate(sheets.all):
        if not applies(sheet.document, question.places) or (numbers and sheet.number not in numbers):
            continue
        cells = _distinct([n for n in found if n.sheet is sheet])
        row_hits = sum(
            h.chunk.document_id == sheet.document.id and sheet.table.start <= h.chunk.start < sheet.table.end
            for h in case.applicable[:HEARD]
        )
        score = 3.0 * bool(numbers) + 1.0 * min(row_hits, 3) + sum(len(c.words) for c in cells) * 0.5
        if numbers or row_hits or any(len(c.words) > 2 for c in cells):
            ranked.append((-score, order, sheet, cells))
    return [(sheet, cells) for _, _, sheet, cells in sorted(ranked, key=lambda r: r[:2])]


def _distinct(cells: Sequence[Named]) -> list[Named]:
    """Cells named by their longest words only."""
    return [c for c in cells if not any(c.words != o.words and c.words in o.words for o in cells)]


def _likeness(text: str, name: str) -> float:
    """How a question names a column: by characters of its name in a row, or by a lay word."""
    plain = re.sub(r"[(（].*", "", name)
    shared = max(
        (
            size
            for size in range(len(plain), 1, -1)
            for i in range(len(plain) - size + 1)
            if plain[i : i + size] in text
        ),
        default=0,
    )
    lay = max(
        (len(w) for key, words in cue_table("tables")["columns"].items() if key in plain for w in words if w in text),
        default=0,
    )
    return shared + 0.5 * lay


def _about(row: Sequence[str]) -> str:
    """What a row is about: its first cell that is no number."""
    return next((cell for cell in row if cell and not figure_of(cell)), row[0])


def _name(sheet: Sheet) -> str:
    return f"表{sheet.number}" if sheet.number else sheet.table.caption or "该表"
