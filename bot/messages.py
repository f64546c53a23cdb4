"""User-visible sentences live in `prompts/messages.md` and `messages.en.md`: one `## key` a message, `{name}` for variables."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

_FOLDER = Path(__file__).resolve().parent.parent / "prompts"


@cache
def wordings(name: str = "messages") -> dict[str, str]:
    """Every message of a file by key, its variables not filled in."""
    parts = re.split(r"^## +(\S+) *$", (_FOLDER / f"{name}.md").read_text(encoding="utf8"), flags=re.MULTILINE)
    return {key: body.strip() for key, body in zip(parts[1::2], parts[2::2], strict=True)}


def message(key: str, /, *, file: str = "messages", script: str = "simplified", **variables: Any) -> str:
    """The message `key` with its variables filled in, in English for a question in English where there is one.

    Raises KeyError for an unknown key or a missing variable.
    """
    sections = wordings(file)
    if script == "english":
        sections = sections | wordings(f"{file}.en")
    return sections[key].format_map(variables)
