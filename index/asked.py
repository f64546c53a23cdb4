"""What a generation is searched by besides its texts: the questions of a language model, by document."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

_NAME = "asked.json"


@dataclass(frozen=True, slots=True)
class Asked:
    """What a language model wrote about a document, by the number of the article, and a hash of it all, "" for nothing."""

    texts: Mapping[int, str]
    digest: str


def asked_before(folder: Path) -> dict[str, str]:
    """The hash of what is indexed of each document of a generation."""
    path = folder / _NAME
    found: dict[str, str] = json.loads(path.read_text(encoding="utf8")) if path.exists() else {}
    return found


def note_asked(folder: Path, removed: Collection[str], asked: Mapping[str, Asked]) -> None:
    """Note what is indexed now; there is no note where nothing ever was."""
    before = asked_before(folder)
    after = {i: digest for i, digest in before.items() if i not in removed}
    after |= {document_id: of_document.digest for document_id, of_document in asked.items()}
    if after != before:
        (folder / _NAME).write_text(json.dumps({i: d for i, d in sorted(after.items()) if d}), encoding="utf8")
