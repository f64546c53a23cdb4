"""Compose an answer without a language model: choose the sentences that answer, and state them verbatim."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bot.cues import has_cue
from bot.features import Column, Terms, agrees, covered
from bot.reading import Reader
from bot.records import Hit, Question
from bot.retrieve import QUERY_TOKENS, query_tokens, subject_of
from bot.series import heads_of, series_of
from bot.units import asked_units, has_unit
from bot.wording import question_parts
from index.records import Article, PolicyDocument
from index.sentences import sentence_spans
from index.tokens import fold

SHORT_ARTICLE = 170
QUOTE_BUDGET = 260
LIST_BUDGET = 520
SENTENCES, LISTED = 3, 6
KEEP, KEEP_LISTED = 0.72, 0.55  # a further sentence must reach this share of the best one's score
SENTENCE_TOKENS = 120
UNIT_BONUS = 0.25  # for a figure in the unit that is asked for
PART_SHARE = 0.3  # what the whole question counts in choosing for a part of it
_LEANS = re.compile("其中|上述|对此|据此|前述|以上")  # says nothing without the sentence before it
_LIST_MARKS = ("（一）", "（二）", "（1）", "(1)", "1.", "一是", "①")


@dataclass(frozen=True, slots=True)
class Asked:
    """A question with its search terms and the reader that compares sentences with it."""

    question: Question
    terms: Terms
    reader: Reader


@dataclass(frozen=True, slots=True)
class Quote:
    """A slice of a document chosen for the answer."""

    document: PolicyDocument
    article: Article
    start: int
    end: int
    row: str = ""  # for a table row its sentence with column names
    silent: bool = False  # cited by what is computed from it, not stated itself


def choose_quotes(asked: Asked, hit: Hit, document: PolicyDocument, article: Article) -> list[Quote]:
    """The spans of the hit's article that answer, in text order; whole where the article is short or is a list asked for."""
    chunk = hit.chunk
    if chunk.text.startswith("|"):
        return [Quote(document, article, chunk.start, chunk.end, chunk.indexed)]
    if article.kind == "front":
        return [Quote(document, article, a, b) for a, b in sentence_spans(document.text, chunk.start, chunk.end)]
    start, end = body_span(document, article)
    if end - start <= SHORT_ARTICLE:
        return [Quote(document, article, start, end)] if start < end else _heading(document, article)
    spans = sentence_spans(document.text, start, end)
    if (
        asked.question.answer_type in ("list", "procedure")
        and end - start <= LIST_BUDGET
        and _is_list(document.text[start:end])
    ):
        return [Quote(document, article, start, end)]
    heads = heads_of(spans, document.text) if has_cue(asked.question.search, "parts", "cues") else []
    if heads:
        return [Quote(document, article, *spans[n]) for n in heads]
    chosen = _best(asked, document, spans)
    return [Quote(document, article, a, b) for a, b in _join(chosen, document.text)]


def body_span(document: PolicyDocument, article: Article) -> tuple[int, int]:
    """The article's text after its heading, without surrounding white space and leading punctuation."""
    start, end = article.body, article.end
    while start < end and document.text[start] in "　 \n。：":
        start += 1
    while end > start and document.text[end - 1].isspace():
        end -= 1
    return start, end


def _heading(document: PolicyDocument, article: Article) -> list[Quote]:
    end = article.start + len(document.text[article.start : article.body].rstrip())
    return [Quote(document, article, article.start, end)] if end > article.start else []


def _best(asked: Asked, document: PolicyDocument, spans: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """The strongest sentences within the budget, in text order; a sentence led into by `：` brings what follows."""
    sentences = [document.text[a:b] for a, b in spans]
    scores = _sentence_scores(asked, sentences)
    several = _wants_several(asked.question)
    budget, most = (LIST_BUDGET, LISTED) if several else (QUOTE_BUDGET, SENTENCES)
    least = (KEEP_LISTED if several else KEEP) * float(scores.max())
    taken: list[int] = []
    size = 0
    for i in np.argsort(-scores):
        a, b = spans[i]
        if taken and (scores[i] < least or size + b - a > budget or len(taken) >= most):
            continue
        taken.append(int(i))
        size += b - a
    taken += [i for i in _best_of_parts(asked, sentences, scores) if i not in taken]
    whole = _with_list_items(taken, spans, document.text)
    whole |= {i - 1 for i in whole if i and _LEANS.match(sentences[i])}
    if several:
        whole |= series_of(spans, taken[0], document.text)
    return [spans[i] for i in sorted(whole)]


def _wants_several(question: Question) -> bool:
    return question.answer_type in ("list", "procedure") or has_cue(question.search, "series", "cues")


def _best_of_parts(asked: Asked, sentences: Sequence[str], scores: Column) -> list[int]:
    """The best sentence for each of several questions in one (有多少所?其中公办的多少)."""
    parts = question_parts(asked.question.search)
    if len(parts) < 2:
        return []
    model = asked.reader.model
    tokens = [model.tokens(s, SENTENCE_TOKENS) for s in map(fold, sentences)]
    found = []
    for part in parts:
        late = model.score(model.tokens(subject_of(part, asked.question.places), QUERY_TOKENS), tokens)
        fits = np.array([_fits(part, s) for s in sentences])
        found.append(int(np.argmax(late + UNIT_BONUS * fits + PART_SHARE * scores)))
    return found


def _fits(folded: str, sentence: str) -> bool:
    units = asked_units(folded)
    return any(has_unit(kind, fold(sentence)) for kind in units)


def _with_list_items(taken: Sequence[int], spans: Sequence[tuple[int, int]], text: str) -> set[int]:
    """Add the items that a taken lead-in announces: up to the list budget."""
    whole = set(taken)
    for i in taken:
        if text[spans[i][0] : spans[i][1]].rstrip().endswith(("：", ":")):
            size = 0
            for j in range(i + 1, len(spans)):
                size += spans[j][1] - spans[j][0]
                if size > LIST_BUDGET:
                    break
                whole.add(j)
    return whole


def _sentence_scores(asked: Asked, sentences: Sequence[str]) -> Column:
    model = asked.reader.model
    folded = [fold(s) for s in sentences]
    query = query_tokens(asked.question, asked.reader)
    late = model.score(query, [model.tokens(s, SENTENCE_TOKENS) for s in folded])
    lexical = np.array([covered(asked.terms, s) for s in folded])
    kind = np.array([agrees(asked.question.answer_type, s) for s in sentences], dtype=float)
    fits = np.array([_fits(asked.question.search, s) for s in sentences], dtype=float)
    return np.asarray(late + 0.6 * lexical + 0.15 * kind + UNIT_BONUS * fits, dtype=float)


def _join(spans: Sequence[tuple[int, int]], text: str) -> list[tuple[int, int]]:
    """Neighbouring spans with nothing but white space between them become one quote."""
    joined: list[tuple[int, int]] = []
    for a, b in spans:
        if joined and not text[joined[-1][1] : a].strip() and "\n" not in text[joined[-1][1] : a]:
            joined[-1] = (joined[-1][0], b)
        else:
            joined.append((a, b))
    return joined


def _is_list(text: str) -> bool:
    return sum(mark in text for mark in _LIST_MARKS) >= 2 or text.count("；") >= 2
