"""Document pages and JSON routes, served beside the chat. Everything from documents and visitors is escaped by the templates."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from functools import cache, wraps
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from bot.citations import validity
from bot.document_view import NOWHERE, Span, view
from bot.messages import message
from bot.records import Answer, Citation
from bot.shelf import Shelf
from index.errors import YoujuError
from index.library import Library
from index.places import places_in
from index.records import Place, PolicyDocument
from index.tokens import fold

STATIC = Path(__file__).parent / "static"
QUESTION_CAP = 500
_DATES = ("written", "published", "effective", "expires")
Handler = Callable[[Request], Response]


class BadInput(Exception):
    """A request that cannot be answered; the message is the Chinese sentence to send back."""


@cache
def templates() -> Environment:
    """The environment of all HTML: everything is escaped, an unknown variable is an error."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )
    environment.globals["text"] = lambda key, **variables: message(key, file="page", **variables)
    return environment


def routes(shelf: Shelf) -> list[Route]:
    """The routes of DESIGN section 4."""

    def ask(request: Request) -> Response:
        answerer = shelf.answerer
        place = place_of_visitor(request.query_params.get("place", ""), answerer.places)
        on = day(request.query_params.get("on", ""))
        return JSONResponse(answer_json(answerer.ask(_query(request), place=place, on=on)))

    def find(request: Request) -> Response:
        query = _query(request)
        return JSONResponse({"query": query, "sections": [citation_json(c) for c in shelf.finder.find(query)]})

    def documents(request: Request) -> Response:
        answerer = shelf.answerer
        wanted = request.query_params.get("q", "").strip()[:100]
        rows = document_rows(answerer.library, answerer.superseded, wanted=wanted)
        return _page("documents.html", wanted=wanted, rows=rows)

    def document(request: Request) -> Response:
        answerer = shelf.answerer
        try:
            found = answerer.library.document(request.path_params["id"])
        except KeyError:
            return _page("missing.html", 404, sentence=message("no_document"))
        articles, tables = answerer.library.articles(found.id), answerer.library.tables(found.id)
        quoted = _span(request.query_params.get("quote", ""))
        newer = answerer.superseded.get(found.id)
        return _page("document.html", view=view(found, articles, tables, on=date.today(), newer=newer, quoted=quoted))

    def health(_: Request) -> Response:
        info = shelf.answerer.info
        return JSONResponse(
            {"status": "ok", "generation": info.generation, "documents": info.documents, "built": info.built}
        )

    def style(_: Request) -> Response:
        return Response(styles("page.css"), media_type="text/css")

    def chat_style(_: Request) -> Response:
        return Response(styles("chat.css"), media_type="text/css")

    def script(_: Request) -> Response:
        return Response((STATIC / "chat.js").read_text(encoding="utf8"), media_type="text/javascript")

    return [
        Route("/api/ask", _answering(ask)),
        Route("/api/find", _answering(find)),
        Route("/documents", _answering(documents)),
        Route("/documents/{id}", _answering(document)),
        Route("/healthz", _answering(health)),
        Route("/page.css", style),
        Route("/chat.css", chat_style),
        Route("/chat.js", script),
    ]


def styles(name: str) -> str:
    """A style sheet with the part that the chat and the document pages share."""
    return "".join((STATIC / part).read_text(encoding="utf8") for part in ("fragments.css", name))


def _answering(handler: Handler) -> Handler:
    """Turn what a visitor got wrong into 400 and what the library cannot do into 503, each with its sentence."""

    @wraps(handler)
    def answered(request: Request) -> Response:
        try:
            return handler(request)
        except BadInput as error:
            return JSONResponse({"error": str(error)}, 400)
        except YoujuError as error:
            return JSONResponse({"error": message("unavailable", reason=error)}, 503)

    return answered


def _page(name: str, status: int = 200, **variables: Any) -> Response:
    return HTMLResponse(templates().get_template(name).render(**variables), status)


def _query(request: Request) -> str:
    question = request.query_params.get("q", "").strip()
    if not 0 < len(question) <= QUESTION_CAP:
        raise BadInput(message("bad_question", limit=QUESTION_CAP))
    return question


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
    match = re.fullmatch(r"(\d{1,9})-(\d{1,9})", written)
    return (int(match[1]), int(match[2])) if match else NOWHERE


def answer_json(answer: Answer) -> dict[str, Any]:
    """An answer as JSON: no scores, no paths."""
    return {
        "question": answer.question.text,
        "outcome": answer.outcome.value,
        "answer": answer.text,
        "statements": [{"text": s.text, "citations": list(s.labels)} for s in answer.statements],
        "citations": [citation_json(c) for c in answer.citations],
        "nearest": [citation_json(c) for c in answer.nearest],
        "followups": list(answer.followups),
        "library": {"generation": answer.library.generation, "built": answer.library.built} if answer.library else None,
    }


def citation_json(citation: Citation) -> dict[str, Any]:
    """A citation as JSON, with the address of its article."""
    return {
        "label": citation.label,
        "document": citation.title,
        "section": citation.path,
        "place": citation.place,
        "issuers": list(citation.issuers),
        "doc_no": citation.doc_no,
        "dates": dict(citation.dates),
        "validity": citation.validity,
        "kind": citation.kind,
        "quote": citation.quote,
        "source": citation.source,
        "url": permalink(citation),
    }


def permalink(citation: Citation) -> str:
    """The article on its document page, with the quoted words marked there."""
    return f"/documents/{citation.document_id}?quote={citation.start}-{citation.end}#{citation.anchor}"


def document_rows(
    library: Library, superseded: Mapping[str, PolicyDocument], *, wanted: str = "", limit: int | None = None
) -> list[dict[str, Any]]:
    """One row a document that has `wanted` in its title, number or place: policy before third-party texts, by place."""
    return [
        {
            "id": d.id,
            "title": d.title,
            "place": d.place.full_name if d.place else "",
            "kind": d.kind,
            "kind_name": message(f"kind_{d.kind}"),
            "doc_no": d.doc_no or "",
            "dates": [(message(f"date_{n}", file="page"), day) for n in _DATES if (day := getattr(d, n))],
            "validity": validity(d, date.today(), superseded[d.id].title if d.id in superseded else ""),
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
