"""Cue words and patterns of questions, from `cues.toml` and its neighbours."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from pathlib import Path
from typing import Any


@cache
def cues(section: str, key: str, file: str = "cues") -> tuple[str, ...]:
    """The words under `[section] key`, in file order. Raises KeyError where there are none."""
    return tuple(table(file)[section][key])


@cache
def table(file: str) -> dict[str, dict[str, Any]]:
    """A whole cue file."""
    return tomllib.loads(Path(__file__).with_name(f"{file}.toml").read_text(encoding="utf8"))


def has_cue(text: str, section: str, key: str) -> bool:
    """Whether one of the words under `[section] key` stands in `text` (folded); English ones only as whole words."""
    return _words(section, key).search(text) is not None


def without(text: str, section: str, key: str) -> str:
    """The folded text without the words under `[section] key`, longest first."""
    return _longest_first(section, key).sub(" ", text).strip()


def first_match(text: str, section: str, key: str, file: str = "cues") -> re.Match[str] | None:
    """The first place where one of the regular expressions under `[section] key` matches `text` (folded)."""
    return _pattern(section, key, file).search(text)


@cache
def _words(section: str, key: str) -> re.Pattern[str]:
    # 'ratio' must not be found in 'registration': words of Latin letters end where the letters end.
    edged = (rf"(?<![a-z]){re.escape(w)}(?![a-z])" if w.isascii() else re.escape(w) for w in cues(section, key))
    return re.compile("|".join(edged))


@cache
def _longest_first(section: str, key: str) -> re.Pattern[str]:
    return re.compile("|".join(map(re.escape, sorted(cues(section, key), key=len, reverse=True))))


@cache
def _pattern(section: str, key: str, file: str) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{pattern})" for pattern in cues(section, key, file)))
