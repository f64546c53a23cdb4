"""Prompts from `prompts/*.md` with strict variables, and what a language model says to one, read leniently."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from time import monotonic
from typing import Any

from index.errors import ModelError
from index.llm import LanguageModel, Prompt, Schema
from index.tokens import visible

_FOLDER = Path(__file__).resolve().parent.parent.parent / "prompts"
_VARIABLE = re.compile(r"\{([a-z_]+)\}")
_PARTS = ["system", "user"]
# Data stands between marks such as <question>: without these it cannot close them.
_MARKS = str.maketrans("<>", "＜＞")
_FENCE = re.compile(r"^```\w*\n?|\n?```$")
_LEAD_IN = re.compile(r"^\s*(?:[-*•·]|\(?\d{1,2}[.)）、:：])\s*")
_QUOTES = "\"'“”「」『』 \t"
LONGEST = 4000  # characters of a completion that are read


def prompt(name: str, /, **variables: str) -> Prompt:
    """The prompt of `prompts/{name}.md`. Variables stand in its user part alone, so that no data is ever an instruction.

    Invisible characters of values go, and angle brackets become wide ones. Raises KeyError for a variable that is missing and
    ValueError for one that is not used.
    """
    system, user = _parts(name)
    unused = variables.keys() - set(_VARIABLE.findall(user))
    if unused:
        raise ValueError(f"prompts/{name}.md does not use {sorted(unused)}")
    values = {key: visible(value).translate(_MARKS) for key, value in variables.items()}
    return Prompt(system, _VARIABLE.sub(lambda m: values[m[1]], user))


def prompt_version(name: str) -> str:
    """Hash of a prompt's file: what was said to another version is no answer to this one."""
    return hashlib.sha256((_FOLDER / f"{name}.md").read_bytes()).hexdigest()[:8]


@cache
def _parts(name: str) -> tuple[str, str]:
    return split_prompt((_FOLDER / f"{name}.md").read_text(encoding="utf8"))


def split_prompt(text: str) -> tuple[str, str]:
    """The system and the user part of a prompt's file. Raises ValueError for a file of another form."""
    _, *parts = re.split(r"^## +(\S+) *$", text, flags=re.MULTILINE)
    if parts[::2] != _PARTS or _VARIABLE.search(parts[1]):
        raise ValueError(f"a prompt has the parts {_PARTS}, and variables in the last alone")
    return parts[1].strip(), parts[3].strip()


def complete(
    model: LanguageModel, asked: Prompt, *, seconds: float, schema: Schema | None = None, longest: int = LONGEST
) -> str:
    """The whole completion without invisible characters, read up to `longest` characters. Raises `ModelError`."""
    until, pieces, size = monotonic() + seconds, [], 0
    for piece in model.stream(asked, seconds=seconds, schema=schema):
        pieces.append(piece)
        size += len(piece)
        if size > longest:
            break
        if monotonic() > until:
            raise ModelError("语言模型没有在限定的时间内答完。", "slow")
    return visible("".join(pieces))[:longest].strip()


def said_object(completion: str) -> Mapping[str, Any] | None:
    """The JSON object of a completion, alone, fenced or between other words; None where there is none.

    >>> said_object('好的：```json\\n{"a": 1}\\n```'), said_object("a: 1")
    ({'a': 1}, None)
    """
    start, end = completion.find("{"), completion.rfind("}")
    try:
        value = json.loads(completion[start : end + 1]) if 0 <= start < end else None
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def said_texts(completion: str, key: str) -> tuple[str, ...]:
    """The texts under `key` of a completion's object; of one in plain words its lines without numbers and quotation marks.

    >>> said_texts('{"q": ["甲", " 乙 ", 3]}', "q"), said_texts("1. 甲\\n\\n- “乙”", "q"), said_texts('{"q": ["甲', "q")
    (('甲', '乙'), ('甲', '乙'), ())
    """
    found = said_object(completion)
    if found is None:
        broken = re.match(r"\s*(?:```|[{\[])", completion)
        values: Any = [] if broken else completion.splitlines()
    else:
        values = found.get(key, [])
    listed = values if isinstance(values, list) else [values]
    return tuple(text for value in listed if isinstance(value, str) and (text := _bare(value)))


def _bare(line: str) -> str:
    return " ".join(_LEAD_IN.sub("", _FENCE.sub("", line.strip())).split()).strip(_QUOTES)
