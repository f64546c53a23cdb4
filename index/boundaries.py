"""Where one document ends and the next begins on a page that carries several."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

Line = tuple[int, str]
"""A non-blank line with its 1-based number in the source."""

_HEADER = r"(?:文章属性|【\s*(?:法规类别|制定机关|发文字号|发布部门)\s*】)"
_GLUED_HEADER = re.compile(rf"^(.{{6,120}}?)({_HEADER}.*)$")
_BYLINE = re.compile(r"^作\s*者\s*[：:]")
_NO_TITLE = re.compile(
    r"[|•∙\[【#]|[一二三四五六七八九十]+、|[（(][一二三四五六七八九十\d]+[）)]|\d+[.．、]|第[一二三四五六七八九十百零]+[条章节]"
)
# Terms of use between the excerpts and the document of a page: numbered twice, by the list and by hand.
_DISCLAIMER = re.compile(r"\d+[.．]\s*\d+、")
# A page with one document may have this many characters of masthead before the title.
_MASTHEAD = 200


@dataclass(frozen=True, slots=True)
class Part:
    """The lines of one document without the copies of its title, and the number of the line on which it opens.

    `excerpt`: the page shows only its beginning, beside the document that the page is about.
    """

    title: str
    lines: tuple[Line, ...]
    first: int
    excerpt: bool = False


@dataclass(frozen=True, slots=True)
class _Opening:
    at: int
    body: int
    title: str
    rest: str
    sure: bool


def bare(text: str) -> str:
    """Letters, Han and figures only: what two copies of one text share.

    >>> bare("落实《标准》(试行)，") == bare("落实 〈标准〉（试行）")
    True
    """
    return re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", text))


def split_page(lines: Sequence[Line]) -> list[Part]:
    """One part for each document of a page. An ordinary page is one part with an empty title.

    A document opens where a line is repeated by the next one, or where a title runs into a header block. Repetition
    alone decides nothing (tables and forms repeat lines): some title on the page must also run into a third copy, a
    header or a byline, which only pages that string documents together do.
    """
    kept = list(lines)
    openings = _openings(kept)
    if not any(opening.sure for opening in openings):
        return [Part("", tuple(kept), 1)] if kept else []
    head = kept[: openings[0].at]
    if len(openings) == 1 and sum(len(text) for _, text in head) < _MASTHEAD:
        return [_part(openings[0], kept, len(kept), head)]
    kept = [line for line in kept if not _DISCLAIMER.match(line[1])]
    openings = _openings(kept)
    head = kept[: openings[0].at]
    parts = [Part("", tuple(head), 1)] if head else []
    ends = [opening.at for opening in openings[1:]] + [len(kept)]
    parts += [_part(opening, kept, end) for opening, end in zip(openings, ends, strict=True)]
    return _without_page_title(parts)


def _part(opening: _Opening, lines: list[Line], end: int, head: Sequence[Line] = ()) -> Part:
    rest = [(lines[opening.body - 1][0], opening.rest)] if opening.rest else []
    return Part(opening.title, (*head, *rest, *lines[opening.body : end]), 1 if head else lines[opening.at][0])


def _without_page_title(parts: list[Part]) -> list[Part]:
    """A first part with only the page's title names the page's own document; the others are excerpts."""
    first, *others = parts
    page_title = bare("".join(text for _, text in first.lines)) if not first.title else ""
    own = next((index for index, part in enumerate(others) if bare(part.title) == page_title), None)
    if own is None:
        return parts
    return [Part(part.title, part.lines, part.first, excerpt=index != own) for index, part in enumerate(others)]


def _openings(lines: list[Line]) -> list[_Opening]:
    found: list[_Opening] = []
    at = 0
    while at < len(lines):
        opening = _repeated(lines, at) or _headed(lines, at)
        if opening:
            found.append(opening)
        at = opening.body if opening else at + 1
    return found


def _repeated(lines: list[Line], at: int) -> _Opening | None:
    """A title given twice, with what follows a third copy of it on the same line or over two lines."""
    title = lines[at][1]
    if at + 1 >= len(lines) or not _is_title(title) or bare(lines[at + 1][1]) != bare(title):
        return None
    for taken in (1, 2):
        copy = "".join(text for _, text in lines[at + 2 : at + 2 + taken])
        rest = after_title(copy, title)
        if rest is None:
            continue
        header = _GLUED_HEADER.match(copy)
        whole = header.group(1) if header and after_title(header.group(1), title) is not None else title
        rest = header.group(2) if header and whole != title else rest
        sure = not rest or re.match(_HEADER, rest) is not None or _BYLINE.match(rest) is not None
        return _Opening(at, at + 2 + taken, whole, rest, sure)
    return _Opening(at, at + 2, title, "", False)


def _headed(lines: list[Line], at: int) -> _Opening | None:
    """A title that runs into its header block, or stands right above it."""
    text = lines[at][1]
    match = _GLUED_HEADER.match(text)
    if match and _is_title(match.group(1)):
        return _Opening(at, at + 1, match.group(1), match.group(2), True)
    if at + 1 < len(lines) and _is_title(text) and re.match(_HEADER, lines[at + 1][1]):
        return _Opening(at, at + 1, text, "", True)
    return None


def _is_title(text: str) -> bool:
    return 8 <= len(bare(text)) <= 120 and text[-1] not in "。；：，、.;:," and not _NO_TITLE.match(text)


def after_title(text: str, title: str) -> str | None:
    """What follows `title` at the start of `text`, whatever the widths of marks; None where `text` begins otherwise.

    >>> after_title("落实自主权,激发活力作者:何", "落实自主权，激发活力")
    '作者:何'
    """
    wanted = bare(title)
    at = 0
    for index, char in enumerate(text):
        for piece in bare(char):
            if piece != wanted[at : at + 1]:
                return None
            at += 1
        if at == len(wanted):
            rest = text[index + 1 :]
            for mark in re.search(r"[\W_]*$", title)[0]:  # type: ignore[index]  # matches the empty string too
                if unicodedata.normalize("NFKC", rest[:1]) == unicodedata.normalize("NFKC", mark):
                    rest = rest[1:]
            return rest
    return None
