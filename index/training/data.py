"""Training material: articles of laws, lay questions with their passages, lexicon pairs; alike passages share a group."""

from __future__ import annotations

import hashlib
import json
import re
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from index.tokens import fold

ROOT = Path(__file__).resolve().parent.parent.parent
SHARED = ROOT.parent / "shared"
LEXICON = ROOT / "index" / "lexicon.tsv"
FOLDS = 3
_ARTICLE = re.compile(r"\n(?=第[一二三四五六七八九十百千零〇]+条|#)")
_VERSION = re.compile(r"中华人民共和国|[《》]|[(（].*")
_NEIGHBOURS = 10  # rules with neighbouring numbers are about one topic


@dataclass(frozen=True, slots=True)
class LawArticle:
    """An article of a law with the headings above it."""

    title: str
    heading: str
    text: str


@dataclass(frozen=True, slots=True)
class Pair:
    """A lay question and the passage that answers it; `passage_id` tells which questions share it, `group` what is alike."""

    question: str
    passage: str
    passage_id: str
    group: str


def fold_of(group: str) -> int:
    """Which part of the material a group belongs to: whole laws, places and topics, so that no sibling gives one away."""
    return int(hashlib.sha256(group.encode()).hexdigest(), 16) % FOLDS


def bare_title(name: str) -> str:
    """A law's name without its version, the country and title marks.

    >>> bare_title("上海市实施《教师法》办法(1997-11-03).md"), bare_title("中华人民共和国教师法")
    ('上海市实施教师法办法', '教师法')
    """
    return _VERSION.sub("", re.sub(r"\.(?:md|txt)$", "", name))


def evaluated() -> set[str]:
    """Titles of the laws that evaluation uses: they take no part in training."""
    return {bare_title(p.name) for p in (SHARED / "corpus" / "laws").glob("*.md")}


def law_files() -> Iterator[tuple[str, str]]:
    """(file name, text) of every law in `laws-all` that evaluation does not use."""
    kept = evaluated()
    with tarfile.open(SHARED / "corpus" / "laws-all.tar.xz") as archive:
        for member in archive:
            name = Path(member.name).name
            file = archive.extractfile(member) if name.endswith(".md") and bare_title(name) not in kept else None
            if file is not None:
                yield name, file.read().decode("utf8", "ignore")


def law_articles() -> Iterator[LawArticle]:
    """Every article of those laws."""
    for name, text in law_files():
        title = next((line[2:].strip() for line in text.splitlines() if line.startswith("# ")), Path(name).stem)
        heading = ""
        for block in _ARTICLE.split(text.rsplit("<!-- INFO END -->", maxsplit=1)[-1]):
            if block.lstrip().startswith("#"):
                heading = block.strip().splitlines()[0].lstrip("# ")
            elif 12 < len(block.strip()) < 2500:
                yield LawArticle(title, heading, block.strip())


def pairs() -> Iterator[Pair]:
    """Questions of the shared material with their passages."""
    passages = {r["id"]: r for r in _rows("passages")}
    for row in _rows("questions"):
        source = passages.get(row["id"])
        if source:
            passage = f"{source['law']} {source['head']} {source['text']}"
            yield from _pairs(row["q"], passage, row["id"], bare_title(source["law"]))
    for row in _rows("synthetic"):
        yield from _pairs(row["q"], f"{row['doc']} {row['head']} {row['text']}", row["id"], row["place"])
    for row in _rows("rules"):
        yield from _pairs(row["q"], row["text"], row["id"], _neighbourhood(row["id"]))
    for row in _rows("near_misses"):
        yield from _pairs(row["answers"], row["text"], row["id"], _neighbourhood(row["id"]))


def _pairs(questions: list[str], passage: str, passage_id: str, group: str) -> Iterator[Pair]:
    yield from (Pair(fold(q), fold(passage), passage_id, group) for q in questions)


def _neighbourhood(row_id: str) -> str:
    return f"{row_id[:2]}{int(row_id[2:]) // _NEIGHBOURS}"


def lexicon_groups() -> list[tuple[list[str], list[str]]]:
    """(formal terms, lay expressions) of every lexicon line."""
    lines = LEXICON.read_text(encoding="utf8").splitlines()
    cells = [line.split("\t") for line in lines if line.strip()]
    return [(fold(c[0]).split("|"), fold(c[1]).split("|")) for c in cells if len(c) > 1]


def _rows(name: str) -> list[dict[str, Any]]:
    lines = (SHARED / "training" / f"{name}.jsonl").read_text(encoding="utf8").splitlines()
    return [json.loads(line) for line in lines if line.strip()]
