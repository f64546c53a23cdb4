"""A real Chromium for page tests and screenshots; records every request, error and breach of the page's policy."""

from __future__ import annotations

import shutil
import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Frame, Page, Request, sync_playwright

from bot.language import PATHS

CHROMIUM = shutil.which("chromium")
# What Gradio says of a stream that it cuts off, which it does as its page is left or closed.
_CUT_OFF = ("AbortError: signal is aborted without reason", "Unexpected error Connection errored out.")
_LEAVING = 5.0  # seconds between the two
UNREPORTED = 6.0  # seconds without a request begun or ended
_STREAM_COMES = 3.0  # seconds within which a page just opened, or an event just taken, begins to stream
_FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
_BREACH = "policy: "
_TELL_BREACHES = f"""addEventListener("securitypolicyviolation", (e) =>
  console.error("{_BREACH}" + e.effectiveDirective + " " + e.blockedURI + " " + e.sourceFile));"""

WCAG = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa")
_RUN_AXE = """async (rules) => {
  const contrast = { normal: { expected: 4.5 }, large: { expected: 4.5 } };
  axe.configure({ checks: [{ id: "color-contrast", options: { contrastRatio: contrast } }] });
  const found = await axe.run(document, { resultTypes: ["violations"], iframes: false, runOnly: rules });
  return found.violations;
}"""


@dataclass
class Traffic:
    """What the pages of a context asked for and complained about."""

    requests: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    streams: int = 0
    last: float = 0.0  # when a request began or ended last
    left: list[float] = field(default_factory=list)  # when pages were left
    cut_off: list[tuple[float, Page | None, str]] = field(default_factory=list)  # when what was said, and on which page
    due: float | None = None  # since when a stream is to be expected

    def watch(self, context: BrowserContext) -> None:
        """Listen to every page of a context, those that open later and their frames included."""
        context.set_default_timeout(60_000)  # the machine may be busy with other things
        context.add_init_script(_TELL_BREACHES)
        context.on("request", self._begin)
        # Gradio ends a stream by aborting it as often as by reading it to its end.
        for ended in ("requestfinished", "requestfailed"):
            context.on(ended, self._end)
        context.on("console", self._hear)
        context.on("weberror", lambda e: self.errors.append(str(e.error)))

    def _begin(self, request: Request) -> None:
        self.requests.append(request.url)
        self.last = monotonic()
        if _is_stream(request):
            self.streams, self.due = self.streams + 1, None
        elif request.is_navigation_request():
            self.left.append(self.last)
            self.due = self.last if urlsplit(request.url).path in PATHS.values() else None

    def _end(self, request: Request) -> None:
        self.last = monotonic()
        if _is_stream(request):
            self.streams, self.due = self.streams - 1, None
        elif "/queue/join" in request.url and not self.streams:
            self.due = self.last

    def _hear(self, said: ConsoleMessage) -> None:
        if said.type == "error" and any(words in said.text for words in _CUT_OFF):
            self.cut_off.append((monotonic(), said.page, said.text))
        elif said.type == "error":
            self.errors.append(said.text)

    def settle(self, page: Page, steps: int = 1200) -> None:
        """Wait until nothing has been streaming for a while: leaving a stream in its middle is logged as an error by Gradio.

        Not every stream that Gradio aborts is reported as ended: where nothing is busy and nothing has come or gone for long, none is left.
        """
        quiet = 0
        while quiet < 8 and steps:
            page.wait_for_timeout(50)
            if self.streams and monotonic() - self.last > UNREPORTED and not page.locator("[aria-busy=true]").count():
                self.streams = 0
            comes = self.due is not None and monotonic() - self.due < _STREAM_COMES
            quiet = 0 if self.streams or comes else quiet + 1
            steps -= 1
        assert quiet, "the answer did not end in time"

    def forget(self) -> None:
        """Begin the record anew."""
        for record in (self.requests, self.errors, self.cut_off):
            record.clear()

    def check(self, refused: Sequence[int] = ()) -> None:
        """Nothing may have left the machine and nothing gone wrong, but for answers with the `refused` statuses."""
        told = tuple(f"the server responded with a status of {status} " for status in refused)
        assert self.requests
        assert self.outside == []
        wrong = [e for e in self.errors if not any(t in e for t in told)]
        wrong += [said for at, page, said in self.cut_off if not self._was_left(at, page)]
        assert not wrong, wrong

    def _was_left(self, at: float, page: Page | None) -> bool:
        return page is None or page.is_closed() or any(abs(at - left) < _LEAVING for left in self.left)

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
    page.locator("#question :is(textarea, input)").fill(question)
    page.keyboard.press("Enter")
    answered(page, question)


def answered(page: Page, question: str) -> None:
    """Wait for the complete answer to a question."""
    page.wait_for_function(
        "q => [...document.querySelectorAll('#now .turn[data-markdown]')].some(t => t.dataset.q === q)",
        arg=question.strip(),
        timeout=60_000,
    )


def violations(page: Page | Frame, rules: Sequence[str] = WCAG) -> list[str]:
    """What axe-core (MPL-2.0, in the development extra) finds serious or critical by rules or sets of them, all of A and AA at first.

    Large text must have the contrast of small text. Frames are looked at by themselves.
    """
    import axe_playwright_python

    if not page.evaluate("'axe' in window"):
        source = Path(axe_playwright_python.__file__).with_name("axe.min.js").read_text(encoding="utf8")
        page.evaluate(f"() => {{ {source} }}")
    found = page.evaluate(_RUN_AXE, [*rules])
    return [
        f"{v['id']}: {n['html'][:160]} {n['failureSummary']}"
        for v in found
        if v["impact"] in ("serious", "critical")
        for n in v["nodes"][:3]
    ]
