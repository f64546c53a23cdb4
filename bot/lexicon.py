"""Lay words ↔ formal terms: what people say matched against the lexicon, and the official wording it stands for.

A lexicon line is `formal|formal<TAB>lay|lay<TAB>topic`. Both columns are matched, longest first; a term that stands in several
groups keeps all of them (the reader, not the table, knows which was meant).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from index.errors import LexiconError
from index.matcher import TermMatcher
from index.tokens import fold

BUILTIN = Path(__file__).resolve().parent.parent / "index" / "lexicon.tsv"
# Groups of these topics fire in nearly every question, so their expansions say little about the subject.
TOPIC_WEIGHTS = {"general": 0.25, "time": 0.25, "documents": 0.25}


@dataclass(frozen=True, slots=True)
class Group:
    """One concept: its formal terms, its lay expressions and how much an expansion by it counts (0–1)."""

    formal: tuple[str, ...]
    lay: tuple[str, ...]
    topic: str
    weight: float


@dataclass(frozen=True, slots=True)
class Match:
    """A lexicon term found in a text at `[start, end)`, with every group it belongs to."""

    term: str
    start: int
    end: int
    groups: tuple[Group, ...]


class Lexicon:
    """The compiled lexicon."""

    def __init__(self, groups: Sequence[Group]) -> None:
        members: dict[str, list[Group]] = defaultdict(list)
        for group in groups:
            for term in dict.fromkeys((*group.formal, *group.lay)):
                folded = fold(term)
                if len(folded) >= 2 and group not in members[folded]:
                    members[folded].append(group)
        self._members = members
        self.formal = frozenset(fold(term) for group in groups for term in group.formal)
        self._matcher = TermMatcher(members)

    def __contains__(self, term: str) -> bool:
        return fold(term) in self._members

    @property
    def terms(self) -> Sequence[str]:
        """All terms, folded."""
        return self._matcher.terms

    def matches(self, text: str) -> list[Match]:
        """Non-overlapping terms in `text` (already folded), longest first at each position."""
        return [Match(term, start, end, tuple(self._members[term])) for term, start, end in self._matcher.find(text)]

    def concepts(self, text: str) -> list[tuple[tuple[str, ...], float]]:
        """For each term found in `text` all wordings of what it may mean, and how much it counts."""
        return [
            (
                tuple(
                    dict.fromkeys(term for group in match.groups for term in (match.term, *group.formal, *group.lay))
                ),
                max(group.weight for group in match.groups),
            )
            for match in self.matches(text)
        ]

    def expand(self, text: str) -> dict[str, float]:
        """Formal terms that `text` stands for, each with its weight; terms that are typed already are left out."""
        weights: dict[str, float] = {}
        for match in self.matches(text):
            for group in match.groups:
                share = group.weight / len(match.groups) ** 0.5
                for formal in group.formal:
                    if formal not in text:
                        weights[formal] = max(weights.get(formal, 0.0), share)
        return weights


def read_groups(path: Path) -> list[Group]:
    """Parse a lexicon file. Raises `LexiconError` naming the line number and what is wrong with it."""
    groups: list[Group] = []
    seen: dict[str, int] = {}
    for number, line in enumerate(_lines(path), 1):
        if not line.strip() or line.startswith("#"):
            continue
        earlier = seen.setdefault(line.strip(), number)
        if earlier != number:
            raise LexiconError(f"词表第 {number} 行与第 {earlier} 行相同，请删去一行。")
        cells = line.split("\t")
        if len(cells) not in (2, 3):
            raise LexiconError(
                f"词表第 {number} 行应是“正式用语、口语、主题”三列，用制表符分开，现在是 {len(cells)} 列。"
            )
        formal, lay = (tuple(t.strip() for t in cell.split("|") if t.strip()) for cell in cells[:2])
        if not formal or not lay:
            raise LexiconError(f"词表第 {number} 行的正式用语或口语是空的，请补上或删去这一行。")
        topic = cells[2].strip() if len(cells) == 3 else ""
        groups.append(Group(formal, lay, topic, TOPIC_WEIGHTS.get(topic, 1.0)))
    return groups


def _lines(path: Path) -> list[str]:
    try:
        raw = path.read_bytes()
        return raw.decode("utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        number = raw.count(b"\n", 0, error.start) + 1
        raise LexiconError(f"词表第 {number} 行不是 UTF-8 编码，请把文件另存为 UTF-8。") from error
    except OSError as error:
        raise LexiconError("词表打不开，请检查 YOUJU_LEXICON 指向的文件。") from error


@lru_cache(maxsize=4)
def load_lexicon(own: Path | None = None) -> Lexicon:
    """The built-in lexicon and, where set, the staff's own file."""
    groups = read_groups(BUILTIN)
    if own is not None:
        groups += read_groups(own)
    return Lexicon(groups)
