"""The guard around the page: what is closed, what is too long or too fast, and the headers of every response."""

from __future__ import annotations

from base64 import b64encode
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from bot.web import BODY_CAP, BURST, WINDOW, Guard, Pace

SCRIPT = "window.gradio_config = {};"
OUTSIDE = '<meta property="og:image" content="https://example.org/x.jpg" />'
PAGE = f'<html lang="en"><head>{OUTSIDE}<script>{SCRIPT}</script></head><gradio-app></gradio-app></html>'


def client(pace: Pace | None = None) -> TestClient:
    def page(_: Request) -> HTMLResponse:
        return HTMLResponse(PAGE)

    def anything(_: Request) -> PlainTextResponse:
        return PlainTextResponse("好")

    methods = ["GET", "POST", "HEAD"]

    def full(_: Request) -> PlainTextResponse:
        return PlainTextResponse("Queue is full.", 503)

    inner = Starlette(
        routes=[
            *(Route(path, page, methods=methods) for path in ("/", "/zh-Hant", "/en")),
            Route("/documents/script", page),
            Route("/gradio_api/queue/join/", full, methods=methods),
            Route("/{path:path}", anything, methods=methods),
        ]
    )
    return TestClient(Guard(inner, pace, first=lambda language: f"<p>{language}</p>"))


@pytest.mark.parametrize(
    "path",
    [
        "/gradio_api/upload", "/upload", "/gradio_api/file=/etc/passwd", "/file=/etc/passwd", "/gradio_api/proxy=http://127.0.0.1/",
        "/monitoring", "/monitoring/summary", "/openapi.json", "/gradio_api/openapi.json", "/docs", "/redoc", "/gradio_api/info",
        "/gradio_api/run/predict", "/gradio_api/call/answer", "/gradio_api/deep_link", "/gradio_api/stream/1", "/login",
        "/gradio_api/process_recording", "/gradio_api/vibe-edit", "/gradio_api/runs", "/gradio_api/dev/reload", "/config/x", "/nothing",
        "/a/short", "/a/AbCdEfGh_-123456/x", "/a/../x", "/admin/a/b", "/admin/file.txt", "/administration",
        "/gradio_api/mcp", "/gradio_api/mcp/", "/gradio_api/mcp/sse", "/gradio_api/mcp/schema",
    ],
)  # fmt: skip
def test_whatever_the_page_does_not_use_is_closed(path: str) -> None:
    response = client().post(path, content=b"x")
    assert response.status_code == 403
    assert response.json() == {"error": "这个地址没有开放。"}


def test_who_opens_a_closed_address_in_a_browser_reads_a_page() -> None:
    response = client().get("/nothing", headers={"accept": "text/html,application/xhtml+xml"})
    assert response.status_code == 403
    assert "这个地址没有开放" in response.text and 'href="/"' in response.text
    assert "default-src 'none'" in response.headers["content-security-policy"]


@pytest.mark.parametrize(
    "path",
    ["/", "/en", "/zh-Hant", "/config", "/theme.css", "/assets/index.js", "/static/js/x.js", "/gradio_api/queue/join", "/gradio_api/queue/data",
     "/gradio_api/heartbeat/abc", "/gradio_api/startup-events", "/documents", "/documents/0a", "/api/find", "/healthz", "/page.css", "/chat.css",
     "/a/AbCdEfGh_-123456", "/receipt.css", "/api/feedback", "/documents/picture.svg", "/admin", "/admin/put-back", "/admin.css"],
)  # fmt: skip
def test_what_the_page_uses_is_open_and_carries_the_headers(path: str) -> None:
    response = client().get(path)
    assert response.status_code == 200
    framing = "'self'" if path.startswith("/documents") else "'none'"
    assert f"frame-ancestors {framing}" in response.headers["content-security-policy"]
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.headers["referrer-policy"] == "same-origin"


def test_the_policy_names_the_scripts_of_the_page_and_no_others() -> None:
    response = client().get("/")
    policy = response.headers["content-security-policy"]
    digest = b64encode(sha256(SCRIPT.encode()).digest()).decode()
    assert f"script-src 'self' 'sha256-{digest}';" in policy
    assert "unsafe-eval" not in policy
    assert response.headers["content-encoding"] == "gzip"


