"""What speaks for a chunk as the answer to a question: named feature values that a person can read."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from bot.records import AnswerType, Question
from bot.scope import applies
from bot.understand import number_of
from index.records import Article, Chunk, PolicyDocument
from index.tokens import fold

FEATURES = (
    "lexical", "coverage", "path_coverage", "title_coverage", "late", "dense", "place", "other_place", "named",
    "article", "number", "answer_type", "third_party", "superseded", "front", "row", "year", "short",
)  # fmt: skip

_EVIDENCE: dict[AnswerType, re.Pattern[str]] = {
    "amount": re.compile(r"[\d〇零一二三四五六七八九十百千万亿]+(?:\.\d+)?[万亿]?元"),
    "ratio": re.compile(r"\d+(?:\.\d+)?[%％]|百分之|\d[:：∶]\d|[一二三四五六七八九]成|比例"),
    "date": re.compile(r"\d{4}年|\d+月|[\d一二三四五六七八九十两]+(?:个)?(?:工作日|小时|日|天|年|月|周|学期)"),
    "age": re.compile(r"[\d一二三四五六七八九十]+(?:周岁|岁)"),
    "count": re.compile(r"[\d一二三四五六七八九十百千两]+(?:所|个|人|次|名|节|班|课时|小时|%)"),
    "who": re.compile(r"部门|责任单位|政府|教育局|教育厅|委员会|负责|牵头|主管|机关"),
    "list": re.compile(r"（[一二三四五六七八九]）|[、；].+[、；]"),
    "procedure": re.compile(r"申请|审核|批准|备案|报|应当|通知|程序|提交|办理"),
    "whether": re.compile(r"应当|可以|不得|必须|禁止|允许|鼓励|有权|不予|原则上"),
}


@dataclass(frozen=True, slots=True)
class Terms:
    """The question's search terms with their weights, split by where they come from."""

    typed: Mapping[str, float]
    expanded: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A chunk with its document, its article and what the searches gave it (0–1, 0 where not found)."""

    chunk: Chunk
    document: PolicyDocument
    article: Article
    lexical: float
    dense: float
    late: float
    superseded: bool


def features(question: Question, terms: Terms, candidate: Candidate) -> dict[str, float]:
    """The values of `FEATURES` for one candidate, each about 0–1 (penalties too: their weights are negative)."""
    chunk, document = candidate.chunk, candidate.document
    body = fold(f"{chunk.text} {chunk.indexed}")
    path, title = _folded(chunk.path), _folded(document.title)
    place = bool(question.places) and document.place is not None
    return {
        "lexical": candidate.lexical,
        "coverage": covered(terms, body + path),
        "path_coverage": covered(terms, path),
        "title_coverage": covered(terms, title),
        "late": candidate.late,
        "dense": candidate.dense,
        "place": float(place and applies(document, question.places)),
        "other_place": float(bool(question.places) and not applies(document, question.places)),
        "named": float(document.id in question.documents),
        "article": float(number_of(candidate.article.number) in question.article_refs),
        "number": float(document.id in question.doc_nos and candidate.article.kind == "front"),
        "answer_type": float(agrees(question.answer_type, chunk.text)),
        "third_party": float(document.kind == "third_party"),
        "superseded": float(candidate.superseded),
        "front": float(candidate.article.kind in ("front", "tail")),
        "row": float(candidate.article.kind == "table"),
        "year": float(any(f"{y}年" in body or str(y) in chunk.text for y in question.years)),
        "short": 1 / (1 + math.exp((len(chunk.text) - 60) / 20)),
    }


@lru_cache(maxsize=10_000)
def _folded(name: str) -> str:
    return fold(name)


def covered(terms: Terms, text: str) -> float:
    """Share of the question's weighted terms that stand in `text` (folded); an expansion counts by its weight."""
    total = sum(terms.typed.values())
    if not total:
        return 0.0
    typed = sum([w for t, w in terms.typed.items() if t in text])
    expanded = sum([w for t, w in terms.expanded.items() if t in text])
    return min(1.0, (typed + expanded) / total)


def agrees(kind: AnswerType, text: str) -> bool:
    """Whether a text holds the kind of fact that is asked for."""
    pattern = _EVIDENCE.get(kind)
    return bool(pattern and pattern.search(text))


def linear(values: Mapping[str, float], weights: Mapping[str, float]) -> float:
    """The weighted sum, over the names of `weights`."""
    return sum(w * values.get(name, 1.0 if name == "bias" else 0.0) for name, w in weights.items())


def strongest(hits: Sequence[dict[str, float]], name: str) -> float:
    return max((h.get(name, 0.0) for h in hits), default=0.0)
