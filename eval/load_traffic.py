"""Visitors for locust, which runs this file in a process of its own (the only importer of locust).

Each visitor has an address of its own on the loopback and begins a visit every `PERIOD` seconds, which is also how long it waits for
one: so the rate asked for is kept however slow the server gets. What was seen is written as one JSON object a line.
"""

from __future__ import annotations

import json
import os
import time
import uuid
from contextlib import closing
from itertools import count
from pathlib import Path
from typing import Any

from locust import HttpUser, constant_pacing, task
from requests import Response
from requests.adapters import HTTPAdapter

from eval.load_figures import PERIOD, Seen
from eval.visits import Kind, Plan, joining, outcome, sentence, visits

_PLAN = Plan.read(Path(os.environ["LOAD_PLAN"]))
_OUT = Path(os.environ["LOAD_OUT"]).open("a", encoding="utf8", buffering=1)  # noqa: SIM115 (open as long as locust runs)
_VISITS, _NUMBERS = visits(_PLAN), count()
_QUEUE = "/gradio_api/queue"


class _From(HTTPAdapter):
    """Connections that come from one address."""

    def __init__(self, address: str) -> None:
        self._address = address
        super().__init__()

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        super().init_poolmanager(*args, **options, source_address=(self._address, 0))


class Visitor(HttpUser):
    """Asks, looks up, reads pages and chats."""

    wait_time = constant_pacing(PERIOD)

    def on_start(self) -> None:
        number = next(_NUMBERS)
        self.client.mount("http://", _From(f"127.{10 + _PLAN.seed % 200}.{number // 250}.{number % 250 + 1}"))

    @task
    def visit(self) -> None:
        drawn, began = next(_VISITS), time.time()
        try:
            if drawn.kind == "chat":
                self._chat(drawn.question)
            else:
                response = self.client.get(drawn.path, name=drawn.kind, timeout=PERIOD)
                _note(drawn.kind, began, response.status_code, _told(response))
        except Exception as error:  # whatever befalls a visitor is written down, locust would only log it
            _note(drawn.kind, began, 0, f"{type(error).__name__}: {error}"[:200])

    def _chat(self, question: str) -> None:
        """A question on the page: the answer as it grows, then the questions that are offered to go on with."""
        session, (ask, offer) = uuid.uuid4().hex[:11], _PLAN.chat
        if self._called("chat", joining(ask, [question, None, None, "", ""], session)):
            self._called("offers", joining(offer, [None, None], session))

    def _called(self, kind: Kind, body: dict[str, Any]) -> bool:
        began = time.time()
        joined = self.client.post(f"{_QUEUE}/join", json=body, name=kind, timeout=PERIOD)
        status, told = joined.status_code, _told(joined)
        if status == 200:
            status, told = self._followed(joined.json()["event_id"], body["session_hash"], kind)
        _note(kind, began, status, told)
        return status == 200

    def _followed(self, event: str, session: str, kind: Kind) -> tuple[int, str]:
        path = f"{_QUEUE}/data?session_hash={session}"
        with closing(self.client.get(path, name=kind, stream=True, timeout=PERIOD)) as stream:
            if stream.status_code != 200:
                return stream.status_code, _told(stream)
            for line in stream.iter_lines():
                message = json.loads(line[5:]) if line.startswith(b"data:") else {}
                if message.get("event_id") == event and message["msg"] == "process_completed":
                    return outcome(message)
        return 0, "stream ended"


def _told(response: Response) -> str:
    """The sentence of a refusal. Where nothing came back, locust has made a response of status 0 with what happened."""
    if response.status_code == 0:
        return type(getattr(response, "error", None)).__name__
    return "" if response.status_code == 200 else sentence(response.content or b"")


def _note(kind: Kind, began: float, status: int, told: str) -> None:
    seen = Seen(round(began, 3), kind, round((time.time() - began) * 1000, 1), status, told)
    _OUT.write(seen.line() + "\n")
