"""The question-side types: from what a visitor typed to an answer whose every quote is proved. All frozen."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Literal

from index.records import Chunk, Place

AnswerType = Literal["amount", "date", "ratio", "count", "age", "who", "whether", "list", "procedure", "where", "any"]


Layout = Literal["list", "comparison"]
Level = Literal["national", "province", "city", "county", ""]


class Outcome(StrEnum):
    """How an answer ends; each has its own message in `prompts/messages.md`."""

    ANSWERED = "answered"
    ELSEWHERE = "elsewhere"
    NOT_FOUND = "not_found"
    OUT_OF_SCOPE = "out_of_scope"
    LOOKUP = "lookup"
    CLARIFY = "clarify"
    REFUSED = "refused"
    UNAVAILABLE = "unavailable"

    @property
    def gives_answer(self) -> bool:
        return self in (Outcome.ANSWERED, Outcome.LOOKUP)


@dataclass(frozen=True, slots=True)
class Turn:
    """One message of the conversation so far."""

    role: Literal["user", "assistant"]
    content: str


@dataclass(frozen=True, slots=True)
class Reference:
    """A place in a document's outline: an article with its paragraph 款 and item 项, or the numbers of a heading path."""

    article: str = ""
    paragraph: int = 0
    item: int = 0
    path: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Question:
    """A question as understood. `text` is what was typed, `search` the simplified, merged text that retrieval works on."""

    text: str
    search: str
    answer_type: AnswerType
    places: tuple[Place, ...] = ()
    on: date | None = None
    doc_nos: tuple[str, ...] = ()
    documents: tuple[str, ...] = ()
    article_refs: tuple[str, ...] = ()
    years: tuple[int, ...] = ()
    script: Literal["simplified", "traditional", "english"] = "simplified"
    history: tuple[Turn, ...] = ()
    level: Level = ""
    references: tuple[Reference, ...] = ()
    versions: tuple[int, ...] = ()  # the years of the versions asked for: 1996年的职业教育法, 96年那版
    rewrites: tuple[str, ...] = ()  # the same question in the words of documents, which retrieval leans on besides


@dataclass(frozen=True, slots=True)
class Hit:
    """One retrieved chunk. `ranks` gives its place in each search, `why` its feature values by name."""

    chunk: Chunk
    score: float
    ranks: dict[str, int] = field(default_factory=dict)
    why: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Citation:
    """A numbered quote: `document.text[start:end] == quote`, with what a reader needs to judge it.

    `remarks`: what a reader must know besides: that its text was recognised in a scan, why it was found.
    """

    label: int
    document_id: str
    title: str
    path: str
    anchor: str
    place: str
    issuers: tuple[str, ...]
    doc_no: str | None
    dates: tuple[tuple[str, str], ...]
    validity: str
    kind: str
    quote: str
    start: int
    end: int
    source: str
    marked: tuple[tuple[int, int], ...] = ()
    binding: bool = True  # whether its document may answer a question about the present alone
    standing: str = ""  # how its document stands to the asked place: a key of `prompts/messages.md`
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Computation:
    """Arithmetic of a statement, done again before the answer leaves.

    `operands`: figures as they stand in the cited quotes, those of a table row with its unit ("2.76万人"), or results of
    computations before this one; of a share the part and the whole, of a difference the minuend and the subtrahend, of a
    count the words counted. `result` as the statement gives it ("5.1万人", "30%").
    """

    operation: Literal["sum", "max", "min", "count", "share", "difference"]
    operands: tuple[str, ...]
    result: str


@dataclass(frozen=True, slots=True)
class Statement:
    """One sentence or table row of an answer, the labels of the citations that prove it, and what in it is computed.

    `translation`: what a language model made of it in the reader's language; it is shown beside the text and proves nothing.
    """

    text: str
    labels: tuple[int, ...]
    group: str = ""
    computed: tuple[Computation, ...] = ()
    translation: str = ""


@dataclass(frozen=True, slots=True)
class LibraryInfo:
    """Which library answered: shown on receipts and in JSON."""

    generation: str
    documents: int
    built: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What the visitor gets. `text` is the whole shown text; `nearest` names sections when nothing is answered.

    `lead` and `notes` are the program's own sentences in it, before and after the statements. `layout`: whether the statements
    follow one another, or set places or versions side by side.

    `written_by`: the language model that wrote the statements, "" where they are quotes.

    `probability`: how likely the hits that apply hold the answer; 1 for what is looked up outright.
    """

    question: Question
    outcome: Outcome
    text: str
    statements: tuple[Statement, ...] = ()
    citations: tuple[Citation, ...] = ()
    hits: tuple[Hit, ...] = ()
    rejected: tuple[Hit, ...] = ()
    nearest: tuple[Citation, ...] = ()
    followups: tuple[str, ...] = ()
    timings: dict[str, float] = field(default_factory=dict)
    library: LibraryInfo | None = None
    probability: float = 0.0
    lead: str = ""
    notes: tuple[str, ...] = ()
    written_by: str = ""
    growing: bool = False  # more statements are to come
    layout: Layout = "list"
