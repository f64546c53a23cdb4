"""The guard around the page: what is closed, what is too long or too fast, and the headers of every response."""

from __future__ import annotations

import asyncio
import json
import re
from base64 import b64encode
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from hashlib import sha256
from time import sleep

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from bot.messages import message
from bot.pace import BURST, LOOKS, Full, Kind, Line, Pace, Streams
from bot.proxies import Proxies
from bot.site import broken
from bot.web import BODY_CAP, Guard

SCRIPT = "window.gradio_config = {};"
OUTSIDE = '<meta property="og:image" content="https://example.org/x.jpg" />'
EVENT = {"fn_index": 0, "session_hash": "s", "data": []}
PAGE = f'<html lang="en"><head>{OUTSIDE}<script>{SCRIPT}</script></head><gradio-app></gradio-app></html>'


def client(pace: Pace | None = None, kinds: Mapping[int, Kind] | None = None) -> TestClient:
    def page(_: Request) -> HTMLResponse:
        return HTMLResponse(PAGE)

    def anything(_: Request) -> PlainTextResponse:
        return PlainTextResponse("好")

    methods = ["GET", "POST", "HEAD"]

    def fails(_: Request) -> PlainTextResponse:
        raise RuntimeError("/secret/path 身份证110101199003077758")

    def full(_: Request) -> PlainTextResponse:
        return PlainTextResponse("Queue is full.", 503)

    inner = Starlette(
        routes=[
            *(Route(path, page, methods=methods) for path in ("/", "/zh-Hant", "/en")),
            Route("/documents/script", page),
            Route("/documents/broken", fails),
            Route(
                "/gradio_api/queue/join/", full, methods=methods
            ),  # with the stroke at its end it is always full here
            Route("/{path:path}", anything, methods=methods),
        ],
        exception_handlers={Exception: broken},
    )
    known = kinds or {0: "ask"}
    guard = Guard(inner, pace, lambda language: f"<p>{language}</p>", kind_of=lambda number, _: known.get(number))
    return TestClient(guard)


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
    response = client().post(path, json=EVENT) if path.endswith("join") else client().get(path)
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
    response = client().post("/gradio_api/queue/join/", json=EVENT)
    assert response.status_code == 503
    assert response.json() == {"error": "现在提问的人较多，请稍后再试。"}
    assert int(response.headers["retry-after"]) > 0


def event_of(length: int) -> bytes:
    """An event of the page whose body has so many bytes."""
    body = json.dumps({**EVENT, "data": [""]})
    return body.replace('""', f'"{"x" * (length - len(body))}"').encode()


def test_bodies_are_capped() -> None:
    assert len(event_of(BODY_CAP)) == BODY_CAP
    assert client().post("/gradio_api/queue/join", content=event_of(BODY_CAP)).status_code == 200
    refused = client().post("/gradio_api/queue/join", content=event_of(BODY_CAP + 1))
    assert (refused.status_code, refused.json()) == (413, {"error": message("body_too_large")})


@pytest.mark.parametrize(
    "body",
    [b"", b"x", b"[]", b"{}", b"\xff\xfe", b"[" * 60_000, b'{"fn_index": 0}', b'{"fn_index": true, "session_hash": "s", "data": []}',
     b'{"fn_index": "0", "session_hash": "s", "data": []}', b'{"fn_index": 0, "session_hash": "", "data": []}', b'{"fn_index": 0, "session_hash": "s", "data": {}}',
        b'{"fn_index": 0, "session_hash": "s", "data": [{"path": "/etc/passwd"}]}',
        b'{"fn_index": 0, "session_hash": "s", "data": [{"file": {"path": "/etc/passwd"}}]}', b'{"fn_index": 0, "session_hash": "s", "data": [["x"]]}', b'{"fn_index": 0, "session_hash": ["s"], "data": []}',
     b'{"fn_index": 9, "session_hash": "s", "data": []}', b'{"fn_index": 0, "session_hash": "' + b"s" * 99 + b'", "data": []}'],
)  # fmt: skip
def test_what_no_page_of_ours_sends_is_refused_before_gradio_reads_it(body: bytes) -> None:
    response = client(kinds={0: "ask"}).post("/gradio_api/queue/join", content=body)
    assert (response.status_code, response.json()) == (400, {"error": message("bad_event")})


