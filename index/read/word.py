"""Word files: paragraphs with their automatic numbers and tables, in document order. Only importer of docx."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Iterator
from typing import Any

from index.errors import EncryptedFile, FileTooLarge, TruncatedFile, UnreadableFile, UnsupportedFile
from index.read.numbering import Numbering
from index.read.rows import Cell, pipe_rows

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
_BROKEN = "文件不完整或已损坏，请用 Word 打开并另存为新的 .docx 后再放入。"
_FOREIGN = "文件含有外部引用声明，为安全起见不予读取，请用 Word 另存为新的 .docx 后再放入。"
_MACROS = "文件是带宏的 Word 文件或模板，请另存为不带宏的 .docx 后再放入。"
_NESTED = "文件里夹带压缩包，请去掉后另存为新的 .docx 再放入。"
_TOO_BIG = "文件解压后过大，可能是压缩炸弹或含有过多图片，请精简后再放入。"
MAX_UNPACKED = 200_000_000
MAX_XML = 50_000_000
MAX_ENTRIES = 1_000
MAX_RATIO = 100
_ARCHIVES = (b"PK\x03\x04", b"Rar!", b"7z\xbc\xaf")


def docx_text(data: bytes) -> str:
    """One line a paragraph, tables as pipe rows. `data` has passed `check_zip`. Raises `TruncatedFile`."""
    import docx

    try:
        document: Any = docx.Document(io.BytesIO(data))
        numbering = Numbering(document)
        return "\n".join(_block_lines(document.element.body, numbering))
    except (UnreadableFile, MemoryError):
        raise
    except Exception as error:  # python-docx and lxml raise many kinds for a broken package
        raise TruncatedFile(_BROKEN) from error


def check_zip(data: bytes) -> None:
    """Refuse, before anything is unpacked to disk or parsed, what is not a whole, open and harmless Word package."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            _check_sizes(package.infolist(), len(data))
            names = set(package.namelist())
            if "word/document.xml" not in names:
                raise UnsupportedFile(_other_package(names))
            for entry in package.infolist():
                _check_entry(package, entry)
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, NotImplementedError) as error:
        raise TruncatedFile(_BROKEN) from error


def _check_entry(package: zipfile.ZipFile, entry: zipfile.ZipInfo) -> None:
    """No declarations, macros or archives. Embedded objects (`word/embeddings`) are archives too, and are never opened."""
    if entry.filename.endswith((".xml", ".rels")):
        content = package.read(entry).replace(b"\0", b"")  # UTF-16 reads like ASCII
        if b"<!DOCTYPE" in content or b"<!ENTITY" in content:
            raise UnreadableFile(_FOREIGN)
        if entry.filename == "[Content_Types].xml" and b"macroEnabled" in content:
            raise UnsupportedFile(_MACROS)
    elif not entry.filename.startswith("word/embeddings/"):
        with package.open(entry) as part:
            if part.read(4) in _ARCHIVES:
                raise UnsupportedFile(_NESTED)


def _check_sizes(entries: list[zipfile.ZipInfo], packed: int) -> None:
    """The declared sizes are the real ones: `zipfile` never unpacks more than an entry declares."""
    if any(entry.flag_bits & 1 for entry in entries):
        raise EncryptedFile("文件设有打开密码，请取消密码后再放入。")
    unpacked = sum(entry.file_size for entry in entries)
    bomb = (
        len(entries) > MAX_ENTRIES
        or unpacked > MAX_UNPACKED
        or (unpacked > 1_000_000 and unpacked > MAX_RATIO * packed)
        or any(entry.file_size > MAX_XML for entry in entries if entry.filename.endswith(".xml"))
        or any(e.file_size > 1_000_000 and e.file_size > MAX_RATIO * max(e.compress_size, 1) for e in entries)
    )
    if bomb:
        raise FileTooLarge(_TOO_BIG)


def _other_package(names: set[str]) -> str:
    if any(name.startswith(("xl/", "ppt/")) for name in names):
        return "不支持表格和演示文稿，请把内容另存为 .docx 或 .pdf 后再放入。"
    return "不支持压缩包，请解压后把其中的 .docx、.pdf 或 .txt 文件放入。"


def _block_lines(parent: Any, numbering: Numbering) -> Iterator[str]:
    """Lines of the paragraphs and tables below `parent`, looking through content controls."""
    for child in parent.iterchildren():
        if child.tag == W + "p":
            yield from _paragraph_lines(child, numbering)
        elif child.tag == W + "tbl":
            yield from _table_lines(child, numbering)
        elif child.tag in (W + "sdt", W + "sdtContent", W + "ins", W + "customXml"):
            yield from _block_lines(child, numbering)


def _paragraph_lines(paragraph: Any, numbering: Numbering) -> Iterator[str]:
    text = "".join(_pieces(paragraph)).strip()
    if text:
        yield from (numbering.label(paragraph) + text).split("\n")
    for box in paragraph.iter(W + "txbxContent"):
        if not any(parent.tag == _FALLBACK for parent in box.iterancestors()):
            yield from _block_lines(box, numbering)


def _pieces(node: Any) -> Iterator[str]:
    """The visible text of a paragraph: no deleted or hidden runs, no text boxes."""
    for child in node.iterchildren():
        if child.tag == W + "t":
            yield child.text or ""
        elif child.tag == W + "tab":
            yield " "
        elif child.tag in (W + "br", W + "cr"):
            yield "\n"
        elif child.tag == W + "noBreakHyphen":
            yield "-"
        elif child.tag == W + "r" and child.find(f"{W}rPr/{W}vanish") is not None:
            continue
        elif child.tag not in (W + "pPr", W + "rPr", W + "del", W + "moveFrom", W + "pict", W + "drawing", _FALLBACK):
            yield from _pieces(child)


def _table_lines(table: Any, numbering: Numbering) -> Iterator[str]:
    """Pipe rows; a table that only frames text (one column or one row of one cell) gives its paragraphs."""
    rows = [list(_cells(row)) for row in table.iterchildren(W + "tr", W + "sdt") if row.tag == W + "tr"]
    if all(len(row) <= 1 for row in rows) or any(cell.find(W + "tbl") is not None for row in rows for cell in row):
        for row in rows:
            for cell in row:
                yield from _block_lines(cell, numbering)
        return
    yield from pipe_rows(_with_merges(rows, numbering))


def _cells(row: Any) -> Iterator[Any]:
    for child in row.iterchildren():
        if child.tag == W + "tc":
            yield child
        elif child.tag == W + "sdt":
            yield from child.iter(W + "tc")


def _with_merges(rows: list[list[Any]], numbering: Numbering) -> list[list[Cell]]:
    """Cells with their spans; Word marks each continued cell of a vertical merge instead of counting rows."""
    result: list[list[Cell]] = []
    open_merges: dict[int, Cell] = {}
    for row in rows:
        cells: list[Cell] = []
        column = 0
        for cell in row:
            width = int(_value(cell, "gridSpan") or 1)
            merge = cell.find(f"{W}tcPr/{W}vMerge")
            if merge is not None and merge.get(W + "val") != "restart" and column in open_merges:
                open_merges[column].rows += 1
            else:
                made = Cell("\n".join(_block_lines(cell, numbering)), columns=width)
                open_merges.pop(column, None)
                if merge is not None:
                    open_merges[column] = made
                cells.append(made)
            column += width
        result.append(cells)
    return result


def _value(cell: Any, name: str) -> str | None:
    node = cell.find(f"{W}tcPr/{W}{name}")
    return None if node is None else str(node.get(W + "val"))
