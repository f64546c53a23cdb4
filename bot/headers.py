"""The headers of every response, and the frame of the chat page: its policy names its own scripts and no others."""

from __future__ import annotations

import base64
import gzip
import hashlib
import re
from collections.abc import Callable

from bot.asgi import Event, Scope, Send
from bot.language import PATHS, Language

First = Callable[[Language], str]
PAGES = {path: language for language, path in PATHS.items()}
_STRICT = re.compile(r"/(?:documents|a/|admin)")  # pages of ours: no inline styles, unlike Gradio's
_POLICY = (
    "default-src 'none'; script-src 'self'{scripts}; style-src 'self'{styles}; img-src 'self' data: blob:; font-src 'self' data:; "
    "connect-src 'self'; manifest-src 'self'; frame-src {framed}; base-uri 'self'; form-action 'self'; frame-ancestors {framing}"
)
_SCRIPT = re.compile(r"<script(?![^>]*\ssrc=)[^>]*>(.*?)</script>", re.DOTALL)
_OURS = '<title>有据</title><link rel="stylesheet" href="/chat.css"><script src="/chat.js"></script>'
_SOCIAL = re.compile(r"\s*<meta\s+(?:property=\"og:|name=\"twitter:)[^>]*>")


class Headed:
    """A `send` that adds the headers. The chat page is held until it is whole, because its policy names its own scripts.

    Document pages have no scripts and none are named for them, so one that got in with a document would not run.
    """

    def __init__(self, send: Send, scope: Scope, first: First) -> None:
        self._send, self._first = send, first
        path = scope["path"]
        self._language = PAGES.get(path) if scope["method"] == "GET" else None
        self._zips = b"gzip" in dict(scope["headers"]).get(b"accept-encoding", b"")
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
        self.status = 0  # of the response, 0 before it has begun

    async def __call__(self, event: Event) -> None:
        if event["type"] == "http.response.start":
            self.status = event["status"]
            if self._language and _is_plain_html(event):
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
        """The start of a response with our headers, and without Gradio's leave for pages of other sites to read it."""
        own = {
            "content-security-policy": _POLICY.format(scripts=scripts, **self._policy),
            "x-content-type-options": "nosniff",
            "referrer-policy": "same-origin",
            "x-frame-options": self._framing,
            "cross-origin-opener-policy": "same-origin",
        }
        kept = [h for h in start.get("headers", []) if not h[0].lower().startswith(b"access-control-")]
        return {**start, "headers": [*kept, *((k.encode(), v.encode()) for k, v in own.items())]}


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
