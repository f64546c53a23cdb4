"""What a document is known to lack: a question that falls into a hole is told so, with where the hole is."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from bot.case import Case
from bot.cues import has_cue
from bot.draft import Draft, cited, lay_out
from bot.extractive import Quote
from bot.features import FIGURES
from bot.messages import message
from bot.records import Outcome, Question, Reference
from bot.references import on_path, to_number
from bot.retrieve import query_tokens
from index.records import Article, Gap, PolicyDocument
from index.sentences import sentence_spans
from index.tokens import fold
from index.versions import version_date

_LABEL = re.compile(r"“([^”]+)”")
_BOX = re.compile(r"专栏\s*(\d{1,2}|[一二三四五六七八九十]{1,2})")
_ATTACHED = re.compile(r"^附件“|正文缺失$")
_INSIDE = re.compile(r"缺字|连接号|识别没有把握")
_CLAUSE = re.compile(r"[^，。；：]+")


def hole(case: Case) -> Draft | None:
    """Say what is missing where the question asks for it by its number, as an attachment or as the document's own number."""
    if case.question.versions and (missing := _missing_version(case)):
        return missing
    for document in _documents(case):
        for gap in _asked_for(case, document):
            return told(case, document, gap)
    return None


def _missing_version(case: Case) -> Draft | None:
    """A version of a named document that the library does not hold; the versions that it holds are named."""
    question, library = case.question, case.searcher.library
    named = [library.document(i) for i in question.documents]
    held = {day.year: d for d in named if (day := version_date(d))}
    if not named or set(question.versions) & set(held):
        return None
    whole = [Quote(d, library.article(d.id, 0), 0, len(d.title)) for d in held.values()]
    nearest = tuple(cited(question, q, n, case.searcher.superseded) for n, q in enumerate(whole, 1))
    years = "、".join(map(str, question.versions))
    said = message("version_missing", script=question.script, years=years, title=named[0].title)
    return lay_out(Draft(Outcome.NOT_FOUND, "", nearest=nearest, lead=said))


def told(case: Case, document: PolicyDocument, gap: Gap) -> Draft:
    """Not found, for this reason; the citation shows where."""
    article = article_at(case.searcher.library.articles(document.id), gap.position)
    end = document.text.find("\n", article.start)
    spot = Quote(document, article, article.start, min(article.end, end if end > 0 else article.end))
    script = case.question.script
    said = message("not_found_gap", script=script, title=document.title, gap=gap.what, basis=gap.basis)
    nearest = (cited(case.question, spot, 1, case.searcher.superseded),)
    advice = (message("not_found_advice", script=script),)
    return lay_out(Draft(Outcome.NOT_FOUND, "", nearest=nearest, lead=said, notes=advice))


def inside(case: Case, quotes: Sequence[Quote]) -> tuple[PolicyDocument, Gap] | None:
    """The hole in the very clause that answers, where a figure is asked for: a lost character, figures run together."""
    question = case.question
    if question.answer_type not in FIGURES and "几" not in question.search:
        return None
    for quote in quotes:
        for gap in _gaps_in(quote):
            if _best_clause(case, quote) == _clause_at(quote, gap.position):
                return quote.document, gap
    return None


def damaged(quotes: Sequence[Quote]) -> bool:
    """Whether a quote has a hole in it."""
    return any(True for quote in quotes for _ in _gaps_in(quote))


def behind(case: Case) -> str:
    """The hole that may be why nothing answers: in the section of the best hit, or at the end of its document."""
    for hit in case.applicable[:1]:
        document = case.document(hit)
        articles = case.searcher.library.articles(document.id)
        path = articles[hit.chunk.article].path
        for gap in document.gaps:
            own = article_at(articles, gap.position).path
            near = bool(own) and (path == own or path.startswith(f"{own} / "))
            if near or (gap.position == len(document.text) and _names(case.question, document)):
                return f"{gap.what}（{gap.basis}）"
    return ""


def article_at(articles: Sequence[Article], position: int) -> Article:
    """The article that holds a position; the last one for the end of the document."""
    return next((a for a in articles if a.start <= position < a.end), articles[-1])


def _documents(case: Case) -> list[PolicyDocument]:
    """The documents named, else the one of the best hit that applies."""
    named = [case.searcher.library.document(i) for i in (*case.question.doc_nos, *case.question.documents)]
    return named or [case.document(h) for h in case.applicable[:1]]


def _asked_for(case: Case, document: PolicyDocument) -> Iterator[Gap]:
    question = case.question
    articles = case.searcher.library.articles(document.id)
    boxes = {f"专栏{to_number(m[1])}" for m in _BOX.finditer(question.search)}
    for gap in document.gaps:
        labels = _LABEL.findall(gap.what) if gap.what.startswith("缺少") else []
        parent = article_at(articles, gap.position).path.rpartition(" / ")[0]
        numbered = any(on_path(r, f"{parent} / {label}") for label in labels for r in question.references if r.path)
        attached = _ATTACHED.search(gap.what) and has_cue(question.search, "attachment", "cues")
        heading = fold(article_at(articles, gap.position).heading)
        undated = gap.what.startswith("括号内") and question.answer_type == "date" and _heads(heading, question.search)
        if numbered or boxes & set(labels) or attached or undated:
            yield gap
    for article in articles:
        if "缺失〕" in article.path.rpartition(" / ")[2] and any(_points(r, article.path) for r in question.references):
            yield Gap(article.start, message("section_missing"), article.path)
    if has_cue(question.search, "doc_no", "cues") and not document.doc_no and not question.doc_nos:
        yield Gap(0, message("doc_no_missing"), message("document_says_nothing"))


def _heads(heading: str, search: str) -> bool:
    """Whether a question names most words of a heading (启动阶段 for 启动准备阶段)."""
    pairs = {heading[i : i + 2] for i in range(len(heading) - 1)}
    return len(pairs) > 1 and sum(pair in search for pair in pairs) >= max(2, 0.4 * len(pairs))


def _points(reference: Reference, path: str) -> bool:
    return bool(reference.path) and on_path(reference, path)


def _gaps_in(quote: Quote) -> Iterator[Gap]:
    return (g for g in quote.document.gaps if quote.start <= g.position < quote.end and _INSIDE.search(g.what))


def _clause_at(quote: Quote, position: int) -> str:
    clauses = _CLAUSE.finditer(quote.document.text, quote.start, quote.end)
    return next((m[0] for m in clauses if m.start() <= position < m.end()), "")


def _best_clause(case: Case, quote: Quote) -> str:
    text, reader = quote.document.text, case.searcher.reader
    clauses = [m[0] for a, b in sentence_spans(text, quote.start, quote.end) for m in _CLAUSE.finditer(text, a, b)]
    if not clauses:
        return ""
    scores = reader.model.score(
        query_tokens(case.question, reader), [reader.model.tokens(fold(c), 60) for c in clauses]
    )
    return clauses[int(scores.argmax())]


def _names(question: Question, document: PolicyDocument) -> bool:
    return document.id in (*question.doc_nos, *question.documents)
