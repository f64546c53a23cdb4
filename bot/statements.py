"""What a language model writes, piece by piece, as statements with the labels of their sources: JSON, or a line each."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

SCHEMA: dict[str, Any] = {
    "title": "answer",
    "type": "object",
    "properties": {
        "statements": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "text": {"type": "string"},
                    "sources": {"type": "array", "items": {"type": "integer"}},
                },
                "required": ["text", "sources"],
                "additionalProperties": False,
            },
        }
    },
    "required": ["statements"],
    "additionalProperties": False,
}
MOST = 40  # statements of one completion; a model that goes on for ever is not read for ever
_ARRAY = re.compile(r'"statements"\s*:\s*\[')
_JSON = re.compile(r"\s*(?:\{|\[\s*\{|[\]},]|```)")
_LABELS = re.compile(r"[\[［【]\s*(\d{1,3}(?:\s*[,，、]\s*\d{1,3})*)\s*[\]］】]")
_BULLET = re.compile(r"^\s*(?:[-*•·]|\d{1,2}[.、)）])\s*")


@dataclass(frozen=True, slots=True)
class Written:
    """One statement as the model wrote it: nothing in it is proved."""

    text: str
    labels: tuple[int, ...]


def statements_of(pieces: Iterable[str]) -> Iterator[Written]:
    """Each statement as soon as it is whole, at most `MOST`. What is neither JSON of `SCHEMA` nor text gives nothing.

    >>> list(statements_of(['{"statements": [{"text": "每月400元。", "sour', 'ces": [1, 2]}, {"te']))
    [Written(text='每月400元。', labels=(1, 2))]
    >>> list(statements_of(["每月400元[1]", "[2]。\\n按月", "发放[2]"]))
    [Written(text='每月400元。', labels=(1, 2)), Written(text='按月发放', labels=(2,))]
    """
    buffer, given = "", 0
    for piece in pieces:
        buffer += piece
        found, buffer = _taken(buffer)
        for written in found:
            yield written
            given += 1
            if given == MOST:
                return
    yield from _lines(buffer)[: MOST - given] if not _is_json(buffer) else ()


def _is_json(text: str) -> bool:
    """Whether the rest is JSON or the head of it, a fence of Markdown before it included."""
    return _JSON.match(text) is not None


def _taken(buffer: str) -> tuple[list[Written], str]:
    """The whole statements at the beginning of the buffer, and what is left of it."""
    if _is_json(buffer) or not buffer.strip():
        opened = _ARRAY.search(buffer)
        if opened:
            buffer = "," + buffer[opened.end() :]
        return _objects(buffer) if buffer.startswith(",") else ([], buffer)
    lines, newline, rest = buffer.rpartition("\n")
    return (_lines(lines), rest) if newline else ([], buffer)


def _objects(buffer: str) -> tuple[list[Written], str]:
    """The whole objects of an array after its bracket; a comma stands where the next one is looked for."""
    found: list[Written] = []
    decoder = json.JSONDecoder()
    while True:
        at = re.match(r"[\s,]*", buffer)
        start = at.end() if at else 0
        try:
            value, end = decoder.raw_decode(buffer, start)
        except ValueError:
            return found, buffer
        found += _written(value)
        buffer = "," + buffer[end:]


def _written(value: Any) -> list[Written]:
    if not isinstance(value, dict) or not isinstance(value.get("text"), str):
        return []
    sources = value.get("sources")
    labels = [n for n in sources if type(n) is int] if isinstance(sources, list) else []
    inline = _line(value["text"])  # some write the labels into the text as well
    return [Written(inline.text, tuple(dict.fromkeys((*labels, *inline.labels))))] if inline.text else []


def _lines(text: str) -> list[Written]:
    return [written for line in text.splitlines() if (written := _line(_BULLET.sub("", line))).text]


def _line(line: str) -> Written:
    numbers = (int(n) for m in _LABELS.finditer(line) for n in re.split(r"\s*[,，、]\s*", m[1]))
    return Written(_LABELS.sub("", line).strip(), tuple(dict.fromkeys(numbers)))
