"""Writes requests as an attacker sends them, byte for byte, each with the status and the sentence it must be refused with.

    python -m tests.hostile.make_requests http://127.0.0.1:7860    # sends them and prints what came back

The same requests on every run; none of them leads to another machine.
"""

from __future__ import annotations

import json
import socket
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

FORM = "application/x-www-form-urlencoded"
CANARY = "http://127.0.0.1:9/canary"
PASSWD = {"path": "/etc/passwd", "orig_name": "passwd", "meta": {"_type": "gradio.FileData"}}
CLOSED, LONG, BAD = "这个地址没有开放", "提交的内容太长", "提交的内容不完整或不合格式"
OVER, QUESTION, DATE, YEAR, PLACE = "请重新登录", "请写一个不超过", "日期请写成", "年份请写四位数字", "没有认出"
FEEDBACK, NOTHING = "请在有据的页面上评价", ""


@dataclass(frozen=True, slots=True)
class HostileRequest:
    """Bytes to send, the statuses that may come back, and words of the sentence; without words any refusal of the server will do.

    `harmless`: what may be answered, since it asks for nothing that is closed.
    """

    name: str
    raw: bytes
    statuses: tuple[int, ...]
    words: str = NOTHING
    harmless: bool = False


def http(
    method: str, target: str, body: bytes = b"", *, headers: Sequence[tuple[str, str]] = (), host: str = "localhost"
) -> bytes:
    """A request over one connection, with its length unless a length or an encoding is among the headers."""
    named = {name.lower() for name, _ in headers}
    lines = [f"{method} {target} HTTP/1.1", f"Host: {host}", "Connection: close", *(f"{k}: {v}" for k, v in headers)]
    if not named & {"content-length", "transfer-encoding"} and (body or method == "POST"):
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join(lines).encode("latin1") + b"\r\n\r\n" + body


def event(number: object, *data: object, session: object = "hostile", **more: object) -> bytes:
    """An event of the page's queue."""
    body = json.dumps({"fn_index": number, "session_hash": session, "data": list(data), **more}).encode()
    return http("POST", "/gradio_api/queue/join", body, headers=[("Content-Type", "application/json")])


def posted(target: str, body: bytes, kind: str = FORM, *more: tuple[str, str]) -> bytes:
    return http("POST", target, body, headers=[("Content-Type", kind), *more])


def closed() -> list[HostileRequest]:
    """Files of the machine and other machines through Gradio's routes, and whatever else is not open."""
    files = [
        "/gradio_api/file=/etc/passwd", "/file=/etc/passwd", "/gradio_api/file=../../etc/passwd", "/gradio_api/file=%2Fetc%2Fpasswd",
        "/gradio_api/file=%252Fetc%252Fpasswd", "/gradio_api/file=file:///etc/passwd", "/gradio_api/file/etc/passwd",
        "/gradio_api/file=\\\\127.0.0.1\\share\\x", f"/gradio_api/file={CANARY}", "/file/etc/passwd",
    ]  # fmt: skip
    others = [
        f"/gradio_api/proxy={CANARY}", f"/proxy={CANARY}", "/gradio_api/stream/x/0/playlist.m3u8", "/gradio_api/info", "/openapi.json",
        "/docs", "/monitoring", "/monitoring/summary", "/gradio_api/upload_progress?upload_id=x", "/gradio_api/deep_link",
        "/assets/../../../../etc/passwd", "/static/..%2f..%2f..%2fetc%2fpasswd", "/assets/%2e%2e/%2e%2e/app.py",
        "/static/..%5c..%5cetc%5cpasswd", "/assets/a%00.js", "/documents/..%2f..%2fetc%2fpasswd", "/documents/a%0d%0aSet-Cookie:x=1",
        "//evil.example/%2f..", "/a/../../etc/passwd", "/.env", "/data/journal.db", "/app.py", "/metrics", "/dev/reload",
    ]  # fmt: skip
    found = [HostileRequest(f"GET {path}", http("GET", path), (403,), CLOSED) for path in (*files, *others)]
    upload = b'--x\r\nContent-Disposition: form-data; name="files"; filename="../../x.html"\r\n\r\n<script>1</script>\r\n--x--\r\n'
    found.append(
        HostileRequest(
            "upload", posted("/gradio_api/upload", upload, "multipart/form-data; boundary=x"), (403,), CLOSED
        )
    )
    for path in ("/gradio_api/run/predict", "/gradio_api/call/ask", "/gradio_api/component_server"):
        found.append(HostileRequest(f"POST {path}", posted(path, b'{"data": []}', "application/json"), (403,), CLOSED))
    for method in ("PUT", "DELETE", "TRACE", "OPTIONS", "PATCH", "DEBUG"):
        found.append(
            HostileRequest(f"{method} /", http(method, "/", headers=[("Origin", "https://evil.example")]), (405, 400))
        )
    return found


