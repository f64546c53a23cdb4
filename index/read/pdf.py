"""PDF pages to paragraphs: lines rejoined by their position, page numbers and running heads dropped.

A page that is a picture is read by a recogniser where one is given. Only importer of pypdfium2.
"""

from __future__ import annotations

import re
import statistics
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from index.errors import EncryptedFile, FileTooLarge, ScannedPdf, TruncatedFile
from index.read.scan import SCANNED, UNREAD, Reading, Recogniser, rows, settings, told, without_doubtful
from index.records import Fix

Pictures = Literal["leave", "refuse"] | type[Recogniser]
"""What becomes of pages that are pictures: left out and told of, the file refused, or read by a recogniser."""

MAX_PAGES = 2_000
MAX_CHARACTERS = 5_000_000
_BROKEN = "PDF 文件不完整或已损坏，请重新下载或重新导出后再放入。"
_PAGE_NUMBER = re.compile(r"[\s\-—–―·•]*(?:第\s*)?\d{1,4}\s*页?(?:\s*[/／,，共]+\s*\d{1,4}\s*页?)?[\s\-—–―·•]*")
# A line with one of these begins a paragraph, whatever its position says.
_OPENS = re.compile(
    r"[一二三四五六七八九十]+、|[(（][一二三四五六七八九十\d]+[)）]|第[一二三四五六七八九十百零]+[条章节编]"
    r"|\d{1,2}[.．、](?!\d)|——|附件\d?[:：]"
)


@dataclass(slots=True)
class Line:
    """A printed line and its horizontal extent in points; `size` is the width of one Han character.

    `reading`: how it was read where it stood in a picture.
    """

    text: str
    left: float
    right: float
    size: float
    reading: Reading | None = None


def pdf_text(data: bytes, pictures: Pictures = "leave") -> tuple[str, tuple[int, ...], tuple[Fix, ...]]:
    """Paragraphs, one a line, the 1-based line on which each page begins, and what is to be known of pages of pictures.

    A page that begins inside a paragraph begins with the first line after it. Raises `ScannedPdf` where no page has text, and
    for a single picture where they are refused.
    """
    if b"%%EOF" not in data[-4096:]:
        raise TruncatedFile(_BROKEN)
    pages, left = _pages(data, pictures)
    lines, starts = _paragraphs(_without_running_lines(pages))
    texts = [" ".join("".join(piece.text for piece in line).splitlines()) for line in lines]
    fixes = [
        f for n, line in enumerate(lines, 1) for f in told(n, texts[n - 1], [p.reading for p in line if p.reading])
    ]
    fixes += [Fix("unread_page", starts[n], f"第{n + 1}页", "", "damaged") for n in left]
    return "\n".join(texts), starts, tuple(fixes)


def _pages(data: bytes, pictures: Pictures) -> tuple[list[list[Line]], list[int]]:
    """The lines of each page, and the 0-based numbers of pages that are pictures and were left out."""
    import pypdfium2

    try:
        document: Any = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        if "password" in str(error).lower():
            raise EncryptedFile("PDF 设有打开密码，请取消密码后再放入。") from error
        raise TruncatedFile(_BROKEN) from error
    try:
        if len(document) > MAX_PAGES:
            raise FileTooLarge(f"PDF 超过 {MAX_PAGES} 页，请拆分成几个文件后再放入。")
        pages: list[list[Line]] = []
        characters = 0
        for number in range(len(document)):
            pages.append(_lines(document[number]))
            characters += sum(len(line.text) for line in pages[-1])
            if characters > MAX_CHARACTERS:
                raise FileTooLarge("文件超过五百万字，请拆分成几个文件后再放入。")
        without = _without_text(document, pages)
        if not isinstance(pictures, str):
            return _recognised(document, pages, without, pictures()), []
    except pypdfium2.PdfiumError as error:
        raise TruncatedFile(_BROKEN) from error
    finally:
        document.close()
    if without and (pictures == "refuse" or len(without) == len(pages)):
        raise ScannedPdf(SCANNED)
    return pages, without


def _without_text(document: Any, pages: Sequence[Sequence[Line]]) -> list[int]:
    """The pages that are pictures: all without text where the whole has too little, else those that show a large image."""
    empty = [n for n, page in enumerate(pages) if not _has_text(page, 1)]
    if not _has_text([line for page in pages for line in page], len(pages)):
        return list(range(len(pages)))
    return [n for n in empty if _shows_image(document[n])]


def _has_text(lines: Sequence[Line], pages: int) -> bool:
    """Fewer than ten characters a page are stamps on pictures; unmapped fonts give private characters."""
    text = "".join(line.text for line in lines)
    unmapped = len(re.findall("[\ue000-\uf8ff\ufffd\x00-\x08]", text))
    return len(text) >= 10 * pages and unmapped <= 0.3 * len(text)


def _shows_image(page: Any) -> bool:
    """Whether an image covers a third of the page."""
    import pypdfium2.raw as pdfium

    try:
        bounds = (image.get_bounds() for image in page.get_objects(filter=[pdfium.FPDF_PAGEOBJ_IMAGE], max_depth=2))
        return any(
            (right - left) * (top - bottom) > page.get_width() * page.get_height() / 3
            for left, bottom, right, top in bounds
        )
    finally:
        page.close()


def _recognised(
    document: Any, pages: list[list[Line]], numbers: Sequence[int], recogniser: Recogniser
) -> list[list[Line]]:
    """The pages with the numbered ones read from their pictures, as far as they have no text of their own."""
    most = settings()["page"]["most"]
    numbers = [n for n in numbers if not _has_text(pages[n], 1)]
    if len(numbers) > most:
        raise FileTooLarge(f"PDF 里是图片的页面超过 {most} 页，请拆分成几个文件后再放入。")
    read = {n: list(_read(document[n], recogniser)) for n in numbers}
    return [read.get(n, page) for n, page in enumerate(pages)]


