"""Training material: articles of laws, lay questions with their passages, lexicon pairs; and what is held out of training."""

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
_ARTICLE = re.compile(r"\n(?=第[一二三四五六七八九十百千零〇]+条|#)")
HELD_OUT_SHARE = 10  # one group (law, place, topic collection) in so many is kept from training


@dataclass(frozen=True, slots=True)
class LawArticle:
    """An article of a law with the headings above it."""

    title: str
    heading: str
    text: str


@dataclass(frozen=True, slots=True)
class Pair:
    """A lay question and the passage that answers it; `passage_id` tells which questions share it."""

    question: str
    passage: str
    passage_id: str


def law_articles() -> Iterator[LawArticle]:
    """Every article of `laws-all`, without the laws that evaluation uses."""
    kept = {_name(p.stem) for p in (SHARED / "corpus" / "laws").glob("*.md")}
    with tarfile.open(SHARED / "corpus" / "laws-all.tar.xz") as archive:
        for member in archive:
            path = Path(member.name)
            file = archive.extractfile(member) if path.suffix == ".md" and _name(path.stem) not in kept else None
            if file is not None:
                yield from _split(file.read().decode("utf8", "ignore"), path.stem)


def _split(text: str, name: str) -> Iterator[LawArticle]:
    title = next((line[2:].strip() for line in text.splitlines() if line.startswith("# ")), name)
    heading = ""
    for block in _ARTICLE.split(text.rsplit("<!-- INFO END -->", maxsplit=1)[-1]):
        if block.lstrip().startswith("#"):
            heading = block.strip().splitlines()[0].lstrip("# ")
        elif 12 < len(block.strip()) < 2500:
            yield LawArticle(title, heading, block.strip())


def _name(stem: str) -> str:
    return re.sub(r"[(（].*", "", stem)


def pairs() -> tuple[list[Pair], set[str]]:
    """Training pairs, and the ids of held-out passages. Whole groups are held out, so that no sibling gives one away."""
    train, held_out = [], set()
    for group, pair in _all_pairs():
        if int(hashlib.sha256(group.encode()).hexdigest(), 16) % HELD_OUT_SHARE == 0:
            held_out.add(pair.passage_id)
        else:
            train.append(pair)
    return train, held_out


def _all_pairs() -> Iterator[tuple[str, Pair]]:
    passages = {r["id"]: r for r in _rows("passages")}
    for row in _rows("questions"):
        source = passages.get(row["id"])
        if source:
            passage = f"{source['law']} {source['head']} {source['text']}"
            yield from ((source["law"], Pair(fold(q), fold(passage), row["id"])) for q in row["q"])
    for row in _rows("synthetic"):
        passage = f"{row['doc']} {row['head']} {row['text']}"
        yield from ((row["place"], Pair(fold(q), fold(passage), row["id"])) for q in row["q"])
    for row in _rows("rules"):
        yield from ((row["topic"], Pair(fold(q), fold(row["text"]), row["id"])) for q in row["q"])
    for row in _rows("near_misses"):
        yield from ((row["id"], Pair(fold(q), fold(row["text"]), row["id"])) for q in row["answers"])


def lexicon_groups() -> list[tuple[list[str], list[str]]]:
    """(formal terms, lay expressions) of every lexicon line."""
    lines = LEXICON.read_text(encoding="utf8").splitlines()
    cells = [line.split("\t") for line in lines if line.strip()]
    return [(fold(c[0]).split("|"), fold(c[1]).split("|")) for c in cells if len(c) > 1]


def _rows(name: str) -> list[dict[str, Any]]:
    lines = (SHARED / "training" / f"{name}.jsonl").read_text(encoding="utf8").splitlines()
    return [json.loads(line) for line in lines if line.strip()]