def sizes() -> list[HostileRequest]:
    """Bodies, addresses and headers that are too long, and lengths that do not fit."""
    join, kind = "/gradio_api/queue/join", ("Content-Type", "application/json")
    over = 64 * 1024 + 1
    chunked = b"%x\r\n" % over + b"x" * over + b"\r\n0\r\n\r\n"
    return [
        HostileRequest("64 KB and one byte", posted(join, b"x" * over, "application/json"), (413,), LONG),
        HostileRequest(
            "the same in chunks", http("POST", join, chunked, headers=[kind, ("Transfer-Encoding", "chunked")]), (413,), LONG
        ),
        HostileRequest("a length of a gigabyte", http("POST", join, b"{}", headers=[("Content-Length", "1000000000")]), (413,), LONG),
        HostileRequest("a negative length", http("POST", join, b"{}", headers=[("Content-Length", "-1")]), (400, 413)),
        HostileRequest("no number for a length", http("POST", join, b"{}", headers=[("Content-Length", "1e3")]), (400, 413)),
        HostileRequest(
            "two lengths", http("POST", join, b"{}", headers=[("Content-Length", "2"), ("Content-Length", "40")]), (400, 413)
        ),
        HostileRequest(
            "length and chunks, another request within",
            http("POST", join, b"0\r\n\r\nGET /admin HTTP/1.1\r\nHost: x\r\n\r\n",
                 headers=[("Content-Length", "5"), ("Transfer-Encoding", "chunked")]),
            (400, 413),
        ),
        HostileRequest("an unknown encoding", http("POST", join, b"x", headers=[("Transfer-Encoding", "xchunked")]), (400, 413, 501)),
        HostileRequest("a question of 60 KB", http("GET", f"/api/ask?q={'x' * 60_000}"), (400, 414), LONG),
        HostileRequest("a header of 200 KB", http("GET", "/healthz", headers=[("X-Long", "x" * 200_000)]), (400, 431), LONG),
        HostileRequest("10,000 headers", http("GET", "/healthz", headers=[(f"X-{i}", "x" * 20) for i in range(10_000)]), (400, 431)),
        HostileRequest("a broken request line", b"GET\r\n\r\n", (400,)),
        HostileRequest("no HTTP at all", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(200), (400,)),
        HostileRequest("a null byte in the address", b"GET /healthz\x00/../admin HTTP/1.1\r\nHost: x\r\n\r\n", (400, 403)),
        HostileRequest("a header with a line end", http("GET", "/healthz", headers=[("X-A", "1\r\n\r\nGET /admin HTTP/1.1")]), (200,), harmless=True),
    ]  # fmt: skip


def events() -> list[HostileRequest]:
    """Events that no page sends."""
    join = "/gradio_api/queue/join"
    bodies = {
        "no JSON": b"<x/>",
        "invalid UTF-8": b'{"fn_index": 0, "session_hash": "\xff\xfe", "data": []}',
        "deep JSON": b"[" * 30_000 + b"]" * 30_000,
        "deep JSON within": b'{"fn_index": 0, "session_hash": "x", "data": ' + b"[" * 30_000 + b"]" * 30_000 + b"}",
        "an empty body": b"",
    }
    found = [HostileRequest(name, posted(join, body, "application/json"), (400,), BAD) for name, body in bodies.items()]
    numbers = {
        "an unknown event": 9999,
        "a negative event": -1,
        "an event by name": "ask",
        "an event that is true": True,
    }
    found += [HostileRequest(name, event(number, "x"), (400,), BAD) for name, number in numbers.items()]
    found += [
        HostileRequest("no session", event(0, "x", session=None), (400,), BAD),
        HostileRequest("a session that is a path", event(0, "x", session="../" * 30), (400,), BAD),
        HostileRequest("an event as a form", posted(join, b"fn_index=0&session_hash=x"), (400,), BAD),
        HostileRequest(
            "somebody else's event", posted("/gradio_api/cancel", b'{"event_id": "x"}', "application/json"), (422, 400)
        ),
        HostileRequest("a stream without a session", http("GET", "/gradio_api/queue/data"), (422, 400)),
    ]
    return found


