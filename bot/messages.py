"""User-visible sentences live in `prompts/messages.md`: one `## key` a message, `{name}` for variables, both checked."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

_FOLDER = Path(__file__).resolve().parent.parent / "prompts"


@cache
def _sections(name: str) -> dict[str, str]:
    parts = re.split(r"^## +(\S+) *$", (_FOLDER / f"{name}.md").read_text(encoding="utf8"), flags=re.MULTILINE)
    return {key: body.strip() for key, body in zip(parts[1::2], parts[2::2], strict=True)}


def message(key: str, /, *, file: str = "messages", **variables: object) -> str:
    """The message `key` with its variables filled in. Raises KeyError for an unknown key or a missing variable."""
    return _sections(file)[key].format_map(variables)
