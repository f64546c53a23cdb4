"""Web pages to lines: main text with its tables as pipe rows. Only importer of trafilatura and lxml."""

from __future__ import annotations

import re
from typing import Any

import lxml.etree  # type: ignore[import-untyped]
import lxml.html  # type: ignore[import-untyped]

from index.errors import FileTooLarge, TruncatedFile, UnreadableFile
from index.read.rows import Cell, pipe_rows

_BLOCK_NAMES = (
    "address article aside blockquote body caption center dd div dl dt fieldset figcaption figure footer form h1 h2 h3"
    " h4 h5 h6 header hr li main nav ol p pre section table tbody td tfoot th thead tr ul"
)
_UNSEEN_NAMES = "button canvas embed iframe input noscript object option script select style svg template"
_BLOCKS = frozenset(_BLOCK_NAMES.split())
_UNSEEN = frozenset(_UNSEEN_NAMES.split())
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden|font-size\s*:\s*0(?![.\d])", re.IGNORECASE)
_WIDE = "\u3000-\u303f\u4e00-\u9fff\uff00-\uffef"
# Characters of markup: the tree takes some fifty times their memory.
MAX_PAGE = 5_000_000
# Main text with less than this share of the characters on the page has lost something.
_ENOUGH = 0.6


def html_text(page: str) -> str:
    """One line a paragraph, heading or list item; tables as pipe rows. Raises for a page that is cut or too deep."""
    page = re.sub(r"data:[\w/+.;=-]+;base64,[\w/+=%\s]+", "", page)
    if len(page) > MAX_PAGE:
        raise FileTooLarge("网页过大，请把正文复制出来另存为 .txt 或 .docx 后再放入。")
    parser = lxml.html.HTMLParser(huge_tree=True, no_network=True)
    try:
        tree = lxml.html.document_fromstring(re.sub(r"^\s*<\?xml[^>]*\?>", "", page), parser=parser)
    except (lxml.etree.ParserError, ValueError) as error:
        raise TruncatedFile("网页内容不完整，请重新保存网页后再放入。") from error
    if any(entry.type_name == "ERR_RESOURCE_LIMIT" for entry in parser.error_log):
        raise UnreadableFile("网页的层次过深，读不完整，请把正文复制出来另存为 .txt 或 .docx 后再放入。")
    title = _title(tree)
    _drop_unseen(tree)
    _tables_to_paragraphs(tree)
    whole = _lines(tree.body if tree.body is not None else tree)
    lines = _main_lines(tree, whole)
    if title and not any(title in line for line in lines):
        lines.insert(0, title)
    return "\n".join(lines)


def _main_lines(tree: Any, whole: list[str]) -> list[str]:
    """What trafilatura takes for the main text, unless it leaves out too much or a row of a table."""
    import trafilatura

    found = trafilatura.extract(
        lxml.html.tostring(tree, encoding="unicode"),
        include_comments=False,
        include_tables=True,
        include_formatting=False,
        favor_recall=True,
        deduplicate=False,
    )
    kept = {_key(line) for line in (found or "").split("\n")} - {""}
    # trafilatura decides which lines belong; their text is taken from the page, where nothing was rewritten.
    main = [line for line in whole if _key(line) in kept]
    rows = [line for line in whole if line.startswith("| ")]
    words = sum(len(_key(text)) for text in tree.xpath("//body//text()[not(ancestor::a)]"))
    complete = sum(len(_key(line)) for line in main) >= _ENOUGH * words and all(row in main for row in rows)
    return main if complete else whole


def _key(line: str) -> str:
    """What is the same in both readings of a line: no list numbers, blanks and marks."""
    return re.sub(r"\W+", "", re.sub(r"^\d{1,3}\.", "", line))


def _title(tree: Any) -> str:
    """The page's own heading: the article title its metadata give, else the one heading of first rank."""
    for meta in tree.iter("meta"):
        if (meta.get("name") or "").lower() == "articletitle" and meta.get("content"):
            return _squeeze(meta.get("content"))
    headings = [_squeeze(heading.text_content()) for heading in tree.iter("h1")]
    return headings[0] if len(headings) == 1 else ""


