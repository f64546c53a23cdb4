"""A local server that speaks OpenAI's protocol for a scripted model, well or with one fault.

with served(Good()) as url: ...                       # url is what YOUJU_LLM_URL is set to
with served(Good(), Fault.BROKEN, times=1) as url: ...  # only the first request fails
"""

from __future__ import annotations

import json
import select
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Lock, Thread
from typing import Any

from tests.model_dialects import DIALECTS, MODEL, OpenAI, Reply
from tests.scripted_models import English, Good, Inventing, Leaking, Mislabelling, Obedient, Rambling, Script

__all__ = [
    "English", "Fault", "Good", "Inventing", "Leaking", "Mislabelling", "Obedient", "Rambling", "Script", "served",
]  # fmt: skip

_PIECE = 8  # characters a streamed event


class Fault(StrEnum):
    """What goes wrong."""

    REFUSED = "nothing listens"
    UNAUTHORISED = "401"
    LIMITED = "429, again after 1 s"
    LIMITED_LONG = "429, again after 3600 s"
    BROKEN = "500"
    RESET = "the connection is closed without a reply"
    HANG = "nothing comes"
    HANG_AFTER_HEADERS = "headers come, then nothing"
    DRIP = "a byte every half second, without end"
    CUT = "the connection is closed in the middle"
    CUT_QUIETLY = "the stream ends in order, but in the middle"
    OUT_OF_ROOM = "the completion is cut off at its greatest length"
    NOT_JSON = "a web page instead of events"
    GARBLED = "events that are no JSON"
    EMPTY = "a completion without text"
    OTHER_LANGUAGE = "an answer in English"
    TOO_LONG = "400 context_length_exceeded"
    NO_SCHEMA = "400 where a schema is asked for"


_STATUS: dict[Fault, tuple[int, str, dict[str, str]]] = {
    Fault.UNAUTHORISED: (401, "Incorrect API key provided", {}),
    Fault.LIMITED: (429, "Rate limit reached", {"Retry-After": "1"}),
    Fault.LIMITED_LONG: (429, "Rate limit reached", {"Retry-After": "3600"}),
    Fault.BROKEN: (500, "Internal error", {}),
    Fault.TOO_LONG: (400, "context_length_exceeded: This model's maximum context length is 512 tokens.", {}),
}


@contextmanager
def served(
    script: Script,
    fault: Fault | None = None,
    *,
    times: int | None = None,
    counts: bool = True,
    pause: float = 0.0,
    log: list[dict[str, Any]] | None = None,
) -> Iterator[str]:
    """The server on a free loopback port; gives its base URL.

    The fault strikes the first `times` requests, None for all. `counts`: usage is told where asked for. `pause`: seconds
    between events. `log` gets a row for each request: its `body` and `headers`, and `left` once the client has hung up on it.
    """
    if fault is Fault.REFUSED:
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            port = taken.getsockname()[1]
        yield f"http://127.0.0.1:{port}/v1"
        return
    server = _Server(script, fault, times, counts, pause, [] if log is None else log)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1"
    finally:
        server.closing.set()
        server.shutdown()
        server.server_close()
        thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(
        self,
        script: Script,
        fault: Fault | None,
        times: int | None,
        counts: bool,
        pause: float,
        log: list[dict[str, Any]],
    ) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.script, self.fault, self.times = script, fault, times
        self.counts, self.pause, self.log = counts, pause, log
        self.closing = Event()
        self._lock = Lock()

    def due(self) -> Fault | None:
        """The fault of this request."""
        with self._lock:
            if self.times is not None:
                self.times -= 1
            return self.fault if self.times is None or self.times >= 0 else None

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that has hung up is no news; anything else is a fault of the script's."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: Any) -> None:
        """Quiet."""

    def do_GET(self) -> None:
        self._json({"object": "list", "data": [{"id": MODEL, "object": "model", "owned_by": "tests"}]})

    def do_POST(self) -> None:
        self.close_connection = True
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.row = {
            "body": body,
            "headers": {name.lower(): value for name, value in self.headers.items()},
            "left": False,
        }
        self.server.log.append(self.row)
        fault = self.server.due()
        if self.path not in DIALECTS:
            self._error(404, "no such route")
        elif fault in _STATUS:
            self._error(*_STATUS[fault])
        elif fault is Fault.NO_SCHEMA and DIALECTS[self.path].asked(body).schema:
            self._error(400, "'response_format' is not supported")
        elif fault is Fault.RESET:
            self.connection.shutdown(socket.SHUT_RDWR)
        elif fault in (Fault.HANG, Fault.HANG_AFTER_HEADERS, Fault.DRIP):
            self._never_end(fault)
        elif fault is Fault.NOT_JSON:
            self._whole("text/html", b"<html><body><h1>Welcome to nginx</h1></body></html>")
        else:
            self._complete(body, fault)

    def _never_end(self, fault: Fault) -> None:
        if fault is not Fault.HANG:
            self._start_stream(DIALECTS[self.path].kind)
        while not self.server.closing.is_set():
            if select.select([self.connection], [], [], 0.05 if fault is not Fault.DRIP else 0.5)[0]:
                self.row["left"] = True  # nothing more is sent on this connection, so readable means closed
                return
            if fault is Fault.DRIP:
                self._send(b":")

    def _complete(self, body: dict[str, Any], fault: Fault | None) -> None:
        dialect = DIALECTS[self.path]
        asked = dialect.asked(body)
        script = English() if fault is Fault.OTHER_LANGUAGE else self.server.script
        text = "" if fault is Fault.EMPTY else script.reply(asked.messages, asked.schema)
        pieces = [text[at : at + _PIECE] for at in range(0, len(text), _PIECE)]
        tokens = (sum(len(message["content"]) for message in asked.messages), len(text))
        finish: str | None = "length" if fault is Fault.OUT_OF_ROOM else "stop"
        if fault in (Fault.CUT, Fault.CUT_QUIETLY):
            pieces, finish = pieces[: len(pieces) // 2], None
        reply = Reply(pieces, finish, tokens if asked.counts and self.server.counts else None)
        if isinstance(dialect, OpenAI) and not body.get("stream"):
            self._json(dialect.whole(reply))
            return
        self._start_stream(dialect.kind)
        for message in dialect.messages(reply):
            self._send(message.replace(b"}", b"", 1) if fault is Fault.GARBLED else message)
            self.server.closing.wait(self.server.pause)
        if fault is Fault.CUT:
            self.connection.shutdown(socket.SHUT_RDWR)
        else:
            self.wfile.write(b"0\r\n\r\n")

    def _start_stream(self, kind: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()

    def _send(self, data: bytes) -> None:
        self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))
        self.wfile.flush()

    def _error(self, status: int, said: str, headers: dict[str, str] | None = None) -> None:
        self._json({"error": {"message": said, "type": "invalid_request_error", "code": None}}, status, headers or {})

    def _json(self, value: Any, status: int = 200, headers: dict[str, str] | None = None) -> None:
        self._whole("application/json", json.dumps(value, ensure_ascii=False).encode(), status, headers or {})

    def _whole(self, kind: str, data: bytes, status: int = 200, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": kind, "Content-Length": str(len(data)), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)
