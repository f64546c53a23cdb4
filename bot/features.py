"""What speaks for a chunk as the answer to a question: named feature values that a person can read."""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from bot.reading import Match, Reading
from bot.records import AnswerType, Question
from bot.scope import applies
from bot.understand import number_of
from bot.units import asked_units, has_unit
from index.records import Article, Chunk, PolicyDocument
from index.tokens import fold

Column = NDArray[np.float64]

_NUMERAL = r"[\d〇零一二两三四五六七八九十百千万亿]"
_EVIDENCE: dict[AnswerType, re.Pattern[str]] = {
    "amount": re.compile(rf"{_NUMERAL}+(?:\.\d+)?[万亿]?元|{_NUMERAL}倍|免费|免收|不得收"),
    "ratio": re.compile(r"\d+(?:\.\d+)?[%％]|百分之|\d[:：∶]\d|[一二三四五六七八九]成|分之|比例"),
    "date": re.compile(
        rf"\d{{4}}年|{_NUMERAL}+月|{_NUMERAL}+(?:个)?(?:工作日|小时|学期|分钟|日|天|年|周)|每[年月周日]"
    ),
    "age": re.compile(rf"{_NUMERAL}+(?:周岁|岁)"),
    "count": re.compile(rf"{_NUMERAL}+(?:余)?(?:所|个|人|次|名|节|班|课时|小时|项|门|万|平方米|%)"),
    "who": re.compile(r"部门|责任单位|政府|教育局|教育厅|委员会|负责|牵头|主管|机关|机构|公安"),
    "list": re.compile(r"（[一二三四五六七八九]）|[、；].+[、；]"),
    "procedure": re.compile(r"申请|审核|批准|备案|报|应当|通知|程序|提交|办理"),
    "whether": re.compile(r"应当|可以|不得|必须|禁止|允许|鼓励|有权|不予|原则上|严禁"),
}
# What a chunk has of a question's words, and what it lacks of them.
_HEARD = ("late", "late_sentence", "late_body", "late_path", "late_title")
_MISSED = ("worst", "unmatched", "stranger", "document_stranger", "pool_stranger")
REWORDED = 0.85  # how far another wording of the question is trusted
FIGURES = ("amount", "ratio", "date", "age", "count")
_CLOSING = re.compile(r"本(?:法|条例|办法|规定|细则|实施办法)自.{4,40}施行|同时废止|负责解释")


@dataclass(frozen=True, slots=True)
class Terms:
    """The question's search terms with their weights, split by where they come from, and its concepts.

    A concept is what one lay expression stands for: all its wordings and its weight. What rewrites add is searched for, but
    speaks for no chunk by itself.
    """

    typed: Mapping[str, float]
    expanded: Mapping[str, float]
    concepts: tuple[tuple[tuple[str, ...], float], ...] = ()
    rewritten: Mapping[str, float] = field(default_factory=dict)

    def weighted(self) -> list[tuple[str, float]]:
        """Every term that is searched for, with its weight; one that comes from two sides with the greater."""
        return [*self.typed.items(), *({**self.rewritten, **self.expanded}).items()]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A chunk with its document, its article, its readings and what the searches gave it (score 0–1 and rank; 0: not found)."""

    chunk: Chunk
    document: PolicyDocument
    article: Article
    reading: Reading
    title: str
    lexical: float
    dense: float
    ranks: Mapping[str, int]
    superseded: bool


def features(
    question: Question, terms: Terms, candidates: Sequence[Candidate], match: Match, weights: NDArray[np.float32]
) -> dict[str, Column]:
    """Every feature by name, one value a candidate, most of them 0–1. `weights`: of the question's tokens, as in `match`."""
    single = {name: [value(question, c) for c in candidates] for name, value in _SINGLE.items()}
    words = _word_features(terms, candidates)
    late = _late_features(match, weights)
    kind = _EVIDENCE.get(question.answer_type)
    best = [c.reading.sentences[w] for c, w in zip(candidates, match.which, strict=True)]
    in_best = [bool(kind and kind.search(s)) for s in best]
    columns = {name: np.array(values, dtype=float) for name, values in {**single, **words, **late}.items()}
    columns["type_in_best"] = np.array(in_best, dtype=float)
    wants_figure = question.answer_type in FIGURES
    columns["figure_missing"] = np.array([wants_figure and not _has(kind, c) for c in candidates], dtype=float)
    columns |= _by_document(candidates, columns)
    columns |= _unit_features(question, candidates, best)
    columns |= _strangeness(candidates, match, weights)
    return columns


