"""What a language model may cite: passages under short labels, and the sentences in them that bear a statement out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from bot.case import Case
from bot.citations import figures
from bot.draft import Draft, cited
from bot.extractive import Quote, body_span
from bot.localities import level
from bot.messages import message
from bot.records import Citation
from bot.screening import visible
from index.late import late_interaction
from index.records import PolicyDocument
from index.sentences import sentence_spans
from index.tokens import fold

OTHERS, OTHER_CHARS, EVIDENCE = 4, 500, 3
STATEMENT_TOKENS = 160
GAIN = 0.04  # what a further sentence must add to the statement's cover to be quoted with it
_FORGED = re.compile(r"^(\s*)\[(\d+)\]", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Source:
    """A passage under its label. `chosen`: what the answer without a model quotes; the others stand near it."""

    label: int
    quote: Quote
    chosen: bool

    @property
    def document(self) -> PolicyDocument:
        return self.quote.document

    @property
    def text(self) -> str:
        return self.document.text[self.quote.start : self.quote.end]


def sources_of(case: Case, draft: Draft) -> list[Source]:
    """The draft's quotes, then further passages that apply, none twice: labelled from 1."""
    chosen = list(_chosen(case, draft.citations))
    spans = [(q.document.id, q.start, q.end) for q in chosen]
    others = [q for q in _others(case) if not any(_same(q, s) for s in spans)]
    quotes = [*((q, True) for q in chosen), *((q, False) for q in others[:OTHERS])]
    return [Source(label, quote, own) for label, (quote, own) in enumerate(quotes, 1)]


def _chosen(case: Case, citations: Sequence[Citation]) -> Iterator[Quote]:
    library = case.searcher.library
    for c in citations:
        article = library.article(c.document_id, int(c.anchor.removeprefix("a")))
        yield Quote(library.document(c.document_id), article, c.start, c.end)


def _others(case: Case) -> Iterator[Quote]:
    """The passages of the hits that apply, whole as far as the length allows; rows of tables say nothing out of place."""
    library = case.searcher.library
    for hit in case.applicable:
        document = library.document(hit.chunk.document_id)
        article = library.article(document.id, hit.chunk.article)
        if hit.chunk.text.startswith("|") or article.kind == "front":
            continue
        start, end = body_span(document, article)
        if end - start > OTHER_CHARS:
            start, end = hit.chunk.start, hit.chunk.end
        if start < end:
            yield Quote(document, article, start, end)


def _same(quote: Quote, span: tuple[str, int, int]) -> bool:
    """Whether a passage is little more than a span that stands among the sources already."""
    document_id, start, end = span
    shared = min(end, quote.end) - max(start, quote.start)
    return document_id == quote.document.id and shared > 0.8 * (quote.end - quote.start)


def described(source: Source, case: Case) -> str:
    """A source as the model reads it. A line in it that looks like a label is no label."""
    citation = cited(case.question, source.quote, source.label, case.searcher.superseded)
    return message(
        "source",
        file="sources",
        label=source.label,
        title=citation.title if "《" in citation.title else f"《{citation.title}》",
        path=citation.path,
        place=citation.place,
        level=message(f"level_{level(citation.place) or 'unknown'}", file="sources"),
        dates="，".join(f"{name} {day}" for name, day in citation.dates),
        validity=citation.validity,
        text=_FORGED.sub(r"\1［\2］", visible(source.text)).strip(),
    )


def evidence(statement: str, sources: Sequence[Source]) -> list[Quote]:
    """The sentences of the sources that bear a statement out, best first until they cover it; of a table row all of it."""
    model = late_interaction()
    spans = [q for s in sources for q in _sentences(s)]
    tokens = model.tokens(fold(statement), STATEMENT_TOKENS)
    if not spans or not len(tokens):
        return []
    best = model.best_matches(tokens, [model.tokens(fold(_text(q)), STATEMENT_TOKENS) for q in spans])
    wanted = figures(statement)
    chosen: list[int] = []
    covered = np.zeros(len(tokens), dtype=np.float32)
    while len(chosen) < min(EVIDENCE, len(spans)):
        now = float(model.weighted(tokens, covered[None, :])[0])
        gains = model.weighted(tokens, np.maximum(best, covered)) - now
        missing = wanted - figures("\n".join(_text(spans[i]) for i in chosen))
        gains = gains + np.array([0.1 * len(missing & figures(_text(q))) for q in spans], dtype=np.float32)
        gains[chosen] = -1
        at = int(np.argmax(gains))
        if chosen and gains[at] < GAIN:
            break
        chosen.append(at)
        covered = np.maximum(covered, best[at])
    return _joined([spans[i] for i in sorted(chosen)])


def _sentences(source: Source) -> Iterable[Quote]:
    quote = source.quote
    if source.text.lstrip().startswith("|"):
        return [quote]
    return (replace(quote, start=a, end=b) for a, b in sentence_spans(quote.document.text, quote.start, quote.end))


def _joined(quotes: Sequence[Quote]) -> list[Quote]:
    """Neighbouring sentences as one quote."""
    joined: list[Quote] = []
    for quote in quotes:
        last = joined[-1] if joined else None
        if last and last.document.id == quote.document.id and 0 <= quote.start - last.end <= 1:
            joined[-1] = replace(last, end=quote.end)
        elif quote not in joined:
            joined.append(quote)
    return joined


def _text(quote: Quote) -> str:
    return quote.document.text[quote.start : quote.end]
