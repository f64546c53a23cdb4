"""Questions that name what they want: a document by its 文号 or title, an article by its number, a document's validity."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Protocol

from bot.cues import has_cue
from bot.draft import Draft, Readable, cited, lay_out, write
from bot.extractive import Quote
from bot.messages import message
from bot.paragraphs import paragraphs, part
from bot.records import Outcome, Question, Reference
from bot.references import on_path
from bot.understand import number_of, strip_question_words
from bot.widen import responsible_tail
from index.places import short_name
from index.records import Article, PolicyDocument
from index.sentences import sentence_spans
from index.tokens import fold

_NUMBERING = re.compile(
    r"[\u4e00-\u9fff]*[\[〔【(（]?\d{0,4}[\]〕】)）]?\s*第?\d+号[文件]*|第?[一二三四五六七八九十百\d]+[条项点款]"
)
_HOLDS = re.compile(r"自[^。]{2,24}起(?:施行|实施|执行)|有效期")
_GENERIC = re.compile(
    r"文件|意见|通知|那份|这份|原话|原文|内容|全文|部门|单位|令|叫|发|讲|说|法律|条例|查|看|文|的|是|年|前|了|还|个|谁"
)
_ENOUGH_WORDS = 5
MOST_REFERRED = 4
# What people call a place's document by: 巴南那份规划.
_CALLED = ("规划", "意见", "方案", "办法", "细则", "通知", "标准", "条例", "规定", "计划")


class Lookable(Readable, Protocol):
    """What look-ups need of a library."""

    def documents(self) -> Sequence[PolicyDocument]: ...


def look_up(question: Question, library: Lookable, superseded: Mapping[str, PolicyDocument]) -> Draft | None:
    """The section or document that the question points at, or None where it asks about content."""
    documents = _pointed_documents(question, library, superseded)
    if not documents:
        return None
    quotes: list[Quote] = []
    if question.references:
        referred = [(d, a, r) for d in documents for a, r in _referred(library.articles(d.id), question.references)]
        for document, article, reference in referred:
            quotes += _article_quotes(question, document, article, reference)
        if quotes:
            return _found(question, quotes, library, superseded)
        return _no_department(question, referred[0][0], referred[0][1], superseded) if referred else None
    asks_validity = has_cue(question.search, "validity", "cues")
    if not asks_validity and not (question.doc_nos and _nothing_else(question.search)):
        return None
    for document in documents:
        quotes += _front(document, library.articles(document.id))
        if asks_validity:
            quotes += _in_force(document, library.articles(document.id))
        newer = superseded.get(document.id)
        if newer is not None and asks_validity:
            quotes += _repeal(document, newer, library.articles(newer.id))
            quotes += _in_force(newer, library.articles(newer.id))
    return _found(question, quotes, library, superseded) if quotes else None


def _no_department(
    question: Question, document: PolicyDocument, article: Article, superseded: Mapping[str, PolicyDocument]
) -> Draft:
    """The item referred to names no department."""
    spot = Quote(document, article, article.start, article.body)
    said = message("no_department", script=question.script, path=article.path)
    return lay_out(Draft(Outcome.NOT_FOUND, "", nearest=(cited(question, spot, 1, superseded),), lead=said))


def _found(
    question: Question, quotes: Sequence[Quote], library: Lookable, superseded: Mapping[str, PolicyDocument]
) -> Draft:
    lead = message("lookup_document", script=question.script)
    return write(question, quotes, library, superseded, Outcome.LOOKUP, lead=lead)


def _pointed_documents(
    question: Question, library: Lookable, superseded: Mapping[str, PolicyDocument]
) -> list[PolicyDocument]:
    """By 文号, by title (the version in force unless its year or an old one is asked for), or the only one of a place."""
    if question.doc_nos:
        return [library.document(i) for i in question.doc_nos]
    named = [library.document(i) for i in question.documents]
    if named:
        if has_cue(question.search, "old_version", "cues") or len(named) == 1:
            return named
        of_year = [d for d in named if d.written and d.written.year in question.versions]
        return of_year or [d for d in named if d.id not in superseded]
    if not question.places or not (question.references or has_cue(question.search, "validity", "cues")):
        return []
    local = [d for d in library.documents() if d.place in question.places and d.kind != "third_party"]
    called = [d for d in local if any(kind in question.search and kind in d.title for kind in _CALLED)]
    meant = called or (local if any(kind in question.search for kind in ("文件", "条例")) else [])
    if question.references:
        meant = [d for d in meant if _referred(library.articles(d.id), question.references)] or meant
    if len(meant) < 2:
        return meant
    likeness = {d.id: _likeness(question, d) for d in meant}
    best = max(likeness.values())
    return [d for d in meant if likeness[d.id] == best] if best and list(likeness.values()).count(best) == 1 else []


def _likeness(question: Question, document: PolicyDocument) -> int:
    """How many pairs of letters of the question stand in the title, those of its place and kind apart."""
    words = "|".join((*_CALLED, *(short_name(name) for place in question.places for name in place.path), "教育"))
    text = re.sub(words, " ", question.search)
    return sum(
        pair in fold(document.title) for pair in {text[i : i + 2] for i in range(len(text) - 1)} if " " not in pair
    )


def _nothing_else(search: str) -> bool:
    rest = _GENERIC.sub("", strip_question_words(_NUMBERING.sub("", search)))
    return len(re.sub(r"\W", "", rest)) < _ENOUGH_WORDS


def _referred(articles: Sequence[Article], references: Sequence[Reference]) -> list[tuple[Article, Reference]]:
    paths = [r for r in references if r.path]  # 三、(三)第一点 means no other first item
    found = [
        (article, reference)
        for reference in paths or references
        for article in articles
        if on_path(reference, article.path)
        or (article.kind in ("article", "h3") and reference.article and number_of(article.number) == reference.article)
    ]
    return found if len(found) <= MOST_REFERRED else []  # the first item of every section is none in particular


def _article_quotes(
    question: Question, document: PolicyDocument, article: Article, reference: Reference
) -> list[Quote]:
    if question.answer_type == "who" and has_cue(question.search, "responsible", "cues"):
        return responsible_tail(document, article)
    lines = paragraphs(document.text, article)
    meant = part(document.text, lines, reference) or part(document.text, lines, replace(reference, item=0)) or lines
    return [Quote(document, article, a, b) for a, b in meant]


def _front(document: PolicyDocument, articles: Sequence[Article]) -> list[Quote]:
    """The front lines that identify a document: title, header, number; not its addressees or its lead."""
    front = [a for a in articles if a.kind == "front"][:1]
    return [
        Quote(document, a, start, end)
        for a in front
        for start, end in paragraphs(document.text, a)
        if end - start <= 400 and not document.text[start:end].endswith(("：", "。"))
    ]


def _in_force(document: PolicyDocument, articles: Sequence[Article]) -> list[Quote]:
    """The sentence in which a document says since when or how long it holds."""
    for start, end in reversed(sentence_spans(document.text)):
        if _HOLDS.search(document.text, start, end):
            article = next((a for a in articles if a.start <= start < a.end), None)
            return [Quote(document, article, start, end)] if article else []
    return []


def _repeal(old: PolicyDocument, newer: PolicyDocument, articles: Sequence[Article]) -> list[Quote]:
    """The sentence of the newer document that repeals the old one."""
    name = re.sub(r"[(（].*|中华人民共和国", "", old.title)
    for start, end in sentence_spans(newer.text):
        sentence = newer.text[start:end]
        if "废止" in sentence and name in sentence:
            article = next(a for a in articles if a.start <= start < a.end)
            return [Quote(newer, article, start, end)]
    return []