def test_a_browser_that_cannot_unzip_gets_the_page_as_it_is() -> None:
    response = client().get("/", headers={"accept-encoding": "identity"})
    assert "content-encoding" not in response.headers
    assert int(response.headers["content-length"]) == len(response.content)


@pytest.mark.parametrize(("path", "language"), [("/", "zh-CN"), ("/zh-Hant", "zh-Hant"), ("/en", "en")])
def test_the_frame_says_its_language_begins_with_our_own_and_links_nothing_outside(path: str, language: str) -> None:
    ours = '<title>有据</title><link rel="stylesheet" href="/chat.css"><script src="/chat.js"></script>'
    head = f"<head><script>{SCRIPT}</script>{ours}</head>"
    body = f"<p>{language}</p><gradio-app></gradio-app>"
    assert client().get(path).text == f'<html lang="{language}">{head}{body}</html>'


def test_document_pages_allow_no_inline_styles_and_only_our_own_frame() -> None:
    headers = client().get("/documents/0a").headers
    assert "'unsafe-inline'" not in headers["content-security-policy"]
    assert "frame-src 'none'" in headers["content-security-policy"]
    assert headers["x-frame-options"] == "SAMEORIGIN"
    assert client().get("/").headers["x-frame-options"] == "DENY"


@pytest.mark.parametrize("path", ["/a/AbCdEfGh_-123456", "/admin", "/admin/files", "/documents"])
def test_pages_of_ours_allow_no_inline_styles(path: str) -> None:
    assert "'unsafe-inline'" not in client().get(path).headers["content-security-policy"]


def test_a_script_in_a_document_page_is_not_allowed() -> None:
    response = client().get("/documents/script")
    assert SCRIPT in response.text
    assert "script-src 'self';" in response.headers["content-security-policy"]


def test_a_full_queue_is_told_in_chinese() -> None:
    response = client().post("/gradio_api/queue/join/", content=b"x")
    assert response.status_code == 429
    assert response.json() == {"error": "现在提问的人较多，请稍后再试。"}


def test_bodies_are_capped() -> None:
    assert client().post("/gradio_api/queue/join", content=b"x" * BODY_CAP).status_code == 200
    assert client().post("/gradio_api/queue/join", content=b"x" * (BODY_CAP + 1)).status_code == 413


@pytest.mark.parametrize(
    ("path", "cap"), [("/admin/upload", 200_000_000), ("/admin/lexicon", 2_000_000), ("/api/feedback", BODY_CAP)]
)
def test_the_administration_takes_longer_bodies(path: str, cap: int) -> None:
    for length, refused in ((cap, False), (cap + 1, True)):
        status = client().post(path, content=b"", headers={"content-length": str(length)}).status_code
        assert (status == 413) is refused


def test_a_body_of_unknown_length_is_refused() -> None:
    assert client().post("/gradio_api/queue/join", content=iter([b"x"])).status_code == 413


def test_a_flood_from_one_client_is_slowed() -> None:
    flooded = client()
    statuses = [flooded.get("/api/ask").status_code for _ in range(100)]
    assert statuses.count(429) == 100 - BURST
    assert flooded.get("/documents").status_code == 200
    assert flooded.post("/api/feedback").status_code == 429


def test_pace_counts_each_client_and_recovers() -> None:
    now = [0.0]
    pace = Pace(lambda: now[0])
    assert [pace.allows("a") for _ in range(BURST + 1)] == [True] * BURST + [False]
    assert pace.allows("b")
    now[0] = WINDOW + 0.1
    assert pace.allows("a")


@given(st.lists(st.floats(min_value=0, max_value=2), max_size=200))
def test_no_window_ever_holds_more_than_the_burst(steps: list[float]) -> None:
    now = [0.0]
    pace = Pace(lambda: now[0])
    allowed: list[float] = []
    for step in steps:
        now[0] += step
        if pace.allows("a"):
            allowed.append(now[0])
    for first, last in zip(allowed, allowed[BURST:], strict=False):
        assert last - first >= WINDOW - 1e-9