@pytest.mark.parametrize(
    ("path", "cap"), [("/admin/upload", 200_000_000), ("/admin/lexicon", 2_000_000), ("/api/feedback", BODY_CAP)]
)
def test_the_administration_takes_longer_bodies(path: str, cap: int) -> None:
    for length, refused in ((cap, False), (cap + 1, True)):
        status = client().post(path, content=b"", headers={"content-length": str(length)}).status_code
        assert (status == 413) is refused


def test_a_body_of_unknown_length_is_refused() -> None:
    assert client().post("/gradio_api/queue/join", content=iter([b"x"])).status_code == 413


def test_a_flood_from_one_address_is_slowed_and_told_when_to_come_again() -> None:
    flooded = client()
    responses = [flooded.get("/api/ask") for _ in range(100)]
    refused = [r for r in responses if r.status_code == 429]
    assert len(refused) == 100 - BURST >= 75
    for response in refused:
        seconds = int(response.headers["retry-after"])
        assert 1 <= seconds <= 10
        assert response.json() == {"error": f"这个网络地址在短时间里提问太多，请过 {seconds} 秒再试。"}
    assert flooded.post("/api/feedback").status_code == 429
    assert flooded.post("/gradio_api/queue/join", json=EVENT).status_code == 429
    for path in ("/", "/documents", "/healthz", "/chat.css", "/assets/index.js", "/a/AbCdEfGh_-123456"):
        assert flooded.get(path).status_code == 200


def test_what_a_browser_remembers_is_taken() -> None:
    sent = {**EVENT, "fn_index": 1, "data": [{"place": "德清县", "on": ""}, None, "x", 1, True]}
    assert client(kinds={1: "look"}).post("/gradio_api/queue/join", json=sent).status_code == 200


def test_what_a_page_does_beside_asking_has_a_wider_limit_of_its_own() -> None:
    flooded = client(Pace(burst=3), kinds={0: "ask", 1: "look"})
    asked = [flooded.post("/gradio_api/queue/join/", json=EVENT).status_code for _ in range(5)]
    looked = [
        flooded.post("/gradio_api/queue/join", json={**EVENT, "fn_index": 1}).status_code for _ in range(3 * LOOKS + 2)
    ]
    assert asked == [503] * 3 + [429] * 2  # 503: the queue of this application is always full
    assert looked == [200] * (3 * LOOKS) + [429] * 2


def test_the_limits_of_an_hour_and_of_none() -> None:
    hourly = Pace(burst=0, per_hour=5)
    assert [hourly.wait("a") > 0 for _ in range(7)] == [False] * 5 + [True] * 2
    assert 3000 < hourly.wait("a") <= 3600
    assert not any(hourly.wait("a", "look") for _ in range(100))
    assert not any(Pace(0, 0).wait("a") for _ in range(1000))


def test_the_pace_recovers_and_what_was_refused_does_not_count() -> None:
    pace = Pace(burst=2, window=1)
    assert [pace.wait("a") > 0 for _ in range(9)] == [False, False] + [True] * 7
    sleep(1.1)
    assert pace.wait("a") == 0


def test_addresses_are_counted_apart_but_those_of_one_ipv6_network_together() -> None:
    pace = Pace(burst=1)
    assert [pace.wait(a) > 0 for a in ("192.0.2.1", "192.0.2.2", "192.0.2.1")] == [False, False, True]
    assert [pace.wait(a) > 0 for a in ("2001:db8::1", "2001:db8::ffff:1", "2001:db8:0:1::1")] == [False, True, False]
    assert pace.wait("::ffff:192.0.2.1") > 0


def behind(trusted: Sequence[str], peer: str) -> TestClient:
    """A client that reaches the guard through the address `peer`; the application says whom it takes for its client."""

    def who(request: Request) -> PlainTextResponse:
        forwarded = [name for name in request.headers if name.startswith(("x-forwarded", "forwarded", "x-gradio"))]
        return PlainTextResponse(
            f"{request.client.host if request.client else ''} {request.url.scheme} {len(forwarded)}"
        )

    inner = Starlette(routes=[Route("/{path:path}", who)])
    return TestClient(Proxies(Guard(inner, Pace(burst=2)), trusted), client=(peer, 5000))


FORGED = {
    "x-forwarded-for": "203.0.113.9", "x-forwarded-host": "evil.example", "x-forwarded-proto": "https", "forwarded": "for=203.0.113.9",
    "x-gradio-server": "http://evil.example",
}  # fmt: skip


