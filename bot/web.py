"""What stands around the page: open routes, size and pace limits, security headers (one pure ASGI middleware)."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import re
import time
from collections import deque
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from starlette.requests import Request

from bot.language import PATHS, Language
from bot.messages import message
from bot.site import refusal

Scope = MutableMapping[str, Any]
Event = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Event]]
Send = Callable[[Event], Awaitable[None]]
First = Callable[[Language], str]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

BODY_CAP = 64 * 1024
# Of the administration: forms that name many files or hold a lexicon, and uploads; nobody's body is read who is not logged in.
_CAPS = ((re.compile(r"/admin/upload/?"), 200_000_000), (re.compile(r"/admin/[a-z-]+/?"), 2_000_000))
# Requests of one client that search, in so many seconds: one a keystroke where results come as one types.
BURST, WINDOW = 60, 10.0
PAGES = {path: language for language, path in PATHS.items()}

# Gradio brings some eighty routes (upload, file=, proxy=, monitoring, openapi …); only what the page uses is open.
_OPEN = re.compile(
    r"/(?:|zh-Hant|en|api/ask|api/find|api/feedback|documents|documents/[^/]+|places|a/[\w-]{16}|healthz|page\.css|receipt\.css"
    r"|chat\.css|chat\.js|admin|admin/[a-z-]+|admin\.css"
    r"|config|theme\.css|favicon\.ico|manifest\.json|robots\.txt|(?:assets|static|svelte)/.+"
    r"|gradio_api/(?:queue/join|queue/data|heartbeat/\w+|startup-events|cancel|reset|app_id|theme\.css))/?"
)
# Of Gradio's MCP routes the one that takes calls; its streams, which stay open, its schema and its own page are closed.
_MCP = re.compile(r"/gradio_api/mcp/?")
_ASKING = re.compile(r"/(?:api/ask|api/find|api/feedback|gradio_api/queue/join|gradio_api/mcp)/?")
_STRICT = re.compile(r"/(?:documents|a/|admin)")  # pages of ours: no inline styles, unlike Gradio's
_POLICY = (
    "default-src 'none'; script-src 'self'{scripts}; style-src 'self'{styles}; img-src 'self' data: blob:; font-src 'self' data:; "
    "connect-src 'self'; manifest-src 'self'; frame-src {framed}; base-uri 'self'; form-action 'self'; frame-ancestors {framing}"
)
_SCRIPT = re.compile(r"<script(?![^>]*\ssrc=)[^>]*>(.*?)</script>", re.DOTALL)
_OURS = '<title>有据</title><link rel="stylesheet" href="/chat.css"><script src="/chat.js"></script>'
_SOCIAL = re.compile(r"\s*<meta\s+(?:property=\"og:|name=\"twitter:)[^>]*>")


class Pace:
    """Lets each client ask `BURST` times in any `WINDOW` seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._asked: dict[str, deque[float]] = {}

    def allows(self, client: str) -> bool:
        now = self._clock()
        if len(self._asked) > 10_000:  # forget those who have gone, so that memory stays bounded
            self._asked = {c: times for c, times in self._asked.items() if times[-1] > now - WINDOW}
        times = self._asked.setdefault(client, deque(maxlen=BURST))
        if len(times) == BURST and times[0] > now - WINDOW:
            return False
        times.append(now)
        return True


class Guard:
    """Wraps the whole application: refuses what is closed, too long or too fast, and puts headers on every response."""

    def __init__(self, app: App, pace: Pace | None = None, first: First = lambda _: "", *, mcp: bool = False) -> None:
        """`first` is what a page shows until Gradio has loaded, as HTML for a language; `mcp` opens the tools' route."""
        self._app = app
        self._pace = pace or Pace()
        self._first = first
        self._mcp = mcp

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        elif scope["type"] == "http":
            guarded = _Headed(send, scope, self._first)
            refused = self._refused(scope)
            app = self._app if refused is None else refusal(Request(scope), *refused)
            await app(scope, receive, guarded)

    def _refused(self, scope: Scope) -> tuple[int, str] | None:
        tools = self._mcp and bool(_MCP.fullmatch(scope["path"]))
        if not tools and not _OPEN.fullmatch(scope["path"]):
            return 403, message("closed_route")
        if tools and scope["method"] != "POST":
            return 405, message("closed_route")
        headers = dict(scope["headers"])
        length = headers.get(b"content-length", b"0")
        if b"transfer-encoding" in headers or not length.isdigit() or int(length) > _cap(scope["path"]):
            return 413, message("body_too_large")
        if _ASKING.fullmatch(scope["path"]) and not self._pace.allows((scope.get("client") or ("",))[0]):
            return 429, message("busy")
        return None


