"""Document → outline: consecutive `Article`s, each a heading with its own text, that together are the whole text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from index.frame import Line, closings, contents, is_title, lines_of, masthead
from index.headings import Heading, numeral, read_heading
from index.records import Article, ArticleKind, PolicyDocument
from index.responsible import responsible_below, responsible_units

_CAPTION = re.compile(r"(附?表\s*\d+(?:[-—.]\d+)?)\s*[：:、\s]\s*(\S.{1,60})$")
_IN_ARTICLE = frozenset(("part", "chapter", "section", "article", "table"))
_MISSING = "〔标题与正文缺失〕"


@dataclass(frozen=True, slots=True)
class _Node:
    kind: ArticleKind
    steps: tuple[Heading, ...]
    start: int
    body: int


@dataclass(slots=True)
class _Outline:
    """The nodes so far and the open headings, outermost first."""

    nodes: list[_Node] = field(default_factory=list)
    open: list[Heading] = field(default_factory=list)
    last_article: int = 0

    def add(self, heading: Heading, start: int, body: int) -> None:
        if heading.kind == "article":
            self.last_article = numeral(heading.number)
        self.open = [*self._above(heading), heading]
        self.nodes.append(_Node(heading.kind, tuple(self.open), start, body))

    def aside(self, kind: ArticleKind, start: int, body: int, heading: Heading | None = None) -> None:
        """A node under the open headings that opens nothing: a table, or text that goes on after one."""
        self.nodes.append(_Node(kind, (*self.open, heading) if heading else tuple(self.open), start, body))

    def apart(self, kind: ArticleKind, start: int, body: int, heading: Heading | None = None) -> None:
        """A node outside all headings, after which they are closed."""
        self.open = []
        self.nodes.append(_Node(kind, (heading,) if heading else (), start, body))

    def takes(self, heading: Heading) -> bool:
        """Inside a 条 its （一） and 1. are text."""
        return heading.kind in _IN_ARTICLE or not any(h.kind == "article" for h in self.open)

    def _above(self, heading: Heading) -> list[Heading]:
        outside = heading.kind == "h3" and self._goes_on_outside(heading)
        return [h for h in self.open if h.rank < heading.rank and not (outside and h.kind == "box")]

    def _goes_on_outside(self, heading: Heading) -> bool:
        """Whether an item inside a box continues the numbering from before the box instead."""
        box = next((i for i, h in enumerate(self.open) if h.kind == "box"), None)
        if box is None:
            return False
        around = tuple(self.open[:box])
        inside = [n for n in self.nodes if n.kind == "h3" and n.steps[: box + 1] == (*around, self.open[box])]
        outside = [n for n in self.nodes if n.kind == "h3" and n.steps[:-1] == around]
        last_inside = numeral(inside[-1].steps[-1].number) if inside else 0
        last_outside = numeral(outside[-1].steps[-1].number) if outside else 0
        number = numeral(heading.number)
        return number not in (1, last_inside + 1) and number == last_outside + 1


def parse_articles(document: PolicyDocument) -> tuple[Article, ...]:
    """The outline of a document, in text order; every character of its text belongs to exactly one article."""
    nodes = _without_wrong_boxes(_nodes(lines_of(document.text)))
    ends = [*(node.start for node in nodes[1:]), *([len(document.text)] if nodes else [])]
    articles: list[Article] = []
    below: tuple[str, ...] = ()
    for node, end in zip(nodes, ends, strict=True):
        framed = node.kind in ("front", "tail", "table")
        own = () if framed else responsible_units(document.text[node.start : end])
        articles.append(
            _article(document.id, len(articles), node, end, tuple(dict.fromkeys((*own, *below))) if own else ())
        )
        below = () if framed and not node.steps else (below or responsible_below(document.text[node.start : end]))
    return tuple(articles)


def article_reference(article: Article) -> str:
    """How to cite a node: a 条 by its number, anything else by its heading path."""
    return article.number if article.kind == "article" else article.path or article.heading


def _article(document_id: str, ordinal: int, node: _Node, end: int, responsible: tuple[str, ...]) -> Article:
    own = node.steps[-1] if node.steps and node.kind != "text" else None
    return Article(
        document_id=document_id,
        ordinal=ordinal,
        kind=node.kind,
        level=len(node.steps),
        number=own.number if own else "",
        heading=own.heading if own else "",
        path=" / ".join(step.label for step in node.steps),
        responsible=responsible,
        start=node.start,
        body=min(node.body, end),
        end=end,
    )


def _nodes(lines: Sequence[Line]) -> list[_Node]:
    outline = _Outline()
    signed, listed = closings(lines), contents(lines)
    framed = {i for first, last in signed for i in range(first, last)} | set(listed)
    first = next((i for i in range(len(lines)) if i not in framed and _opens(lines, i)), None)
    if first is None:
        _headless(outline, lines, signed)
        return outline.nodes
    _front(outline, lines, signed, first)
    for i in range(first, len(lines)):
        closing = next((span for span in signed if i in range(*span)), None)
        if closing is None and i not in listed:
            _line(outline, lines, i, after_closing=any(i == last for _, last in signed))
        elif closing and i == closing[0]:
            outline.apart("tail", lines[i].start, lines[i].start)
    return outline.nodes


def _opens(lines: Sequence[Line], i: int) -> bool:
    return read_heading(lines[i].text) is not None or _caption(lines, i) is not None


def _line(outline: _Outline, lines: Sequence[Line], i: int, *, after_closing: bool) -> None:
    """One line of the body: a heading, a table's caption, or more text of the node before."""
    line = lines[i]
    heading = _caption(lines, i) or read_heading(line.text, outline.last_article)
    if heading and heading.kind == "table":
        outline.aside("table", line.start, line.end, heading)
    elif heading and outline.takes(heading):
        named, body = _named(lines, i, heading)
        outline.add(named, line.start, body)
    elif after_closing:
        _annexed(outline, line)
    elif outline.nodes and outline.nodes[-1].kind == "table" and not line.text.startswith("|"):
        outline.aside("text", line.start, line.start)
    elif outline.open and outline.open[-1].kind == "dash" and line.text.startswith("——"):
        outline.open.pop()
        outline.aside("text", line.start, line.start)


