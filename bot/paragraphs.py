"""The paragraphs 款 and items 项 of an article."""

from __future__ import annotations

import re
from collections.abc import Sequence

from bot.records import Reference
from bot.references import to_number
from index.records import Article

_ITEM = re.compile(r"\s*[（(]([一二三四五六七八九十]+)[)）]")


def paragraphs(text: str, article: Article) -> list[tuple[int, int]]:
    """The spans of the article's lines that are not blank, trailing white space left out."""
    spans, at = [], article.start
    for line in text[article.start : article.end].splitlines(keepends=True):
        if line.strip():
            spans.append((at, at + len(line.rstrip())))
        at += len(line)
    return spans


def part(text: str, lines: Sequence[tuple[int, int]], reference: Reference) -> Sequence[tuple[int, int]]:
    """The lines of the paragraph 款 referred to, or its lead-in and one item 项; empty where the article lacks it.

    An item of a list without its lead-in (有下列情形之一的) would say nothing.
    """
    heads = [i for i, (a, b) in enumerate(lines) if not _ITEM.match(text, a, b)]
    if reference.paragraph > len(heads):
        return ()
    if reference.paragraph:
        first = heads[reference.paragraph - 1]
        last = next((i for i in heads if i > first), len(lines))
        lines = lines[first:last]
    if not reference.item:
        return lines
    lead = None
    for a, b in lines:
        item = _ITEM.match(text, a, b)
        if item is None:
            lead = (a, b)
        elif to_number(item[1]) == reference.item:
            return [lead, (a, b)] if lead else [(a, b)]
    return ()
