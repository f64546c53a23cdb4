"""The corpus types: what flows from a file on disk to a searchable chunk. All frozen; offsets count characters of `PolicyDocument.text`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Literal

Confidence = Literal["proved", "inferred", "guess", "damaged"]
DocumentKind = Literal["policy", "law", "third_party"]
Script = Literal["simplified", "traditional"]
ArticleKind = Literal[
    "front", "part", "chapter", "section", "article", "h1", "h2", "h3", "h4", "dash", "box", "table", "text", "tail"
]
RelationKind = Literal["supersedes", "amends", "issues", "forwards", "based_on"]

NATIONAL = "国家"
RECOGNISED = "recognised"


@dataclass(frozen=True, slots=True)
class Fix:
    """One repair of one source line (1-based). `damaged`: nothing was changed, the line is known to be broken."""

    name: str
    line: int
    before: str
    after: str
    confidence: Confidence


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file as read: exact text, no repair yet. `pages` holds the 1-based line on which each page begins (PDF only).

    `fixes`: what reading did not find as text, by line: lines recognised in a picture, figures not surely read, pages left out.
    """

    path: Path
    sha256: str
    media_type: str
    encoding: str | None
    text: str
    pages: tuple[int, ...] = ()
    fixes: tuple[Fix, ...] = ()


@dataclass(frozen=True, slots=True)
class RepairedText:
    """Repaired text with exactly as many lines as the source (a removed line is empty), and what was done to it."""

    text: str
    fixes: tuple[Fix, ...]
    script: Script


@dataclass(frozen=True, slots=True)
class Place:
    """An administrative place by its path from the province down; the empty path is the whole country."""

    path: tuple[str, ...]
    adcode: str = ""

    @property
    def name(self) -> str:
        return self.path[-1] if self.path else NATIONAL

    @property
    def full_name(self) -> str:
        return "".join(self.path) or NATIONAL

    def covers(self, other: Place) -> bool:
        """Whether a rule of this place applies in `other`: the same place or one of its ancestors."""
        return other.path[: len(self.path)] == self.path


@dataclass(frozen=True, slots=True)
class Mark:
    """A repaired span of a document's text, with what the source had there."""

    start: int
    end: int
    name: str
    original: str
    confidence: Confidence


@dataclass(frozen=True, slots=True)
class Gap:
    """Something known to be missing at `position`, so that nobody answers from a hole."""

    position: int
    what: str
    basis: str


@dataclass(frozen=True, slots=True)
class PolicyDocument:
    """One document. `None` and empty tuples mean that the document does not say; `corrected` names the fields set by hand."""

    id: str
    title: str
    kind: DocumentKind
    issuers: tuple[str, ...]
    doc_no: str | None
    written: date | None
    published: date | None
    effective: date | None
    expires: date | None
    validity: str | None
    level: str | None
    topics: tuple[str, ...]
    index_no: str | None
    place: Place | None
    text: str
    sources: tuple[str, ...]
    script: Script = "simplified"
    period: tuple[int, int] | None = None
    fixes: tuple[Fix, ...] = ()
    marks: tuple[Mark, ...] = ()
    gaps: tuple[Gap, ...] = ()
    corrected: tuple[str, ...] = ()

    @property
    def recognised(self) -> bool:
        """Whether any of its text was read from a picture."""
        return any(fix.name == RECOGNISED for fix in self.fixes)


@dataclass(frozen=True, slots=True)
class Article:
    """One node of a document's outline: its heading and its own text up to the next node.

    `path` is the heading path including its own heading, joined by " / ". `body` is where the text after the heading begins.
    """

    document_id: str
    ordinal: int
    kind: ArticleKind
    level: int
    number: str
    heading: str
    path: str
    responsible: tuple[str, ...]
    start: int
    body: int
    end: int
    page: int | None = None

    @property
    def anchor(self) -> str:
        return f"a{self.ordinal}"


@dataclass(frozen=True, slots=True)
class Table:
    """A table of a document. `rows` are complete (group cells filled down); `spans` locate each row in the text."""

    document_id: str
    article: int
    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    spans: tuple[tuple[int, int], ...]
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Chunk:
    """The unit of search. `text` is exactly `document.text[start:end]`; `indexed` is what is searched besides it.

    `indexed` holds the words that the slice itself does not repeat: for a table row its sentence with column names and units.
    """

    id: str
    document_id: str
    article: int
    path: str
    text: str
    indexed: str
    responsible: tuple[str, ...]
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Claim:
    """What a document says of another one, which it names by title, by 文号 or by both; `basis` is the sentence.

    `since`: the day from which a text is repealed, where it is not the day on which the document comes into force.
    """

    kind: RelationKind
    title: str
    number: str
    since: date | None
    basis: str


@dataclass(frozen=True, slots=True)
class ParsedDocument:
    """A document with everything derived from it, ready for the stores."""

    document: PolicyDocument
    articles: tuple[Article, ...]
    tables: tuple[Table, ...]
    chunks: tuple[Chunk, ...]
    claims: tuple[Claim, ...] = ()
