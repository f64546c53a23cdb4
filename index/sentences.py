"""Sentences of Chinese official text, by offset."""

from __future__ import annotations

import re

_END = re.compile(r"[。！？!?]+[”’」』）)》】]*|\n+")
_CLAUSE_END = re.compile(r"[。！？!?；;]+[”’」』）)》】]*|\n+")


def sentence_spans(
    text: str, start: int = 0, end: int | None = None, *, clauses: bool = False
) -> list[tuple[int, int]]:
    """Spans of the sentences in `text[start:end]`, without surrounding white space; with `clauses` also cut at `；`.

    >>> [("甲。乙“丙。”丁")[a:b] for a, b in sentence_spans("甲。乙“丙。”丁")]
    ['甲。', '乙“丙。”', '丁']
    """
    stop = len(text) if end is None else end
    spans, at = [], start
    for match in (_CLAUSE_END if clauses else _END).finditer(text, start, stop):
        spans.append((at, match.end()))
        at = match.end()
    spans.append((at, stop))
    return [trimmed for a, b in spans if (trimmed := _trim(text, a, b))[0] < trimmed[1]]


def _trim(text: str, start: int, end: int) -> tuple[int, int]:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return start, end
