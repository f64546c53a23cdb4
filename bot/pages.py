"""Document pages and JSON routes, served beside the chat. Everything from documents and visitors is escaped by the templates."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date
from time import perf_counter
from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bot import admin, feedback, metrics, picture, receipts
from bot.document_view import NOWHERE, Span, links, view
from bot.facets import FACETS, Filters
from bot.find import Found
from bot.language import Language, in_script, local, said, translated
from bot.localities import labels
from bot.messages import message
from bot.records import Answer, Citation, Statement
from bot.shelf import Shelf
from bot.site import STATIC, BadInput, answering, page, reader, style, styles, templates
from bot.validity import state_of
from index.library import Library
from index.places import places_in
from index.records import Place, PolicyDocument
from index.tokens import fold, visible

__all__ = ["BadInput", "styles", "templates"]  # of bot.site, known to the chat by this module
QUESTION_CAP, _FILTER_CAP = 500, 60
_SPAN = re.compile(r"(\d{1,9})-(\d{1,9})")
_DATES = ("written", "published", "effective", "expires")


def routes(shelf: Shelf) -> list[Route]:
    """The routes of DESIGN section 4, and what the page itself fetches."""

    def script(_: Request) -> Response:
        return Response((STATIC / "chat.js").read_text(encoding="utf8"), media_type="text/javascript")

    return [
        *_json_routes(shelf),
        *_document_routes(shelf),
        Route("/page.css", style("fragments.css", "page.css")),
        Route("/chat.css", style("fragments.css", "chat.css")),
        Route("/chat.js", script),
        *receipts.routes(shelf),
        *feedback.routes(shelf),
        *admin.routes(shelf),
    ]


def _json_routes(shelf: Shelf) -> list[Route]:
    def ask(request: Request) -> Response:
        answerer = shelf.answerer
        place = place_of_visitor(request.query_params.get("place", ""), answerer.places)
        on, began = day(request.query_params.get("on", "")), perf_counter()
        answer = answerer.ask(_query(request), place=place, on=on)
        metrics.answered("json", answer, began)
        return JSONResponse(answer_json(answer))

    def find(request: Request) -> Response:
        filters = _filters(request)
        query = visible(request.query_params.get("q", "")).strip() if filters else _query(request)
        on = day(request.query_params.get("on", ""))
        return JSONResponse(found_json(query, shelf.finder.search(query[:QUESTION_CAP], filters, on=on)))

    def places(request: Request) -> Response:
        names = [in_script(name, reader(request)) for name in labels(shelf.answerer.places)]
        return JSONResponse(names, headers={"cache-control": "max-age=3600"})

    def health(_: Request) -> Response:
        info, trouble = shelf.answerer.info, shelf.trouble
        state = {"generation": info.generation, "documents": info.documents, "built": info.built}
        if trouble is None:
            return JSONResponse({"status": "ok", **state})
        return JSONResponse({"status": "degraded", **state, "trouble": asdict(trouble)})

    return [
        Route("/api/ask", answering(ask)),
        Route("/api/find", answering(find)),
        Route("/places", answering(places)),
        Route("/healthz", answering(health)),
    ]


def _document_routes(shelf: Shelf) -> list[Route]:
    def documents(request: Request) -> Response:
        answerer = shelf.answerer
        wanted = request.query_params.get("q", "").strip()[:100]
        rows = document_rows(answerer.library, answerer.superseded, wanted=wanted, language=reader(request))
        described = picture.described(answerer.library.documents())
        return page("documents.html", language=reader(request), wanted=wanted, rows=rows, picture=described)

    def document(request: Request) -> Response:
        answerer, language = shelf.answerer, reader(request)
        try:
            found = answerer.library.document(request.path_params["id"])
        except KeyError:
            return page("missing.html", 404, language=language, sentence=message("no_document"))
        articles, tables = answerer.library.articles(found.id), answerer.library.tables(found.id)
        quoted, today = _span(request.query_params.get("quote", "")), date.today()
        newer = answerer.succession.newer(found.id, today)
        related = links(found, answerer.library.relations(found.id), answerer.library, on=today, language=language)
        shown = view(found, articles, tables, on=today, newer=newer, quoted=quoted, related=related, language=language)
        return page("document.html", language=language, view=shown, **_script(request, language))

    return [
        Route("/documents", answering(documents)),
        *picture.routes(shelf),
        Route("/documents/{id}", answering(document)),
    ]


def _script(request: Request, language: Language) -> dict[str, Any]:
    """In which script the texts of a document are shown, and the address that shows them in the other."""
    if language != "zh-Hant":
        return {"other_script": ""}
    original = request.query_params.get("script") == "original"
    quote = request.query_params.get("quote", "")
    asked = {"quote": quote if _SPAN.fullmatch(quote) else "", "script": "" if original else "original"}
    other = local(f"?{urlencode({k: v for k, v in asked.items() if v})}", language).replace("?&", "?")
    return {"other_script": other, "original": original, **({"script": lambda text: text} if original else {})}


def _query(request: Request) -> str:
    question = visible(request.query_params.get("q", "")).strip()
    if not 0 < len(question) <= QUESTION_CAP:
        raise BadInput(message("bad_question", limit=QUESTION_CAP))
    return question


def _filters(request: Request) -> Filters:
    """What a visitor narrows a look-up to. Raises `BadInput` where the year is none."""
    asked = {name: request.query_params.get(name, "").strip()[:_FILTER_CAP] for name in FACETS}
    year = asked.pop("year")
    if year and not re.fullmatch(r"(?:19|20)\d\d", year):
        raise BadInput(message("bad_year", file="page"))
    return Filters(**asked, year=int(year) if year else None)


def place_of_visitor(written: str, known: Sequence[Place]) -> Place | None:
    """The place a visitor wrote, None for nothing. Raises `BadInput` where it is no place."""
    if not written.strip():
        return None
    found = places_in(written.strip(), known)
    if not found:
        raise BadInput(message("unknown_place", file="page", place=written.strip()[:30]))
    return found[-1]


def day(written: str) -> date | None:
    """The day a visitor wrote, None for nothing. Raises `BadInput` where it is no date."""
    try:
        return date.fromisoformat(written.strip()) if written.strip() else None
    except ValueError as error:
        raise BadInput(message("bad_date")) from error


def _span(written: str) -> Span:
    match = _SPAN.fullmatch(written)
    return (int(match[1]), int(match[2])) if match else NOWHERE


def answer_json(answer: Answer) -> dict[str, Any]:
    """An answer as JSON: no scores, no paths."""
    return {
        "question": answer.question.text,
        "outcome": answer.outcome.value,
        "answer": answer.text,
        "statements": [statement_json(s) for s in answer.statements],
        "citations": [citation_json(c) for c in answer.citations],
        "nearest": [citation_json(c) for c in answer.nearest],
        "notes": list(answer.notes),
        "followups": list(answer.followups),
        "written_by": answer.written_by,
        "library": {"generation": answer.library.generation, "built": answer.library.built} if answer.library else None,
    }


def statement_json(statement: Statement) -> dict[str, Any]:
    """A statement as JSON; its translation only where it has one."""
    translation = {"translation": statement.translation} if statement.translation else {}
    return {"text": statement.text, "citations": list(statement.labels), **translation}


def found_json(query: str, found: Found) -> dict[str, Any]:
    """What a look-up found as JSON: sections with their permalinks, how many in all, counts by facet."""
    return {
        "query": query,
        "total": found.total,
        "sections": [citation_json(c) for c in found.sections],
        "facets": {
            name: [{"value": value, "count": count} for value, count in values] for name, values in found.facets.items()
        },
    }


def citation_json(citation: Citation) -> dict[str, Any]:
    """A citation as JSON, with the address of its article."""
    return {
        "label": citation.label,
        "document": visible(citation.title),
        "section": citation.path,
        "place": citation.place,
        "issuers": list(citation.issuers),
        "doc_no": citation.doc_no,
        "dates": dict(citation.dates),
        "validity": citation.validity,
        "kind": citation.kind,
        "quote": citation.quote,
        "source": visible(citation.source),
        "remarks": list(citation.remarks),
        "url": permalink(citation),
    }


def permalink(citation: Citation) -> str:
    """The article on its document page, with the quoted words marked there."""
    return f"/documents/{citation.document_id}?quote={citation.start}-{citation.end}#{citation.anchor}"


def document_rows(
    library: Library,
    superseded: Mapping[str, PolicyDocument],
    *,
    wanted: str = "",
    limit: int | None = None,
    language: Language = "zh-CN",
) -> list[dict[str, Any]]:
    """One row a document that has `wanted` in its title, number or place: policy before third-party texts, by place."""
    return [
        {
            "id": d.id,
            "title": in_script(d.title, language),
            "place": in_script(d.place.full_name, language) if d.place else "",
            "kind": d.kind,
            "kind_name": translated(message(f"kind_{d.kind}"), language),
            "doc_no": d.doc_no or "",
            "dates": [(said(f"date_{n}", language), day) for n in _DATES if (day := getattr(d, n))],
            "validity": translated(state_of(d, date.today(), superseded.get(d.id)).text, language),
            "repairs": sum(f.confidence != "damaged" for f in d.fixes),
            "gaps": len(d.gaps),
            "articles": sum(a.kind != "front" and bool(a.number) for a in library.articles(d.id)),
        }
        for d in matching(library, wanted)[:limit]
    ]


def matching(library: Library, wanted: str = "") -> list[PolicyDocument]:
    """The documents that have `wanted` in title, number or place, in either script: policy first, then by place and title."""
    words = fold(wanted)
    found = [
        d
        for d in library.documents()
        if words in fold(f"{d.title} {d.doc_no or ''} {d.place.full_name if d.place else ''}")
    ]
    return sorted(found, key=lambda d: (d.kind == "third_party", d.place.path if d.place else ("~",), d.title))
