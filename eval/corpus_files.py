"""Small deterministic writers of PDF and Word files, for the sample library and for tests, without library or font.

The PDF names the standard font STSong-Light and the predefined character map UniGB-UCS2-H, which every
reader knows, so nothing is embedded and the file stays at a few kilobytes.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterable, Sequence
from xml.sax.saxutils import escape

PAGE_WIDTH, PAGE_HEIGHT, MARGIN = 595, 842, 85
BODY_SIZE, TITLE_SIZE, LEADING = 15, 20, 28
LINE_CHARACTERS = (PAGE_WIDTH - 2 * MARGIN) // BODY_SIZE
TITLE_CHARACTERS = 18
PAGE_LINES = (PAGE_HEIGHT - 2 * MARGIN) // LEADING
W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def pdf_bytes(paragraphs: Sequence[str], *, header: str = "") -> bytes:
    """A4 pages with indented paragraphs, centred titles (`# …`), page numbers and an optional running head."""
    lines = [line for paragraph in paragraphs for line in _wrap(paragraph)]
    pages = [lines[start : start + PAGE_LINES] for start in range(0, len(lines), PAGE_LINES)]
    return pdf_from_contents([_content(page, number, header) for number, page in enumerate(pages, 1)])


def pdf_from_contents(contents: Sequence[str]) -> bytes:
    """A PDF whose pages have these content streams; the font is `/F1`."""
    count = len(contents)
    first = 6
    kids = " ".join(f"{first + 2 * index} 0 R" for index in range(count))
    widths = "/DW 1000 /W [1 95 500 814 939 500]"
    info = "/CIDSystemInfo << /Registry (Adobe) /Ordering (GB1) /Supplement 4 >>"
    objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Count {count} /Kids [{kids}] >>",
        "<< /Type /Font /Subtype /Type0 /BaseFont /STSong-Light /Encoding /UniGB-UCS2-H /DescendantFonts [4 0 R] >>",
        f"<< /Type /Font /Subtype /CIDFontType0 /BaseFont /STSong-Light {info} {widths} /FontDescriptor 5 0 R >>",
        "<< /Type /FontDescriptor /FontName /STSong-Light /Flags 6 /FontBBox [-25 -254 1000 880] /ItalicAngle 0"
        " /Ascent 880 /Descent -120 /CapHeight 880 /StemV 93 >>",
    ]
    for index, content in enumerate(contents):
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {PAGE_WIDTH} {PAGE_HEIGHT}]"
            f" /Resources << /Font << /F1 3 0 R >> >> /Contents {first + 2 * index + 1} 0 R >>"
        )
        objects.append(f"<< /Length {len(content)} >>\nstream\n{content}\nendstream")
    return _assemble(objects)


def docx_bytes(body: str, *, numbering: str = "", extra: dict[str, str] | None = None) -> bytes:
    """A Word package around the XML of its body, and of its numbering definitions; `extra` adds or replaces parts."""
    office = "application/vnd.openxmlformats-officedocument.wordprocessingml"
    types = (
        '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
        f'<Override PartName="/word/document.xml" ContentType="{office}.document.main+xml"/>'
        f'<Override PartName="/word/numbering.xml" ContentType="{office}.numbering+xml"/></Types>'
    )
    package = "http://schemas.openxmlformats.org/package/2006/relationships"
    relation = '<Relationships xmlns="{}"><Relationship Id="rId1" Type="{}/{}" Target="{}"/></Relationships>'
    parts = {
        "[Content_Types].xml": types,
        "_rels/.rels": relation.format(package, RELATIONS, "officeDocument", "word/document.xml"),
        "word/_rels/document.xml.rels": relation.format(package, RELATIONS, "numbering", "numbering.xml"),
        "word/document.xml": f'<w:document xmlns:w="{W}"><w:body>{body}</w:body></w:document>',
        "word/numbering.xml": f'<w:numbering xmlns:w="{W}">{numbering}</w:numbering>',
        **(extra or {}),
    }
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:  # stored: compressors differ between machines
        for name, text in parts.items():
            file.writestr(zipfile.ZipInfo(name, (2024, 1, 1, 0, 0, 0)), f'<?xml version="1.0"?>{text}')
    return buffer.getvalue()


def word_paragraph(text: str, level: int | None = None, number: int = 1) -> str:
    """XML of a paragraph, automatically numbered at a level (0-based) of numbering `number` when one is given."""
    place = f'<w:numPr><w:ilvl w:val="{level}"/><w:numId w:val="{number}"/></w:numPr>' if level is not None else ""
    return f"<w:p><w:pPr>{place}</w:pPr><w:r><w:t>{escape(text)}</w:t></w:r></w:p>"


def word_table(rows: Iterable[Sequence[str]]) -> str:
    """XML of a table; a cell `^` continues the cell above it, a cell `<` is covered by the one before it."""
    lines = []
    rows = [list(row) for row in rows]
    for at, row in enumerate(rows):
        cells = []
        for column, text in enumerate(row):
            if text == "<":
                continue
            span = 1 + next((i for i, t in enumerate([*row[column + 1 :], ""]) if t != "<"), 0)
            below = at + 1 < len(rows) and rows[at + 1][column] == "^"
            merge = "<w:vMerge/>" if text == "^" else '<w:vMerge w:val="restart"/>' if below else ""
            properties = f'<w:gridSpan w:val="{span}"/>{merge}' if span > 1 else merge
            content = "<w:p/>" if text == "^" else word_paragraph(text)
            cells.append(f"<w:tc><w:tcPr>{properties}</w:tcPr>{content}</w:tc>")
        lines.append(f"<w:tr>{''.join(cells)}</w:tr>")
    return f"<w:tbl>{''.join(lines)}</w:tbl>"


def word_numbering(levels: Sequence[tuple[str, str]], number: int = 1) -> str:
    """XML of one numbering definition: the format and pattern of each level, such as `("chineseCounting", "%1、")`."""
    made = "".join(
        f'<w:lvl w:ilvl="{level}"><w:start w:val="1"/><w:numFmt w:val="{shape}"/><w:lvlText w:val="{pattern}"/></w:lvl>'
        for level, (shape, pattern) in enumerate(levels)
    )
    return (
        f'<w:abstractNum w:abstractNumId="{number}">{made}</w:abstractNum>'
        f'<w:num w:numId="{number}"><w:abstractNumId w:val="{number}"/></w:num>'
    )


def _wrap(paragraph: str) -> list[tuple[float, float, str]]:
    """Lines of a paragraph as size, left edge and text; a title is centred on lines of its own."""
    if paragraph.startswith("# "):
        parts = re.findall(f".{{1,{TITLE_CHARACTERS}}}", paragraph[2:])
        return [(TITLE_SIZE, (PAGE_WIDTH - TITLE_SIZE * _width(part)) / 2, part) for part in parts]
    lines: list[tuple[float, float, str]] = []
    text, indent = paragraph, 2
    while text:
        fit = 1
        while fit < len(text) and _width(text[: fit + 1]) + indent <= LINE_CHARACTERS:
            fit += 1
        lines.append((BODY_SIZE, MARGIN + indent * BODY_SIZE, text[:fit]))
        text, indent = text[fit:], 0
    return lines


def _width(text: str) -> float:
    return sum(0.5 if character.isascii() else 1 for character in text)


def _content(lines: Sequence[tuple[float, float, str]], number: int, header: str) -> str:
    top = PAGE_HEIGHT - MARGIN
    shown = [_show(size, x, top - row * LEADING, text) for row, (size, x, text) in enumerate(lines)]
    head = [_show(10, MARGIN, PAGE_HEIGHT - 45, header)] if header else []
    return "\n".join([*head, *shown, _show(12, PAGE_WIDTH / 2 - 18, 40, f"- {number} -")])


def _show(size: float, x: float, y: float, text: str) -> str:
    return f"BT /F1 {size:g} Tf {x:g} {y:g} Td <{text.encode('utf-16-be').hex()}> Tj ET"


def _assemble(objects: Sequence[str]) -> bytes:
    """Objects with their cross-reference table."""
    data = b"%PDF-1.4\n"
    offsets = []
    for number, text in enumerate(objects, 1):
        offsets.append(len(data))
        data += f"{number} 0 obj\n{text}\nendobj\n".encode("ascii")
    table = "".join(f"{offset:010d} 00000 n \n" for offset in offsets)
    trailer = f"trailer\n<< /Size {len(objects) + 1} /Root 1 0 R >>\nstartxref\n{len(data)}\n%%EOF\n"
    return data + f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}{trailer}".encode("ascii")
