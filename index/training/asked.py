"""Questions over whole documents: `asked_*.jsonl`, written by us for laws outside evaluation and for our invented `documents/`.

Each names its source and the words that answer it, or has none: nothing in the library answers it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from index.training.data import Pair, bare_title, law_files

FOLDER = Path(__file__).parent
INVENTED = FOLDER / "documents"


@dataclass(frozen=True, slots=True)
class AskedQuestion:
    """A question with the (file name, words) that answer it; `group` is the bare title of its document."""

    id: str
    kind: str
    text: str
    history: tuple[tuple[str, str], ...]
    answers: tuple[tuple[str, str], ...]
    group: str


def asked_questions() -> list[AskedQuestion]:
    """All of them, in file order."""
    paths = sorted(FOLDER.glob("asked_*.jsonl"))
    lines = [line for path in paths for line in path.read_text(encoding="utf8").splitlines() if line.strip()]
    return [_question(json.loads(line)) for line in lines]


def _question(row: dict[str, object]) -> AskedQuestion:
    sources, words = _listed(row["source"]), _listed(row["evidence"])
    if len(sources) == 1:
        sources *= len(words)
    return AskedQuestion(
        id=str(row["id"]),
        kind=str(row["kind"]),
        text=str(row["question"]),
        history=tuple((turn["role"], turn["content"]) for turn in row.get("history") or ()),  # type: ignore[attr-defined]
        answers=tuple(zip(sources, words, strict=True)) if words else (),
        group=bare_title(_listed(row["source"])[0]) if row["source"] else str(row["id"]),
    )


def _listed(value: object) -> list[str]:
    return [str(v) for v in value] if isinstance(value, list) else [str(value)] if value else []


def write_library(folder: Path) -> None:
    """Write the documents asked about into a folder, with other versions and local variants of the same laws beside them."""
    folder.mkdir(parents=True, exist_ok=True)
    for path in INVENTED.glob("*.txt"):
        (folder / path.name).write_bytes(path.read_bytes())
    asked = {q.group for q in asked_questions()}
    for name, text in law_files():
        title = bare_title(name)
        if any(other in title for other in asked):
            (folder / name).write_text(text, encoding="utf8")


def asked_pairs(folder: Path) -> Iterator[Pair]:
    """Each answerable question, without those that lean on an earlier one, with the chunk that holds its answer."""
    from index.ingest import parse_file
    from index.tokens import fold

    chunks = {p.name: [c for d in parse_file(p) for c in d.chunks] for p in sorted(folder.iterdir())}
    for question in asked_questions():
        for source, words in () if question.history else question.answers:
            found = next((c for c in chunks.get(source, ()) if _plain(words) in _plain(c.text)), None)
            if found is not None:
                passage = fold(f"{found.path} {found.text}")
                yield Pair(fold(question.text), passage, found.id, question.group)


def _plain(text: str) -> str:
    return re.sub(r"\W", "", text)
