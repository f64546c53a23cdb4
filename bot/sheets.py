"""The tables of a library, found by number, caption or by the cells that a question names."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from bot.cues import table as cue_table
from bot.references import to_number
from index.matcher import TermMatcher
from index.records import PolicyDocument, Table
from index.tokens import fold

_NUMBERED = re.compile(r"附?表\s*(\d{1,2}|[一二三四五六七八九十]{1,3})")
# What may be left out of a cell when it is spoken of: 界石 for 界石镇, 普通初中 for 其中：普通初中（万人）.
_TAIL = re.compile(r"(?:新城区域|区域|沿线|街道|片区|[镇乡县区市])$")
_UNIT = re.compile(r"[(（][^()（）]*[)）]?$")
_HEAD = re.compile(r"^(?:其中[:：]?|普通|县|市|区)")
_FIGURE = re.compile(r"[<>≥≤约]?\s*-?\d[\d,，.]*\s*[%％]?")
LEAST_NAME = 2


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table with its document and its number in it (0: none)."""

    document: PolicyDocument
    table: Table
    number: int


@dataclass(frozen=True, slots=True)
class Named:
    """A cell that a text names, by the words it was named with."""

    sheet: Sheet
    column: int
    value: str
    words: str

    @property
    def part(self) -> bool:
        """Whether it is named by a part of its name."""
        return re.sub("^其中[:：]?", "", fold(_UNIT.sub("", self.value)).strip()) != self.words


@dataclass(frozen=True, slots=True)
class SheetReading:
    """What a question wants of a sheet: its rows, whether it chose them, the operation, the column that it works on."""

    sheet: Sheet
    rows: tuple[int, ...]
    filtered: bool
    operation: str
    column: int | None


class Sheets:
    """Every table of a library, made once for each generation."""

    def __init__(self, documents: Iterable[tuple[PolicyDocument, Sequence[Table]]]) -> None:
        self.all = tuple(Sheet(d, t, _number(d, t)) for d, tables in documents for t in tables)
        self._cells: dict[str, list[tuple[Sheet, int, str]]] = defaultdict(list)
        for sheet in self.all:
            for column in range(len(sheet.table.columns)):
                for value in dict.fromkeys(row[column] for row in sheet.table.rows):
                    for name in cell_names(value):
                        self._cells[name].append((sheet, column, value))
        self._matcher = TermMatcher(self._cells)

    def numbered(self, folded: str) -> tuple[int, ...]:
        """The numbers of the tables that a text refers to (表3, 表二)."""
        return tuple(to_number(m[1]) for m in _NUMBERED.finditer(folded))

    def named(self, folded: str) -> list[Named]:
        """The cells that a folded text names, by their longest names."""
        return [Named(*cell, words) for words, _, _ in self._matcher.find(folded) for cell in self._cells[words]]


def cell_names(value: str) -> set[str]:
    """The folded names of a cell; figures have none.

    >>> sorted(cell_names("其中：普通初中（万人）")), cell_names("16000")
    (['初中', '普通初中'], set())
    """
    folded = fold(_UNIT.sub("", value)).strip()
    if not folded or _FIGURE.fullmatch(folded):
        return set()
    names = {folded, _TAIL.sub("", folded)}
    while shorter := {_HEAD.sub("", n) for n in names} - names:
        names |= shorter
    return {n for n in names if len(n) >= LEAST_NAME and not n.startswith("其中")}


def figure_of(cell: str) -> str:
    """The figure of a cell without its bound, or nothing."""
    match = _FIGURE.fullmatch(fold(cell).strip())
    return re.sub(r"[^\d.\-]", "", match[0]) if match else ""


def is_year_column(table: Table, column: int) -> bool:
    """Whether a column gives each row its year."""
    return all(re.fullmatch(r"(?:19|20)\d\d年?", row[column]) for row in table.rows)


def measures(table: Table) -> Mapping[int, str]:
    """The columns of figures that may be compared and added, with their folded names; numbering and years are none."""
    return {
        c: fold(name)
        for c, name in enumerate(table.columns)
        if not re.match(r"序号|编号|no\.?$|#", fold(name))
        and not is_year_column(table, c)
        and sum(bool(figure_of(row[c])) for row in table.rows) >= max(2, 0.8 * len(table.rows))
    }


def year_columns(table: Table) -> dict[int, int]:
    """The columns that are headed by a year, by that year."""
    found = ((re.fullmatch(r"((?:19|20)\d\d)年?(?:[(（].*)?", name), c) for c, name in enumerate(table.columns))
    return {int(match[1]): c for match, c in found if match}


def likeness(folded: str, column: str) -> float:
    """How clearly a question names a column: letters of its name in a row, or of a lay word for it."""
    plain = re.sub(r"[(（].*", "", column)
    runs = (plain[i:j] for i in range(len(plain)) for j in range(i + 2, len(plain) + 1))
    shared = max((len(run) for run in runs if run in folded), default=0)
    lay = (w for key, words in cue_table("tables")["columns"].items() if key in plain for w in words if w in folded)
    return shared + 0.5 * max(map(len, lay), default=0)


def _number(document: PolicyDocument, table: Table) -> int:
    found = _NUMBERED.match(document.text, table.start)
    return to_number(found[1]) if found else 0