def _drop_unseen(tree: Any) -> None:
    """Remove what a reader of the page does not see: scripts, forms, hidden text, comments."""

    for node in list(tree.iter()):
        if node.getparent() is None:
            continue
        comment = not isinstance(node.tag, str)
        hidden = not comment and (node.get("hidden") is not None or _HIDDEN.search(node.get("style") or ""))
        if comment or hidden or node.tag in _UNSEEN:
            node.drop_tree() if not comment else _drop_comment(node)
    for head in tree.findall("head"):
        lxml.etree.strip_elements(head, "title")


def _drop_comment(node: Any) -> None:
    parent = node.getparent()
    previous = node.getprevious()
    if node.tail and previous is not None:
        previous.tail = (previous.tail or "") + node.tail
    elif node.tail:
        parent.text = (parent.text or "") + node.tail
    parent.remove(node)


def _tables_to_paragraphs(tree: Any) -> None:
    """Replace each table of data by one paragraph a row; tables that only lay out the page stay."""

    for table in list(tree.iter("table")):
        rows = [[_cell(cell) for cell in row if cell.tag in ("td", "th")] for row in table.iter("tr")]
        if table.find(".//table") is not None or not _holds_data(rows):
            continue
        box = lxml.html.Element("div")
        caption = table.find("caption")
        lines = [] if caption is None else [_squeeze(caption.text_content())]
        for line in [*lines, *pipe_rows(rows)]:
            paragraph = lxml.html.Element("p")
            paragraph.text = line
            box.append(paragraph)
        box.tail, table.tail = table.tail, None
        table.getparent().replace(table, box)


def _holds_data(rows: list[list[Cell]]) -> bool:
    """Two rows and two columns at least, and cells rather than articles."""
    cells = [cell for row in rows for cell in row]
    wide = sum(len(row) > 1 for row in rows) >= 2
    return wide and sum(len(cell.text) for cell in cells) < 200 * len(cells)


def _cell(node: Any) -> Cell:
    return Cell("\n".join(_lines(node)), _span(node, "rowspan"), _span(node, "colspan"), heads=node.tag == "th")


def _span(node: Any, name: str) -> int:
    """A span attribute as browsers read it; a page may not make a table of a million cells."""
    match = re.match(r"\s*(\d{1,3})", node.get(name) or "")
    return min(max(int(match[1]), 1), 100) if match else 1


def _lines(root: Any) -> list[str]:
    """The text below `root`, a new line at each block and line break; ordered lists get their numbers."""
    pieces: list[str] = []
    _collect(root, pieces)
    return [line for line in map(_squeeze, "".join(pieces).split("\n")) if line]


def _collect(root: Any, pieces: list[str]) -> None:
    """Depth first without recursion: pages nest deeper than Python's stack."""

    numbers: dict[Any, int] = {}  # items so far by list
    for event, node in lxml.etree.iterwalk(root, events=("start", "end")):
        block = node.tag in _BLOCKS or node.tag == "br"
        if block:
            pieces.append("\n")
        if event == "start":
            pieces.append(_list_number(node, numbers) if node.tag == "li" else "")
            pieces.append(_flat(node.text, node))
        elif node is not root:
            pieces.append(_flat(node.tail, node.getparent()))


def _flat(text: str | None, node: Any) -> str:
    """Source line ends are blanks, except in preformatted text."""
    return (text or "") if node.tag == "pre" else re.sub(r"\s*[\r\n]\s*", " ", text or "")


def _list_number(item: Any, numbers: dict[Any, int]) -> str:
    parent = item.getparent()
    if parent is None or parent.tag != "ol" or (parent.get("type") or "1") != "1":
        return ""
    start = parent.get("start") or "1"
    numbers[parent] = numbers.get(parent, -1) + 1
    return f"{(int(start) if re.fullmatch('[0-9]{1,9}', start) else 1) + numbers[parent]}."


def _squeeze(text: str) -> str:
    """Runs of blanks to one; none between Han characters, where a source line end stood."""
    text = re.sub(r"[ \t\r\n\u00a0\u3000]+", " ", text).strip()
    return re.sub(rf"(?<=[{_WIDE}]) (?=[{_WIDE}])", "", text)