def reworded(
    columns: Mapping[str, Column], candidates: Sequence[Candidate], match: Match, weights: NDArray[np.float32]
) -> dict[str, Column]:
    """The features with what another wording of the question says for a chunk; `match` and `weights` are of that wording."""
    late = {name: np.array(values, dtype=float) for name, values in _late_features(match, weights).items()}
    other = late | _strangeness(candidates, match, weights)
    better = {name: np.maximum(columns[name], other[name]) for name in _HEARD}
    better |= {name: np.minimum(columns[name], other[name]) for name in _MISSED}
    return {**columns, **{n: columns[n] + REWORDED * (value - columns[n]) for n, value in better.items()}}


def _has(kind: re.Pattern[str] | None, candidate: Candidate) -> bool:
    return bool(kind and kind.search(candidate.reading.body))


def _word_features(terms: Terms, candidates: Sequence[Candidate]) -> dict[str, list[float]]:
    """Shares of the question's words in body, path and title; rare among the candidates counts more."""
    texts = [f"{c.reading.path} {c.reading.body}" for c in candidates]
    found = {t: [t in text for text in texts] for t in terms.typed}
    rarity = {t: w * math.log((1 + len(texts)) / (1 + sum(found[t]))) for t, w in terms.typed.items()}
    total = sum(rarity.values()) or 1.0
    rare = [sum(r for t, r in rarity.items() if found[t][i]) / total for i in range(len(texts))]
    sentences = [
        _best_covered(terms, c.reading) if len(c.reading.sentences) < 12 else covered(terms, text)
        for c, text in zip(candidates, texts, strict=True)
    ]
    return {
        "coverage": [covered(terms, text) for text in texts],
        "rare_coverage": rare,
        "sentence_coverage": sentences,
        "path_coverage": [covered(terms, c.reading.path) for c in candidates],
        "title_coverage": [covered(terms, c.title) for c in candidates],
        "concepts": [_concepts(terms, text) for text in texts],
    }


def _concepts(terms: Terms, text: str) -> float:
    total = sum(weight for _, weight in terms.concepts)
    met = sum(weight for wordings, weight in terms.concepts if any(w in text for w in wordings))
    return met / total if total else 0.0


def _late_features(match: Match, weights: NDArray[np.float32]) -> dict[str, Sequence[float]]:
    share = weights / (float(weights.sum()) or 1.0)
    squared = np.maximum(match.whole, 0.0) ** 2
    lost = (1.0 - squared) * share
    return {
        "late": (squared @ share).tolist(),
        "late_sentence": match.sentence.tolist(),
        "late_body": ((np.maximum(match.body, 0.0) ** 2) @ share).tolist(),
        "late_path": ((np.maximum(match.path, 0.0) ** 2) @ share).tolist(),
        "late_title": ((np.maximum(match.title, 0.0) ** 2) @ share).tolist(),
        "unmatched": ((match.whole < 0.5) @ share).tolist(),
        "worst": (lost.max(axis=1) if lost.shape[1] else np.zeros(len(lost))).tolist(),
        "exact": ((match.whole > 0.99) @ share).tolist(),
    }


def _by_document(candidates: Sequence[Candidate], columns: Mapping[str, Column]) -> dict[str, Column]:
    """How well the document as a whole fits: its best lexical score and the mean of its three best late scores."""
    rows: dict[str, list[int]] = defaultdict(list)
    for i, candidate in enumerate(candidates):
        rows[candidate.document.id].append(i)
    lexical, late = np.zeros(len(candidates)), np.zeros(len(candidates))
    for of_document in rows.values():
        lexical[of_document] = columns["lexical"][of_document].max()
        late[of_document] = np.sort(columns["late"][of_document])[-3:].mean()
    return {"document_lexical": lexical, "document_late": late}


def _unit_features(question: Question, candidates: Sequence[Candidate], best: Sequence[str]) -> dict[str, Column]:
    """Whether a figure in the unit asked for stands in the best sentence, or at least in the chunk."""
    asked = asked_units(fold(question.text)) or asked_units(question.search)
    if not asked:
        zero = np.zeros(len(candidates))
        return {"unit_in_best": zero, "unit_missing": zero}
    in_best = [any(has_unit(kind, sentence) for kind in asked) for sentence in best]
    missing = [not any(has_unit(kind, c.reading.body) for kind in asked) for c in candidates]
    return {"unit_in_best": np.array(in_best, dtype=float), "unit_missing": np.array(missing, dtype=float)}


