"""Cue words of questions, from `cues.toml`."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path


@cache
def cues(section: str, key: str) -> tuple[str, ...]:
    """The words under `[section] key`, in file order. Raises KeyError where there are none."""
    return tuple(_load()[section][key])


@cache
def _load() -> dict[str, dict[str, list[str]]]:
    return tomllib.loads(Path(__file__).with_name("cues.toml").read_text(encoding="utf8"))


def has_cue(text: str, section: str, key: str) -> bool:
    """Whether one of the words under `[section] key` stands in `text` (folded)."""
    return any(word in text for word in cues(section, key))