def _annexed(outline: _Outline, line: Line) -> None:
    """After a signature begins the annexed text, under its own title."""
    if is_title(line.text):
        outline.open = []
        outline.add(Heading("part", 0, "", line.text, len(line.text)), line.start, line.end)
    else:
        outline.apart("text", line.start, line.start)


def _named(lines: Sequence[Line], i: int, heading: Heading) -> tuple[Heading, int]:
    """A heading and where its text begins; `附件1` on its own takes its title from the next line."""
    line = lines[i]
    if heading.kind == "part" and not heading.heading and i + 1 < len(lines):
        title = lines[i + 1]
        if is_title(title.text) and read_heading(title.text) is None and _caption(lines, i + 1) is None:
            return replace(heading, heading=title.text), title.end
    own_line = heading.body >= len(line.text)
    return heading, line.end if own_line else line.at + heading.body


def _caption(lines: Sequence[Line], i: int) -> Heading | None:
    """`表1：…` right above pipe rows."""
    match = _CAPTION.match(lines[i].text) if i + 1 < len(lines) and lines[i + 1].text.startswith("|") else None
    if match is None:
        return None
    return Heading("table", 10, re.sub(r"\s", "", match[1]), match[2], len(lines[i].text))


def _front(outline: _Outline, lines: Sequence[Line], signed: Sequence[tuple[int, int]], end: int) -> None:
    """The lines before the first heading: the notice, and a second front under the title of what it announces."""
    if end:
        outline.apart("front", 0, 0)
    for _, last in signed:
        if last < end and any(line.text.endswith("。") for line in lines[:last]):
            line = lines[last]
            title = Heading("front", 0, "", line.text, 0) if is_title(line.text) else None
            outline.apart("front", line.start, line.end if title else line.start, title)


def _headless(outline: _Outline, lines: Sequence[Line], signed: Sequence[tuple[int, int]]) -> None:
    """A document without headings: its masthead, its text, its tail."""
    tail = signed[-1][0] if signed and signed[-1][1] == len(lines) else len(lines)
    text = min(masthead(lines), tail)
    parts: tuple[tuple[ArticleKind, int, int], ...] = (
        ("front", 0, text),
        ("text", text, tail),
        ("tail", tail, len(lines)),
    )
    for kind, first, stop in parts:
        if first < stop:
            outline.apart(kind, lines[first].start, lines[first].start)


def _without_wrong_boxes(nodes: list[_Node]) -> list[_Node]:
    """Boxes taken out of a section that they do not belong to.

    Where the numbering of sections jumps, a box in front of the gap may be all that is left of a missing section. If
    other boxes carry the number of their section, the box names the missing one; otherwise it hangs under the chapter.
    """
    boxes = [n for n in nodes if n.kind == "box" and len(n.steps) > 1 and n.steps[-2].kind == "h2"]
    regular = sum(numeral(b.steps[-1].number) == numeral(b.steps[-2].number) for b in boxes)
    moved: dict[tuple[Heading, ...], tuple[Heading, ...]] = {}
    for box in boxes:
        above, section, own = box.steps[:-2], box.steps[-2], box.steps[-1]
        following = (n.steps[-1] for n in nodes if n.start > box.start and n.kind == "h2" and n.steps[:-1] == above)
        gap = range(numeral(section.number) + 1, numeral(next(following, section).number))
        if gap and numeral(own.number) != numeral(section.number):
            named = regular >= 2 and numeral(own.number) in gap
            missing = Heading("h2", 5, f"（{_han(numeral(own.number))}）", _MISSING, 0)
            moved[box.steps] = (*above, missing, own) if named else (*above, own)
    return [_moved(node, moved) for node in nodes]


def _moved(node: _Node, moved: dict[tuple[Heading, ...], tuple[Heading, ...]]) -> _Node:
    for old, new in moved.items():
        if node.steps[: len(old)] == old:
            return replace(node, steps=(*new, *node.steps[len(old) :]))
    return node


def _han(number: int) -> str:
    tens, ones = divmod(number, 10)
    return ("" if tens == 0 else "十" if tens == 1 else "一二三四五六七八九"[tens - 1] + "十") + "一二三四五六七八九"[
        ones - 1 : ones
    ]