def _cap(path: str) -> int:
    return next((cap for pattern, cap in _CAPS if pattern.fullmatch(path)), BODY_CAP)


class _Headed:
    """A `send` that adds the headers. The chat page is held until it is whole, because its policy names its own scripts.

    Document pages have no scripts and none are named for them, so one that got in with a document would not run.
    """

    def __init__(self, send: Send, scope: Scope, first: First) -> None:
        self._send, self._first = send, first
        path = scope["path"]
        self._language = PAGES.get(path) if scope["method"] == "GET" else None
        self._zips = b"gzip" in dict(scope["headers"]).get(b"accept-encoding", b"")
        self._joining = path.rstrip("/").endswith("/queue/join")
        drawn = path == "/documents/picture.svg"  # a drawing of ours styles itself and holds nothing else
        strict = bool(_STRICT.match(path)) and not drawn
        document = path.startswith("/documents")
        self._policy = {
            "styles": "" if strict else " 'unsafe-inline'",  # Gradio styles elements inline
            "framed": "'none'" if _STRICT.match(path) else "'self'",  # the chat shows document pages beside its answers
            "framing": "'self'" if document else "'none'",
        }
        self._framing = "SAMEORIGIN" if document else "DENY"
        self._start: Event | None = None
        self._body = b""
        self._over = False

    async def __call__(self, event: Event) -> None:
        if self._over:
            return
        if event["type"] == "http.response.start":
            if self._joining and event["status"] == 503:  # Gradio's page would tell of a full queue in English
                await _refuse(self, 429, message("busy"))
                self._over = True
            elif self._language and _is_plain_html(event):
                self._start = event
            else:
                await self._send(self._with_headers(event, ""))
        elif self._start is not None:
            self._body += event.get("body", b"")
            if not event.get("more_body"):
                language = self._language or "zh-CN"
                await self._send_page(self._start, _page_in(language, self._body.decode("utf8"), self._first(language)))
        else:
            await self._send(event)

    async def _send_page(self, start: Event, page: str) -> None:
        body = page.encode()
        headers = [h for h in start["headers"] if h[0] != b"content-length"]
        if self._zips:  # three thousand places stand in it
            body = gzip.compress(body, 5)
            headers.append((b"content-encoding", b"gzip"))
        headers += [(b"content-length", str(len(body)).encode()), (b"vary", b"accept-encoding")]
        await self._send(self._with_headers({**start, "headers": headers}, _hashes(page)))
        await self._send({"type": "http.response.body", "body": body})

    def _with_headers(self, start: Event, scripts: str) -> Event:
        own = {
            "content-security-policy": _POLICY.format(scripts=scripts, **self._policy),
            "x-content-type-options": "nosniff",
            "referrer-policy": "same-origin",
            "x-frame-options": self._framing,
            "cross-origin-opener-policy": "same-origin",
        }
        return {**start, "headers": [*start.get("headers", []), *((k.encode(), v.encode()) for k, v in own.items())]}


def _hashes(page: str) -> str:
    """The inline scripts of a page as CSP sources, so that an injected script never runs."""
    digests = {base64.b64encode(hashlib.sha256(s.encode()).digest()).decode() for s in _SCRIPT.findall(page) if s}
    return "".join(f" 'sha256-{d}'" for d in sorted(digests))


def _page_in(language: Language, page: str, first: str) -> str:
    """Gradio's page frame says that it is English and links its own preview picture elsewhere. Our styles and script come
    before anything is painted, so that the reader's colours and text size are there, and the first screen before Gradio's."""
    page = _SOCIAL.sub("", page.replace('lang="en"', f'lang="{language}"', 1))
    page = page.replace("</head>", f"{_OURS}</head>", 1)
    return page.replace("<gradio-app", f"{first}<gradio-app", 1)


def _is_plain_html(start: Event) -> bool:
    headers = dict(start.get("headers", []))
    return headers.get(b"content-type", b"").startswith(b"text/html") and b"content-encoding" not in headers


async def _refuse(send: Send, status: int, text: str) -> None:
    body = json.dumps({"error": text}, ensure_ascii=False).encode()  # what Gradio's page shows in its notice
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    headers += [(b"allow", b"POST")] if status == 405 else []
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
