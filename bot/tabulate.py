"""Questions about tables: which table is meant, which of its rows, and what is computed from one of its columns."""

from __future__ import annotations

from collections.abc import Sequence

from bot.case import Case
from bot.computed import Answered, answer_rows, restrictions
from bot.cues import table as cue_table
from bot.draft import Draft, write
from bot.extractive import Quote
from bot.records import Outcome, Question
from bot.scope import applies
from bot.sheets import Named, Sheet, SheetReading, Sheets, is_year_column, likeness, measures, year_columns
from index.tables import row_sentence

MOST_ROWS = 12
HEARD = 5  # hits among which a row points at its table
LEAST_NAME = 3  # a cell named by fewer letters points at no table
LEAST_LIKENESS = 2.0  # a column named this clearly points at a table of the asked place


def tabulate(case: Case, sheets: Sheets) -> Draft | None:
    """The rows asked for and what is computed from them; None where no table is clearly meant or nothing needs one."""
    for sheet, cells, heard in _meant(case, sheets):
        reading = read(case.question, sheet, cells, heard)
        if reading is None:
            continue
        answered = answer_rows(case.question, reading)
        if answered.rows and len(answered.shown) <= MOST_ROWS:
            return _draft(case, sheet, answered)
    return None


def read(question: Question, sheet: Sheet, cells: Sequence[Named], heard: Sequence[int]) -> SheetReading | None:
    """The reading of a question over a sheet; `heard` are rows that retrieval found, best first. None: nothing is asked of it.

    Rows are those with the cells and years that the question names, else the best one heard, else all for an operation.
    """
    table, text = sheet.table, question.search
    wanted: dict[int, set[str]] = {}
    for cell in cells:
        wanted.setdefault(cell.column, set()).add(cell.value)
    for column in range(len(table.columns)):
        if is_year_column(table, column):
            of_year = {row[column] for row in table.rows if int(row[column][:4]) in question.years}
            every = {row[column] for row in table.rows}
            wanted |= {column: of_year} if of_year and of_year != every else {}
    rows = tuple(r for r, row in enumerate(table.rows) if all(row[c] in values for c, values in wanted.items()))
    operations = cue_table("tables")["operations"].items()
    operation = next((name for name, words in operations if any(w in text for w in words)), "")
    if heard and heard[0] not in rows and any(c.part for c in cells):
        rows = tuple(heard[:1])  # 高中 in 高中阶段 names the row 普通高中 by chance
    if not operation and any(restrictions(text)) and _named_measures(text, sheet):
        operation = "restrict"
    of_years = set(year_columns(table)) & set(question.years)
    if question.years and year_columns(table) and not of_years:
        return None
    by_row = not wanted and bool(of_years) and operation not in ("max", "min", "sum", "restrict")
    if by_row and heard:
        rows = tuple(heard[:1])
    if not rows or (not wanted and not by_row and operation in ("", "count")) or (by_row and not heard):
        return None
    return SheetReading(sheet, rows, bool(wanted) or by_row, operation, measure_asked(question, sheet))


def measure_asked(question: Question, sheet: Sheet) -> int | None:
    """The column of figures that the question names by its year, its name or a lay word for it, or the only one."""
    columns = measures(sheet.table)
    of_years = [c for year, c in year_columns(sheet.table).items() if year in question.years]
    if of_years:
        return of_years[-1]
    scores = {c: likeness(question.search, name) for c, name in columns.items()}
    best = max(scores.values(), default=0.0)
    leaders = [c for c, score in scores.items() if score == best]
    return leaders[0] if len(leaders) == 1 and (best or len(columns) == 1) else None


def _draft(case: Case, sheet: Sheet, answered: Answered) -> Draft | None:
    """Rows shown one by one; where a result rests on many rows the table is quoted once as a whole."""
    searcher, table = case.searcher, sheet.table
    article = searcher.library.article(sheet.document.id, table.article)
    quotes = [Quote(sheet.document, article, *table.spans[r], row=row_sentence(table, r)) for r in answered.shown]
    silent = set(answered.rows) - set(answered.shown)
    if silent:
        quotes.append(Quote(sheet.document, article, table.start, table.end, silent=True))
    remark = answered.remark
    draft = write(case.question, quotes, searcher.library, searcher.superseded, Outcome.ANSWERED, remark=remark)
    return draft if draft.statements else None


def _meant(case: Case, sheets: Sheets) -> list[tuple[Sheet, list[Named], list[int]]]:
    """The sheets that a question may mean, likeliest first, each with the cells it names there and its rows among the hits."""
    question = case.question
    numbers = sheets.numbered(question.search)
    named = sheets.named(question.search)
    ranked = []
    for order, sheet in enumerate(sheets.all):
        if not applies(sheet.document, question.places) or (numbers and sheet.number not in numbers):
            continue
        cells = _longest([n for n in named if n.sheet is sheet])
        heard = _heard(case, sheet)
        years = set(year_columns(sheet.table))
        fitting = len(years & set(question.years))
        pointed = numbers or heard or any(len(c.words) >= LEAST_NAME for c in cells) or _wants_column(question, sheet)
        if pointed and (fitting or not years or not question.years):
            score = 3.0 * fitting + min(len(heard), 3) + sum(len(c.words) for c in cells) / 4
            ranked.append((-score, order, sheet, cells, heard))
    return [(sheet, cells, heard) for _, _, sheet, cells, heard in sorted(ranked, key=lambda r: r[:2])]


def _heard(case: Case, sheet: Sheet) -> list[int]:
    """The sheet's rows among the best hits, best first."""
    rows = {start: r for r, (start, _) in enumerate(sheet.table.spans)}
    hits = (h.chunk for h in case.applicable[:HEARD])
    return [rows[c.start] for c in hits if c.document_id == sheet.document.id and c.start in rows]


def _named_measures(text: str, sheet: Sheet) -> list[int]:
    return [c for c, name in measures(sheet.table).items() if likeness(text, name) >= LEAST_LIKENESS]


def _wants_column(question: Question, sheet: Sheet) -> bool:
    """Whether a place's own table has a column that the question clearly names."""
    own = sheet.document.place in question.places
    return own and bool(_named_measures(question.search, sheet))


def _longest(cells: Sequence[Named]) -> list[Named]:
    """Cells named by their longest words only."""
    return [c for c in cells if not any(c.words != o.words and c.words in o.words for o in cells)]
