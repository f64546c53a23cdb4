"""What stands around the whole application: open routes, sizes, pace, one line for questions, errors (pure ASGI)."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from contextlib import AsyncExitStack
from time import perf_counter

from starlette.requests import Request

from bot import metrics
from bot.asgi import App, Event, Receive, Scope, Send
from bot.headers import First, Headed
from bot.logs import note_request
from bot.messages import message
from bot.pace import Full, Kind, Line, Pace, Streams
from bot.site import broken, refusal

BODY_CAP, HEADERS_CAP, ADDRESS_CAP = 64 * 1024, 32 * 1024, 16 * 1024
# Of the administration: forms that name many files or hold a lexicon, and uploads; nobody's body is read who is not logged in.
_CAPS = ((re.compile(r"/admin/upload/?"), 200_000_000), (re.compile(r"/admin/[a-z-]+/?"), 2_000_000))
_METHODS = ("GET", "HEAD", "POST")
_AGAIN = 5  # seconds after which a place in the line is likely

# Gradio brings some eighty routes (upload, file=, proxy=, monitoring, openapi …); only what the page uses is open. By these
# names requests are counted and logged.
_ROUTES = {
    name: re.compile(f"{pattern}/?")
    for name, pattern in {
        "page": r"/|/zh-Hant|/en",
        "/api/ask": r"/api/ask",
        "/api/find": r"/api/find",
        "/api/feedback": r"/api/feedback",
        "/documents": r"/documents",
        "/documents/{id}": r"/documents/[^/]+",
        "/a/{id}": r"/a/[\w-]{16}",
        "/places": r"/places",
        "/healthz": r"/healthz",
        "/admin": r"/admin|/admin/[a-z-]+",
        "join": r"/gradio_api/queue/join",
        "stream": r"/gradio_api/(?:queue/data|heartbeat/\w+)",
        "gradio": r"/config|/gradio_api/(?:startup-events|cancel|reset|app_id)",
        "static": r"/(?:page|receipt|chat|admin|theme)\.css|/chat\.js|/favicon\.ico|/manifest\.json|/robots\.txt"
        r"|/(?:assets|static|svelte)/.+|/gradio_api/theme\.css",
    }.items()
}
# Of Gradio's MCP routes the one that takes calls; its streams, which stay open, its schema and its own page are closed.
_MCP = re.compile(r"/gradio_api/mcp/?")
_ASKING = ("/api/ask", "/api/find", "/api/feedback", "mcp")
_LINED = ("/api/ask", "/api/find")  # Gradio has a queue of its own
# What an event of Gradio's queue counts as, by its number and the page's address; of one that does not exist, None.
KindOf = Callable[[int, str], Kind | None]


class Unreadable(Exception):
    """A body that no page of ours sends."""


class Guard:
    """Wraps the whole application: refuses what is closed, too long or too fast, and puts headers on every response."""

    def __init__(
        self,
        app: App,
        pace: Pace | None = None,
        first: First = lambda _: "",
        *,
        line: Line | None = None,
        kind_of: KindOf = lambda _event, _address: "ask",
        mcp: bool = False,
    ) -> None:
        """`first` is what a page shows until Gradio has loaded, as HTML for a language; `mcp` opens the tools' route."""
        self._app, self._first, self._mcp, self._kind_of = app, first, mcp, kind_of
        self._pace, self._line, self._streams = pace or Pace(), line or Line(), Streams()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        elif scope["type"] == "http":
            await self._answer(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request whatever happens: an error that nobody expected is logged, and told by its id."""
        began, route = perf_counter(), self._route(scope["path"])
        headed = Headed(send, scope, self._first)
        try:
            refused = self._refused(scope, route)
            if refused:
                allow = "POST" if route == "mcp" else "GET, POST"
                await refusal(Request(scope), *refused, allow=allow)(scope, receive, headed)
            else:
                await self._serve(scope, receive, headed, route)
        except Exception as error:
            answer = broken(Request(scope), error)
            if not headed.status:
                await answer(scope, receive, headed)
        finally:
            method = scope["method"] if scope["method"] in _METHODS else "other"
            metrics.requested(route, method, headed.status, perf_counter() - began)
            note_request(route, method, headed.status, perf_counter() - began)

    def _route(self, path: str) -> str:
        """The name of the route, `closed` for every address that is not open."""
        if self._mcp and _MCP.fullmatch(path):
            return "mcp"
        plain = path.isprintable() and "\\" not in path and ".." not in path.split("/")
        return next((name for name, form in _ROUTES.items() if plain and form.fullmatch(path)), "closed")

    def _refused(self, scope: Scope, route: str) -> tuple[int, str] | None:
        if route == "closed":
            return 403, message("closed_route")
        if scope["method"] not in _METHODS or (route == "mcp" and scope["method"] != "POST"):
            return 405, message("closed_route")
        if len(scope["query_string"]) > ADDRESS_CAP:
            return 414, message("body_too_large")
        if sum(len(name) + len(value) for name, value in scope["headers"]) > HEADERS_CAP:
            return 431, message("body_too_large")
        headers = dict(scope["headers"])
        length = headers.get(b"content-length", b"0")
        if b"transfer-encoding" in headers or not length.isdigit() or int(length) > _cap(scope["path"]):
            return 413, message("body_too_large")
        return None

    async def _serve(self, scope: Scope, receive: Receive, send: Send, route: str) -> None:
        """Pass a request on in its turn; who is too fast, or comes when too many wait, is told when to come again."""
        client = (scope.get("client") or ("",))[0]
        kind: Kind | None = "ask" if route in _ASKING else None
        if route == "join" and scope["method"] == "POST":
            try:
                receive, kind = await self._event(scope, receive)
            except Unreadable:
                return await refusal(Request(scope), 400, message("bad_event"))(scope, receive, send)
            send = _OwnWords(scope, receive, send)
        seconds = self._pace.wait(client, kind) if kind else 0
        if seconds:
            metrics.refused("pace")
            told = message("too_fast", seconds=seconds)
            return await refusal(Request(scope), 429, told, again=seconds)(scope, receive, send)
        if route == "page":  # the page's own script is named in its policy, so it must come as it is
            scope = {**scope, "headers": [h for h in scope["headers"] if h[0] != b"accept-encoding"]}
        async with AsyncExitStack() as places:
            try:
                if route == "stream":
                    places.enter_context(self._streams.place(client))
                elif route in _LINED:
                    await places.enter_async_context(self._line.place())
            except Full:
                return await busy(Request(scope))(scope, receive, send)
            return await self._app(scope, receive, send)

    async def _event(self, scope: Scope, receive: Receive) -> tuple[Receive, Kind]:
        """What an event of the page counts as, and its body to be read again. Raises `Unreadable`."""
        body = await _read(receive)
        try:
            event = json.loads(body)
            number, session, values = event["fn_index"], event["session_hash"], event["data"]
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise Unreadable from error
        known = type(number) is int and isinstance(session, str) and 0 < len(session) <= 64
        known = known and isinstance(values, list) and all(map(_is_plain, values))
        kind = self._kind_of(number, scope["query_string"].decode("latin1")) if known else None
        if kind is None:
            raise Unreadable
        return _again(body, receive), kind


def _is_plain(value: object) -> bool:
    """Whether a page of ours sends such a value: a text, or what a browser remembers, a few texts by name. Never a file."""
    if isinstance(value, dict):
        return "path" not in value and all(isinstance(v, str) for v in value.values())
    return value is None or isinstance(value, (str, int, float))


class _OwnWords:
    """A `send` that tells of Gradio's full queue in our words; Gradio's are English."""

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._scope, self._receive, self._send = scope, receive, send
        self._over = False

    async def __call__(self, event: Event) -> None:
        if self._over:
            return
        if event["type"] == "http.response.start" and event["status"] == 503:
            self._over = True
            await busy(Request(self._scope))(self._scope, self._receive, self._send)
        else:
            await self._send(event)


def busy(request: Request) -> App:
    """The response where too many are asking."""
    metrics.refused("full")
    return refusal(request, 503, message("busy"), again=_AGAIN)


def _cap(path: str) -> int:
    return next((cap for pattern, cap in _CAPS if pattern.fullmatch(path)), BODY_CAP)


async def _read(receive: Receive) -> bytes:
    """A body of declared length. Raises `Unreadable` where the client leaves before its end."""
    body = b""
    while True:
        event = await receive()
        if event["type"] != "http.request":
            raise Unreadable
        body += event.get("body", b"")
        if not event.get("more_body"):
            return bytes(body)


def _again(body: bytes, receive: Receive) -> Receive:
    """A `receive` that gives a body that has been read, and then what comes."""
    left: list[Event] = [{"type": "http.request", "body": body, "more_body": False}]

    async def again() -> Event:
        return left.pop() if left else await receive()

    return again