def _strangeness(candidates: Sequence[Candidate], match: Match, weights: NDArray[np.float32]) -> dict[str, Column]:
    """What the question says that the chunk, its document and its whole neighbourhood do not: by token weight."""
    lost = (1.0 - np.maximum(match.whole, 0.0) ** 2) * weights
    if not lost.size:
        return {name: np.zeros(len(candidates)) for name in ("stranger", "document_stranger", "pool_stranger")}
    rows: dict[str, list[int]] = defaultdict(list)
    for i, candidate in enumerate(candidates):
        rows[candidate.document.id].append(i)
    of_document = np.zeros(len(candidates))
    for of in rows.values():
        of_document[of] = lost[of].min(axis=0).max()
    return {
        "stranger": lost.max(axis=1).astype(float),
        "document_stranger": of_document,
        "pool_stranger": np.full(len(candidates), float(lost.min(axis=0).max())),
    }


def _rank(name: str) -> Callable[[Question, Candidate], float]:
    return lambda _, c: 1 / math.log2(1 + c.ranks[name]) if name in c.ranks else 0.0


def _placed(question: Question, c: Candidate) -> bool:
    return bool(question.places) and c.document.place is not None


_SINGLE: dict[str, Callable[[Question, Candidate], float]] = {
    "lexical": lambda _, c: c.lexical,
    "lexical_rank": _rank("lexical"),
    "dense": lambda _, c: c.dense,
    "dense_rank": _rank("dense"),
    "place": lambda q, c: float(_placed(q, c) and c.document.place in q.places),
    "place_above": lambda q, c: float(
        _placed(q, c) and c.document.place not in q.places and applies(c.document, q.places)
    ),
    "other_place": lambda q, c: float(bool(q.places) and not applies(c.document, q.places)),
    "national": lambda q, c: float(not q.places and c.document.place is not None and not c.document.place.path),
    "named": lambda q, c: float(c.document.id in q.documents),
    "article": lambda q, c: float(number_of(c.article.number) in q.article_refs),
    "number": lambda q, c: float(c.document.id in q.doc_nos and c.article.kind == "front"),
    "third_party": lambda _, c: float(c.document.kind == "third_party"),
    "superseded": lambda _, c: float(c.superseded),
    "front": lambda _, c: float(c.article.kind in ("front", "tail")),
    "closing": lambda _, c: float(bool(_CLOSING.search(c.chunk.text))),
    "row": lambda _, c: float(c.chunk.text.startswith("|")),
    "year": lambda q, c: float(any(str(y) in c.reading.body for y in q.years)),
    "length": lambda _, c: min(1.0, math.log(1 + len(c.chunk.text)) / 7),
    "answer_type": lambda q, c: float(_has(_EVIDENCE.get(q.answer_type), c)),
}
FEATURES = (
    *_SINGLE, "coverage", "rare_coverage", "sentence_coverage", "path_coverage", "title_coverage", "concepts",
    "late", "late_sentence", "late_body", "late_path", "late_title", "unmatched", "worst", "exact",
    "type_in_best", "figure_missing", "document_lexical", "document_late",
    "unit_in_best", "unit_missing", "stranger", "document_stranger", "pool_stranger",
)  # fmt: skip


def covered(terms: Terms, text: str) -> float:
    """Share of the question's weighted terms that stand in `text` (folded); an expansion counts by its weight."""
    total = sum(terms.typed.values())
    if not total:
        return 0.0
    typed = sum([w for t, w in terms.typed.items() if t in text])
    expanded = sum([w for t, w in terms.expanded.items() if t in text])
    return min(1.0, (typed + expanded) / total)


def _best_covered(terms: Terms, reading: Reading) -> float:
    """The best sentence's `covered`. Only terms of the whole body can stand in a sentence of it."""
    total = sum(terms.typed.values())
    weights = [(t, w) for of in (terms.typed, terms.expanded) for t, w in of.items() if t in reading.body]
    best = max(sum([w for t, w in weights if t in sentence]) for sentence in reading.sentences)
    return min(1.0, best / total) if total else 0.0


def agrees(kind: AnswerType, text: str) -> bool:
    """Whether a text holds the kind of fact that is asked for."""
    pattern = _EVIDENCE.get(kind)
    return bool(pattern and pattern.search(text))


def linear(values: Mapping[str, float], weights: Mapping[str, float]) -> float:
    """The weighted sum, over the names of `weights`."""
    return sum(w * values.get(name, 1.0 if name == "bias" else 0.0) for name, w in weights.items())
