"""Question rows of DESIGN section 4 from files of them, or of the training questions that we wrote (`asked_*.jsonl`)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

Row = dict[str, Any]


def read_questions(paths: Iterable[Path]) -> list[Row]:
    """All rows in file order; a training question's set is its file's name without the part's letter."""
    rows = []
    for path in paths:
        lines = [line for line in path.read_text(encoding="utf8").splitlines() if line.strip()]
        rows += [question_row(json.loads(line), re.sub(r"^asked_|_[a-z]$", "", path.stem)) for line in lines]
    return rows


def question_row(row: Row, name: str) -> Row:
    """A row as it is if it tells its gold, else made of the source and evidence of a training question.

    >>> question_row({"id": "1", "source": "a.txt", "evidence": ["甲", "乙"], "question": "?"}, "laws")["gold"]
    [{'source': 'a.txt', 'evidence': '甲'}, {'source': 'a.txt', 'evidence': '乙'}]
    """
    if "gold" in row:
        return row
    sources, words = _listed(row["source"]), _listed(row["evidence"])
    if len(sources) == 1:
        sources *= len(words)
    gold = [{"source": s, "evidence": w} for s, w in zip(sources, words, strict=True)] if words else []
    return {
        "id": row["id"],
        "set": name,
        "question": row["question"],
        "history": row.get("history") or [],
        "gold": gold,
    }


def _listed(value: object) -> list[str]:
    return [str(v) for v in value] if isinstance(value, list) else [str(value)] if value else []