def visitors() -> list[HostileRequest]:
    """What is typed into the routes for scripts."""
    asked = {
        "an empty question": ("/api/ask?q=", QUESTION),
        "a question of nothing to see": ("/api/ask?q=%E2%80%8B%E2%80%AE%F3%A0%81%81", QUESTION),
        "a day that is none": ("/api/ask?q=x&on=2026-99-99", DATE),
        "a day as a query": ("/api/ask?q=x&on=2026-11-21'--", DATE),
        "a year as a query": ("/api/find?q=x&year=2026%20OR%201=1", YEAR),
        "a place that is a script": ("/api/ask?q=x&place=%3Cscript%3Ealert(1)%3C/script%3E", PLACE),
    }
    own = ("Origin", "http://localhost")
    json_kind, reviewed = "application/json", b'{"receipt": "' + b"A" * 16 + b'", "verdict": "up"}'
    return [
        *(HostileRequest(name, http("GET", path), (400,), words) for name, (path, words) in asked.items()),
        HostileRequest("feedback from elsewhere", posted("/api/feedback", reviewed, json_kind, ("Origin", CANARY)), (403,), FEEDBACK),
        HostileRequest("feedback as a form", posted("/api/feedback", reviewed, FORM, own), (403,), FEEDBACK),
        HostileRequest("feedback that is deep", posted("/api/feedback", b"[" * 50_000, json_kind, own), (400,)),
        HostileRequest("feedback on no answer", posted("/api/feedback", reviewed, json_kind, own), (400,)),
        HostileRequest("feedback by address", http("GET", "/api/feedback?receipt=x"), (405,)),
        HostileRequest("a receipt that is guessed", http("GET", "/a/AAAAAAAAAAAAAAAA"), (404,)),
        HostileRequest("a document with a script for a name", http("GET", "/documents/%3Cscript%3Ealert(1)%3C"), (404,)),
        HostileRequest("a span of a document beyond all numbers", http("GET", f"/documents/x?quote={'9' * 400}-1"), (404,)),
        HostileRequest("another host", http("GET", "/healthz", host="evil.example"), (200,), harmless=True),
        HostileRequest("a host with a script", http("GET", "/", host='x"><script>alert(1)</script>'), (200, 400), harmless=True),
        HostileRequest("two hosts", http("GET", "/healthz", headers=[("Host", "evil.example")]), (200, 400), harmless=True),
        HostileRequest("leave for another site", http("GET", "/config", headers=[("Origin", "https://evil.example")]), (200,), harmless=True),
        HostileRequest("a redirect elsewhere", http("GET", "/?__theme=dark&next=//evil.example&root=http://evil.example"), (200,), harmless=True),
    ]  # fmt: skip


def administration() -> list[HostileRequest]:
    """Forms of other sites, forged sessions and tokens."""
    ours = ("Origin", "http://localhost")
    forged = [
        "youju_admin=staff:x", "youju_admin=c3RhZmY6eA.aSdF.x", "youju_admin=guest:x.y.z", "youju_admin=" + "A" * 4000,
        "youju_admin=\xff\xfe", 'youju_admin="staff"; youju_admin=staff',
    ]  # fmt: skip
    found = [
        HostileRequest(f"a forged session {i}", http("GET", "/admin/files", headers=[("Cookie", cookie)]), (303,), harmless=True)
        for i, cookie in enumerate(forged, 1)
    ]  # fmt: skip
    upload = b'--x\r\nContent-Disposition: form-data; name="files"; filename="../../../x.md"\r\n\r\n# x\r\n--x--\r\n'
    found += [
        HostileRequest("an upload of a stranger", posted("/admin/upload", upload, "multipart/form-data; boundary=x", ours), (403,), OVER),
        HostileRequest("a form of another site", posted("/admin/remove", b"document=x", FORM, ("Origin", CANARY)), (403,), OVER),
        HostileRequest("a login of another site", posted("/admin/login", b"password=x", FORM, ("Origin", CANARY)), (403,), OVER),
        HostileRequest("a login without a token", posted("/admin/login", b"password=x", FORM, ours), (403,)),
        HostileRequest("an upload of a gigabyte", http("POST", "/admin/upload", b"x", headers=[("Content-Length", "1000000000")]), (413,), LONG),
        HostileRequest("a page that is none", http("GET", "/admin/nothing"), (404,), CLOSED),
    ]  # fmt: skip
    return found


def make_requests() -> list[HostileRequest]:
    """All of them."""
    return [*closed(), *sizes(), *events(), *visitors(), *administration()]


def send(raw: bytes, host: str, port: int) -> bytes:
    """What comes back, until the server closes or says nothing more for half a second."""
    with socket.create_connection((host, port), timeout=20) as connection:
        answer = b""
        try:
            connection.sendall(raw)
            while piece := connection.recv(65536):
                answer += piece
                connection.settimeout(0.5)
        except (TimeoutError, ConnectionResetError, BrokenPipeError):
            pass
        return answer


def main() -> None:
    where = urlsplit(sys.argv[1])
    for request in make_requests():
        first = send(request.raw, where.hostname or "", where.port or 80).split(b"\r\n", 1)[0]
        sys.stdout.write(f"{first.decode('latin1')}\t{request.name}\n")


if __name__ == "__main__":
    main()
