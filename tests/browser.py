"""A real Chromium for page tests and screenshots; records every request and console error."""

from __future__ import annotations

import shutil
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from playwright.sync_api import Browser, Page, Request, sync_playwright

CHROMIUM = shutil.which("chromium")
_FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip


@dataclass
class Traffic:
    """What a page asked for and complained about."""

    requests: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    streams: int = 0

    def watch(self, page: Page) -> None:
        page.on("request", self._begin)
        page.on("requestfinished", self._end)
        page.on("requestfailed", self._end)  # Gradio ends a stream by aborting it as often as by reading it to its end
        page.on("console", lambda m: self.errors.append(m.text) if m.type == "error" else None)
        page.on("pageerror", lambda e: self.errors.append(str(e)))

    def _begin(self, request: Request) -> None:
        self.requests.append(request.url)
        self.streams += _is_stream(request)

    def _end(self, request: Request) -> None:
        self.streams -= _is_stream(request)

    def settle(self, page: Page, steps: int = 600) -> None:
        """Wait until no answer is streaming any more: leaving one in its middle is logged as an error by Gradio."""
        while self.streams and steps:
            page.wait_for_timeout(50)
            steps -= 1
        assert not self.streams, "the answer did not end in time"

    @property
    def outside(self) -> list[str]:
        """Requests that would leave the machine."""
        parts = [(u, urlsplit(u)) for u in self.requests]
        return [
            u
            for u, p in parts
            if p.scheme in ("http", "https", "ws", "wss") and p.hostname not in ("127.0.0.1", "localhost")
        ]


def _is_stream(request: Request) -> bool:
    return "/queue/data" in request.url


@contextmanager
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=_FLAGS)
        yield browser
        browser.close()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def ask(page: Page, question: str) -> None:
    """Type a question, send it by Enter and wait for the complete answer."""
    before = page.locator(".answer").count()
    page.locator("#question textarea, #question input").fill(question)
    page.keyboard.press("Enter")
    page.wait_for_function("n => document.querySelectorAll('.answer').length > n", arg=before, timeout=30_000)
    page.wait_for_timeout(500)