def _read(page: Any, recogniser: Recogniser) -> Iterator[Line]:
    shape = settings()["page"]
    try:
        scale = min(shape["dpi"] / 72, shape["longest"] / max(page.get_width(), page.get_height(), 1))
        bitmap = page.render(scale=scale, rev_byteorder=True, prefer_bgrx=False)
        picture = bitmap.to_numpy()[:, :, :3].copy()
        bitmap.close()
    finally:
        page.close()
    for line in rows(recogniser.lines(picture)):
        text, reading = without_doubtful(line)
        width = sum(0.5 if character.isascii() else 1 for character in text)
        size = (line.right - line.left) / scale / max(width, 1)
        yield Line(_tidy(text), line.left / scale, line.right / scale, size, reading)


def _lines(page: Any) -> list[Line]:
    """The lines of one page in reading order, with their positions."""
    textpage = page.get_textpage()
    try:
        lines: list[Line] = []
        start = 0
        text = _characters(textpage)
        for match in re.finditer(r"[\r\n]+|$", text):
            line = _line(textpage, text, start, match.start())
            if line is not None:
                lines.append(line)
            start = match.end()
        return lines
    finally:
        textpage.close()
        page.close()


def _characters(textpage: Any) -> str:
    """One character for each index of the text page, so that positions can be asked for."""
    import pypdfium2.raw as pdfium

    codes = (pdfium.FPDFText_GetUnicode(textpage.raw, index) for index in range(textpage.count_chars()))
    return "".join(chr(code) if 0 < code < 0x110000 and not 0xD800 <= code < 0xE000 else " " for code in codes)


def _line(textpage: Any, text: str, start: int, end: int) -> Line | None:
    marks = [index for index in range(start, end) if not text[index].isspace()]
    if not marks:
        return None
    left, bottom, _, top = textpage.get_charbox(marks[0], loose=True)
    right = textpage.get_charbox(marks[-1], loose=True)[2]
    return Line(_tidy(text[start:end]), left, right, max(top - bottom, 1.0))


def _tidy(text: str) -> str:
    """Radicals back to characters, blanks between Han characters (letter-spaced headings) dropped.

    >>> _tidy("⼀、 教 育 经费 Windows 11")
    '一、教育经费 Windows 11'
    """
    import unicodedata

    text = re.sub("[\u2e80-\u2fdf]", lambda match: unicodedata.normalize("NFKC", match[0]), text)
    text = re.sub("[\ufffe\uffff\u00ad\u200b-\u200d]", "", text)
    return re.sub(r"(?<=[^\x00-\x7f])[ \u00a0]+(?=[^\x00-\x7f])", "", text).strip()


def _without_running_lines(pages: list[list[Line]]) -> list[list[Line]]:
    """Drop page numbers and the heads and feet that most pages share."""
    edges = Counter(text for page in pages for text in {_masked(line) for line in page[:1] + page[-1:]})
    running = {text for text, count in edges.items() if count >= 2 and count > len(pages) / 2}

    def kept(page: list[Line]) -> list[Line]:
        page = list(page)
        for end in (0, -1):
            while page and (_PAGE_NUMBER.fullmatch(page[end].text) or _masked(page[end]) in running):
                page.pop(end)
        return page

    return [kept(page) for page in pages]


def _masked(line: Line) -> str:
    return re.sub(r"\d+", "0", line.text)


def _paragraphs(pages: list[list[Line]]) -> tuple[list[list[Line]], tuple[int, ...]]:
    """The printed lines of each paragraph, also across pages, and the 1-based paragraph with which each page begins."""
    flat = [line for page in pages for line in page]
    if not flat:
        raise ScannedPdf(UNREAD)
    size = statistics.median(line.size for line in flat)
    left, right = _margins(flat)
    paragraphs: list[list[Line]] = []
    starts: list[int] = []
    previous: Line | None = None
    for page in pages:
        starts.append(0)
        for line in page:
            if previous is not None and _continues(previous, line, left, right, size):
                line.text = _blank_between(previous.text, line.text) + line.text
                paragraphs[-1].append(line)
            else:
                paragraphs.append([line])
                starts[-1] = starts[-1] or len(paragraphs)
            previous = line
    following = len(paragraphs)
    for index in range(len(starts) - 1, -1, -1):
        following = starts[index] = starts[index] or following
    return paragraphs, tuple(starts)


def _margins(lines: list[Line]) -> tuple[float, float]:
    """The edges of the text: the leftmost that two lines share, and where full lines end."""
    lefts = Counter(round(line.left / 3) * 3 for line in lines)
    rights = sorted(line.right for line in lines)
    return min([left for left, count in lefts.items() if count > 1] or lefts), rights[int(len(rights) * 0.9)]


def _continues(previous: Line, line: Line, left: float, right: float, size: float) -> bool:
    """Whether `line` goes on with the paragraph: the one before is full, this one neither indented nor an opening.

    The lines of a title, in larger print than the text, belong together although they are centred.
    """
    if _OPENS.match(line.text) or abs(previous.size - line.size) > 0.25 * size:
        return False
    if min(previous.size, line.size) > 1.15 * size:
        return True
    return previous.right > right - 1.6 * size and line.left < left + 1.2 * size


def _blank_between(before: str, after: str) -> str:
    """Han to Han without a blank, Latin words with one.

    >>> _blank_between("城乡", "义务教育"), _blank_between("public", "school")
    ('', ' ')
    """
    return " " if re.search(r"[A-Za-z0-9,.;]$", before) and re.match(r"[A-Za-z(]", after) else ""
