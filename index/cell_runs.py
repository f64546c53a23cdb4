"""Tables whose cells were flattened to one a line, put together again under their caption."""

from __future__ import annotations

import re
from collections.abc import Sequence

from index.headings import read_heading

_CAPTION = re.compile(r"(?:表\s*)?(\d{1,2})\s*[：:]\s*(\S.{1,60}表)$")
_VALUE = re.compile(
    r"(?:[-−—–]?[<>≥≤＜＞约近]?\d[\d,，.]*[%％]?(?:以上|以下|左右)?|预期性|约束性|预期|约束|是|否|[√×/]|[—–-]{1,2})$"
)
_YEAR = re.compile(r"(?:19|20)\d\d年?$")
_NOTE = re.compile(r"(?:注|备注|说明|数据来源)[：:]")
_LONGEST_CELL = 22


def rebuild_cell_runs(lines: Sequence[str]) -> list[str]:
    """Caption and pipe rows for each flattened table; a group cell that repeats the one above is empty.

    A run that does not come out even stays as it is: a missing cell would shift all that follow it.

    >>> rebuild_cell_runs(["表1：校舍表", "序号", "校名", "面积", "（平方米）", "01", "一小", "300", "02", "二小", "400", "03", "三小", "5"])
    ['表1：校舍表', '| 序号 | 校名 | 面积（平方米） |', '| 01 | 一小 | 300 |', '| 02 | 二小 | 400 |', '| 03 | 三小 | 5 |']
    """
    rebuilt: list[str] = []
    at = 0
    while at < len(lines):
        caption = _CAPTION.match(lines[at].strip())
        end = _run_end(lines, at + 1) if caption else at + 1
        cells = [line.strip() for line in lines[at + 1 : end] if line.strip()]
        rows = _numbered(cells) or _indicators(cells) if caption else None
        if caption and rows:
            rebuilt += [f"表{caption[1]}：{caption[2]}", *map(_pipe_row, rows)]
            at = end
        else:
            rebuilt.append(lines[at])
            at += 1
    return rebuilt


def _run_end(lines: Sequence[str], at: int) -> int:
    """The first line after a run of cells: a heading, a sentence, another table."""
    while at < len(lines):
        text = lines[at].strip()
        ended = (
            text.endswith(("。", "；", "|")) or len(text) > _LONGEST_CELL or _NOTE.match(text) or _CAPTION.match(text)
        )
        if text and (ended or read_heading(text)):
            break
        at += 1
    return at


def _numbered(cells: list[str]) -> list[list[str]] | None:
    """Rows of a table whose first column counts 01, 02, …: the stride of the count is the number of columns."""
    for first, cell in enumerate(cells):
        if not re.fullmatch("0*1", cell):
            continue
        for width in range(2, min(12, (len(cells) - first) // 2) + 1):
            body = cells[first:]
            rows = [body[i : i + width] for i in range(0, len(body), width)]
            counted = all(row[0] == str(n).zfill(len(cell)) for n, row in enumerate(rows, 1))
            header = _fold_header(cells[:first], width)
            if len(rows) >= 3 and len(rows[-1]) == width and counted and header:
                return [header, *rows]
    return None


def _indicators(cells: list[str]) -> list[list[str]] | None:
    """Rows of `[group] indicator value…`: every row ends in the same number of values."""
    runs = _value_runs(cells)
    values = runs[-1] if runs else 0
    for labels in (2, 1):
        for last in range(len(cells)):
            header = _fold_header(cells[: last + 1], labels + values)
            rows = _indicator_rows(cells[last + 1 :], labels, values) if header else None
            if header and rows:
                return [header, *rows]
    return None


def _value_runs(cells: Sequence[str]) -> list[int]:
    runs, length = [], 0
    for cell in [*cells, ""]:
        if _VALUE.match(cell):
            length += 1
        elif length:
            runs.append(length)
            length = 0
    return runs


def _fold_header(cells: Sequence[str], width: int) -> list[str] | None:
    """Header cells glued to `width` columns: a bracket to what it explains, a quoted word to what follows it."""
    header: list[str] = []
    for cell in cells:
        broken = header and (header[-1].endswith("”") or header[-1].count("（") > header[-1].count("）"))
        if header and (cell.startswith(("（", "(")) or broken):
            header[-1] += cell
        else:
            header.append(cell)
    plain = all(_YEAR.match(cell) or not _VALUE.match(cell) for cell in header)
    return header if len(header) == width and plain and not header[-1].endswith("”") else None


def _indicator_rows(cells: Sequence[str], labels: int, values: int) -> list[list[str]] | None:
    """Body rows, or None where they do not come out even. The last label is the indicator, those before it the group."""
    rows: list[list[str]] = []
    texts: list[str] = []
    row: list[str] = []
    for cell in cells:
        if not _VALUE.match(cell):
            if row:
                return None
            if texts and cell.startswith(("（", "(")):
                texts[-1] += cell
            else:
                texts.append(cell)
        else:
            row.append(cell)
            if not texts or len(row) > values:
                return None
            if len(row) == values:
                rows.append(["".join(texts[:-1])] * (labels - 1) + [texts[-1], *row])
                grouped = len(texts) > 1
                if grouped and labels == 1:
                    return None
                texts, row = [], []
    first_grouped = labels == 1 or (rows and rows[0][0])
    return rows if len(rows) >= 3 and first_grouped and not texts and not row else None


def _pipe_row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "｜") for cell in cells) + " |"
