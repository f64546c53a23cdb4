"""Hostile requests, made by `tests.hostile.make_requests`: each is refused with its sentence or by the server, and harms nothing."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import pytest

from bot.settings import ROOT
from tests.canary import listening
from tests.hostile import make_requests
from tests.hostile.make_requests import HostileRequest, send
from tests.public_site import PublicSite

REQUESTS = make_requests.make_requests()
HAN = re.compile(r"[\u4e00-\u9fff]")


@pytest.fixture(scope="module")
def canary() -> Iterator[list[str]]:
    """Connections made to the address in the hostile requests while the tests of this module run."""
    with listening() as (address, hits), pytest.MonkeyPatch.context() as patch:
        patch.setattr(make_requests, "CANARY", f"{address}/canary")
        yield hits


def test_there_are_many_of_many_kinds() -> None:
    assert len(REQUESTS) >= 100
    assert len({r.name for r in REQUESTS}) == len(REQUESTS)
    assert sum(not r.harmless for r in REQUESTS) >= 90


def test_each_is_refused_and_the_site_goes_on(public: PublicSite, canary: list[str]) -> None:
    failed = []
    for request in make_requests.make_requests():
        visitor = f"198.51.100.{len(request.raw) % 250}"
        trouble = _trouble(request, send(_from(request.raw, visitor), "127.0.0.1", public.port))
        if trouble:
            failed.append(f"{request.name}: {trouble}")
    assert failed == []
    assert canary == []
    assert public.process.poll() is None
    with public.client("198.51.100.251") as client:
        answer = client.get("/api/ask", params={"q": "学校午休可以收费吗"}).json()
    assert answer["outcome"] == "answered"


def _from(raw: bytes, visitor: str) -> bytes:
    """The request as the proxy passes it on."""
    return raw.replace(
        b"\r\nConnection: close\r\n", f"\r\nConnection: close\r\nX-Forwarded-For: {visitor}\r\n".encode(), 1
    )


def _trouble(request: HostileRequest, answer: bytes) -> str:
    """What is wrong with an answer, empty where nothing is."""
    head, _, body = answer.partition(b"\r\n\r\n")
    status = int(head.split(b" ", 2)[1]) if head.startswith(b"HTTP/1.1 ") else 0
    text = body.decode("utf8", "replace")
    if status not in request.statuses:
        return f"status {status}: {text[:200]}"
    if request.words not in text:
        return f"another sentence: {text[:200]}"
    if not request.harmless and 200 <= status < 400:
        return f"accepted with {status}"
    leaks = [part for part in ("root:x:0", "Traceback", str(ROOT), "site-packages", "/home/") if part in text]
    if leaks or b"set-cookie: x=1" in head.lower() or b"access-control-allow-origin" in head.lower():
        return f"lets out {leaks or head!r}"
    html = b"content-type: text/html" in head
    if (html and "<script>alert" in text) or "http://evil.example" in head.decode("latin1"):
        return "gives back what was sent"
    # The server's own word for bytes that are no request comes before everything of ours.
    ours = b"content-security-policy: default-src 'none'" in head
    return "" if ours or (status == 400 and b"Invalid HTTP request" in body) else f"no policy: {head!r}"


def test_what_a_refusal_says_is_a_chinese_sentence_for_scripts_and_people(public: PublicSite) -> None:
    with public.client("198.51.100.252") as client:
        for accept in ("application/json", "text/html"):
            refused = client.get("/gradio_api/file=/etc/passwd", headers={"accept": accept})
            assert refused.status_code == 403
            assert HAN.search(json.loads(refused.text)["error"] if accept.endswith("json") else refused.text)
