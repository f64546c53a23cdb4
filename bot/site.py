"""What all routes share: templates, style sheets, errors as sentences, and whether a request comes from our own pages."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, wraps
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from bot import metrics
from bot.language import Language, language_of, speech
from bot.logs import report
from bot.messages import message
from index.errors import YoujuError
from index.tokens import visible

STATIC = Path(__file__).parent / "static"
Handler = Callable[[Request], Response]


class BadInput(Exception):
    """A request that cannot be answered; the message is the Chinese sentence to send back."""


@cache
def templates() -> Environment:
    """The environment of all HTML: everything is escaped, an unknown variable is an error."""
    return Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
        finalize=_shown,
    )


def _shown(value: Any) -> Any:
    """What a template shows of a value: no characters that cannot be seen, wherever the text comes from."""
    if isinstance(value, Markup):
        return Markup(visible(value))
    return visible(value) if isinstance(value, str) else value


def page(
    name: str, status: int = 200, *, texts: str = "page", language: Language = "zh-CN", **variables: Any
) -> Response:
    """A template as a response; `text("key")` in it takes its texts from `prompts/{texts}.md` in the reader's language."""
    html = templates().get_template(name).render(**{**speech(language, texts), **variables})
    return HTMLResponse(html, status)


def reader(request: Request) -> Language:
    """The language that the address of a page of ours asks for."""
    return language_of(request.query_params.get("lang", ""))


def styles(name: str) -> str:
    """A style sheet with the part that the chat and the document pages share."""
    return "".join((STATIC / part).read_text(encoding="utf8") for part in ("fragments.css", name))


def style(*names: str) -> Handler:
    """A route's handler for style sheets, one after the other."""

    def sheet(_: Request) -> Response:
        return Response("".join((STATIC / name).read_text(encoding="utf8") for name in names), media_type="text/css")

    return sheet


def refusal(request: Request, status: int, sentence: str, *, again: int = 0, allow: str = "GET, POST") -> Response:
    """Why a request is not answered: a page for who opens it in a browser, JSON for a script; `again`: seconds to wait."""
    headers = {"retry-after": str(again)} if again else {}
    headers |= {"allow": allow} if status == 405 else {}
    if "text/html" in request.headers.get("accept", ""):
        refused = page("refused.html", status, sentence=sentence)
        refused.headers.update(headers)
        return refused
    return JSONResponse({"error": sentence}, status, headers)


def answering(handler: Handler) -> Handler:
    """Turn what a visitor got wrong into 400 and what the library cannot do into 503, each with its sentence."""

    @wraps(handler)
    def answered(request: Request) -> Response:
        try:
            return handler(request)
        except BadInput as error:
            return refusal(request, 400, str(error))
        except YoujuError as error:
            return refusal(request, 503, message("unavailable", reason=error))

    return answered


def broken(request: Request, error: Exception) -> Response:
    """What a visitor gets where something failed that nobody expected: a sentence with the id under which it was logged."""
    metrics.failed()
    return refusal(request, 500, message("failed", file="page", id=report(error, "a request failed")))


def same_origin(request: Request) -> bool:
    """Whether a browser sent this from one of our own pages.

    `Sec-Fetch-Site` where there is one (browsers leave it out over plain HTTP), else `Origin` against `Host`; a request that says
    neither is no form of ours. The scheme is not compared: a proxy in front may speak HTTPS.
    """
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site == "same-origin"
    origin = urlsplit(request.headers.get("origin", "")).netloc
    return bool(origin) and origin == request.headers.get("host", "")