@pytest.mark.parametrize(("trusted", "peer"), [((), "127.0.0.1"), ((), "198.51.100.7"), (("10.0.0.0/8",), "127.0.0.1")])
def test_nobody_names_another_address_for_himself(trusted: Sequence[str], peer: str) -> None:
    direct = behind(trusted, peer)
    assert direct.get("/healthz", headers=FORGED).text == f"{peer} http 0"
    statuses = [direct.get("/api/ask", headers={"x-forwarded-for": f"203.0.113.{i}"}).status_code for i in range(5)]
    assert statuses == [200, 200, 429, 429, 429]


def test_a_proxy_of_the_settings_names_the_client_and_a_visitor_cannot_do_so_through_it() -> None:
    proxied = behind(("10.0.0.0/8", "127.0.0.1"), "10.1.2.3")
    sent = {"x-forwarded-for": "203.0.113.9, 198.51.100.7, 127.0.0.1", "x-forwarded-proto": "https"}
    assert proxied.get("/healthz", headers=sent).text.startswith("198.51.100.7 https ")
    for visitor in ("198.51.100.7", "198.51.100.8"):
        claimed = [f"203.0.113.{i}, {visitor}" for i in range(3)]
        statuses = [proxied.get("/api/ask", headers={"x-forwarded-for": c}).status_code for c in claimed]
        assert statuses == [200, 200, 429]


def test_a_line_lets_some_work_some_wait_and_sends_the_rest_away() -> None:
    async def come() -> tuple[list[str], int]:
        line, at_work, most = Line(at_once=2, waiting=3), 0, 0

        async def one() -> str:
            nonlocal at_work, most
            try:
                async with line.place():
                    at_work += 1
                    most = max(most, at_work)
                    await asyncio.sleep(0.01)
                    at_work -= 1
            except Full:
                return "away"
            return "served"

        outcomes = await asyncio.gather(*(one() for _ in range(9)))
        assert line.length == 0
        return sorted(outcomes), most

    assert asyncio.run(come()) == (["away"] * 4 + ["served"] * 5, 2)


def test_nobody_waits_in_a_line_for_long() -> None:
    async def come() -> None:
        line = Line(at_once=1, waiting=1, seconds=0.05)
        async with line.place():
            with pytest.raises(Full):
                async with line.place():
                    pytest.fail("there was no turn")
        async with line.place():
            assert line.length == 1

    asyncio.run(come())


def test_streams_that_stay_open_are_bounded_for_one_address_and_for_all() -> None:
    streams = Streams(of_one=2, of_all=3)
    with ExitStack() as opened:
        for address in ("a", "a", "b"):
            opened.enter_context(streams.place(address))
        for address in ("a", "b", "c"):
            with pytest.raises(Full), streams.place(address):
                pytest.fail("there was no place")
    with streams.place("a"):
        pass


def test_an_error_is_told_by_its_id_and_logged_without_what_was_asked(caplog: pytest.LogCaptureFixture) -> None:
    response = client().get("/documents/broken", params={"q": "身份证110101199003077758"})
    number = re.fullmatch(
        r"这个网页暂时打不开，请稍后再试；若一直如此，请把编号 ([0-9a-f]{8}) 告诉管理员。", response.json()["error"]
    )
    assert response.status_code == 500 and number
    assert "default-src 'none'" in response.headers["content-security-policy"]
    assert "/secret/" not in response.text
    (record,) = [r for r in caplog.records if number[1] in r.getMessage()]
    assert "RuntimeError" in record.getMessage()
    assert record.told["error_id"] == number[1]  # type: ignore[attr-defined]
    assert any(place.startswith("tests/test_web.py:") for place in record.told["at"])  # type: ignore[attr-defined]
    assert "110101" not in caplog.text and "secret" not in caplog.text


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "PROPFIND"])
def test_other_methods_are_refused(method: str) -> None:
    asked = {"origin": "https://evil.example", "access-control-request-method": "POST"}
    response = client().request(method, "/", headers=asked)
    assert response.status_code == 405
    assert "default-src 'none'" in response.headers["content-security-policy"]
    assert not [name for name in response.headers if name.startswith("access-control-")]


@pytest.mark.parametrize(
    "path", ["/assets/../x", "/static/..%2f..%2fetc/passwd", "/assets/a%00b", "/assets/a%5c..%5cb", "/documents/a%0ab"]
)
def test_addresses_that_lead_elsewhere_are_closed(path: str) -> None:
    assert client().get(path).status_code == 403
