"""One section in full, for reading: its document, place, dates and validity, then its heading and everything under it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.matching import label_rank
from bot.messages import message
from bot.paragraphs import paragraphs, part
from bot.records import Citation
from bot.wanted import Wanted
from index.records import Article, PolicyDocument
from index.tokens import fold


@dataclass(frozen=True, slots=True)
class Shown:
    """What is shown of one document: what it is, then the lines of its sections or its outline, and where they stand there."""

    document_id: str
    title: str
    about: str
    lines: tuple[str, ...]
    anchor: str = ""


def shown(
    document: PolicyDocument, articles: Sequence[Article], about: Citation, wanted: Wanted, section: str
) -> Shown:
    """The sections meant, each under its heading path; the outline where `section` is empty."""
    known = document.id, document.title, described(about)
    if not section:
        return Shown(*known, tuple(a.path for a in articles if a.path))
    texts = {i: _text(document, articles, i, wanted) for i in _meant(articles, wanted, section)}
    there = [i for i, text in texts.items() if text]
    if not there:
        return Shown(*known, (message("no_section"),))
    lines = tuple(line for i in there for line in (articles[i].path, *texts[i]))
    return Shown(*known, lines, articles[there[0]].anchor)


def described(about: Citation) -> str:
    """Place, number, dates and validity of a document in one line."""
    dates = "，".join(f"{name} {day}" for name, day in about.dates)
    return "；".join(x for x in (about.place, about.doc_no, dates, about.validity) if x)


def _meant(articles: Sequence[Article], wanted: Wanted, section: str) -> list[int]:
    """The outermost nodes that the references or the heading words mean."""
    if wanted.references or wanted.headed:
        ranks = {i: rank for i, a in enumerate(articles) if (rank := label_rank(wanted, a.path)) is not None}
        found = [i for i, rank in ranks.items() if rank == min(ranks.values())]
    else:
        words = [fold(word) for word in section.replace("/", " ").split()]
        paths = [fold(a.path) for a in articles]
        found = [
            i
            for i, a in enumerate(articles)
            if words and a.heading and words[-1] in fold(a.heading) and all(w in paths[i] for w in words)
        ]
    inside = {j for i in found for j in _below(articles, i)}
    return [i for i in found if i not in inside]


def _below(articles: Sequence[Article], i: int) -> list[int]:
    below = []
    for j in range(i + 1, len(articles)):
        if not articles[j].path.startswith(f"{articles[i].path} / "):
            break
        below.append(j)
    return below


def _text(document: PolicyDocument, articles: Sequence[Article], i: int, wanted: Wanted) -> list[str]:
    """The text of a node with all under it, or just the paragraph and item pointed at."""
    article = articles[i]
    reference = next((r for r in wanted.references if r.paragraph or r.item), None)
    if reference:
        found = part(document.text, paragraphs(document.text, article), reference)
        return [document.text[a:b].strip() for a, b in found]
    last = articles[(_below(articles, i) or [i])[-1]]
    return [document.text[article.start : last.end].strip()]
