"""`python -m eval.bench --page`: how soon the page is there and answers, in a real Chromium on loopback, and what it weighs.

The program is served as visitors get it, in a process of its own; each run opens a browser context that has nothing cached.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from eval.served import served

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Response

RUNS = 9  # to take the median of
_FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
_TYPED, _READ = 1000, 300  # ms in which a visitor types, and looks at what was typed before Enter
_GRADIOS = ("/assets/", "/static/", "/svelte/", "/gradio_api/", "/theme.css")
_BOX = "#question :is(textarea, input)"
# Notes in the page, on its own clock: what was there when, the first letter that a box took, Enter, and
# the first statement after it (or the whole answer, where it has none).
_NOTES = """(() => {
  const at = window.youju = {};
  addEventListener("input", () => (at.typed ??= performance.now()), true);
  addEventListener("keydown", (e) => { if (e.key === "Enter") at.entered = performance.now(); }, true);
  new MutationObserver(() => {
    if (document.querySelector("#first form")) at.first ??= performance.now();
    if (document.querySelector(BOX)) at.chat ??= performance.now();
    if (at.entered && document.querySelector("#now :is(.statement, .turn[data-markdown])")) at.answered ??= performance.now();
  }).observe(document, { childList: true, subtree: true });
})()""".replace("BOX", repr(_BOX))


def measure(home: Path, questions: Path) -> dict[str, Any]:
    """Medians in milliseconds and bytes of the page over the library in `home`; `questions`: cases, one as JSON a line.

    `first_paint` is our first screen's, `typing` when a letter typed at once had arrived in the box, `chat` when Gradio's page
    had taken over, `answer` from Enter to the first statement. Bytes are of what is not Gradio's, the whole HTML included.
    Raises `SystemExit` in words where playwright or a browser is not installed.
    """
    try:
        from playwright.sync_api import sync_playwright
    except ModuleNotFoundError:
        sys.exit("--page needs playwright, which is in the development extra: pip install -e '.[dev]'")
    chromium = shutil.which("chromium")
    if chromium is None:
        sys.exit("--page needs the browser chromium on the path, for example from apt-get install chromium")
    load = [os.getloadavg()[0]]
    with served(home) as site, sync_playwright() as playwright:
        address = site.address
        browser = playwright.chromium.launch(executable_path=chromium, args=_FLAGS)
        runs = [_run(browser, address, question) for question in _asked(questions)]
        ours = _weight(browser, address)
        version = browser.version
        browser.close()
    load.append(os.getloadavg()[0])
    return {
        **{f"{name}_ms": round(median(run[name] for run in runs)) for name in runs[0]},
        **{f"{name}_range_ms": [round(choose(run[name] for run in runs)) for choose in (min, max)] for name in runs[0]},
        "runs": len(runs),
        "load_before_and_after": load,
        "ours_transferred_kb": round(sum(sent for sent, _ in ours.values()) / 1000, 1),
        "ours_raw_kb": round(sum(raw for _, raw in ours.values()) / 1000, 1),
        "ours": {path: {"transferred": sent, "raw": raw} for path, (sent, raw) in ours.items()},
        "chromium": version,
    }


def _asked(questions: Path) -> list[str]:
    """As many questions as there are runs, of those that a passage answers; each is asked once, so that caches help nobody."""
    cases = [json.loads(line) for line in questions.read_text(encoding="utf8").splitlines() if line.strip()]
    return [case["question"] for case in cases if case.get("kind") == "fact"][:RUNS]


def _run(browser: Browser, address: str, question: str) -> dict[str, float]:
    """One visit, from an empty cache to the answer to a question."""
    context = _context(browser)
    context.add_init_script(_NOTES)
    page = context.new_page()
    page.goto(address, wait_until="commit")
    page.locator(f"#first [name=q], {_BOX}").first.press("x")
    page.wait_for_function("box => document.querySelector(box)?.value === 'x'", arg=_BOX)  # it moved into Gradio's box
    page.wait_for_timeout(_TYPED)
    page.locator(_BOX).fill(question)
    page.wait_for_timeout(_READ)
    page.keyboard.press("Enter")
    page.wait_for_function("() => window.youju.answered", timeout=60_000)
    paint = page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime")
    at = page.evaluate("window.youju")
    context.close()
    return {
        "first_paint": max(paint, at["first"]),
        "typing": at["typed"],
        "chat": at["chat"],
        "answer": at["answered"] - at["entered"],
    }


def _weight(browser: Browser, address: str) -> dict[str, tuple[int, int]]:
    """What a first visit loads that is not Gradio's: bytes on the wire, headers included, and unpacked, by path."""
    context = _context(browser)
    page = context.new_page()
    received: list[Response] = []

    def receive(response: Response) -> None:  # playwright takes no bound method of a list
        received.append(response)

    page.on("response", receive)
    page.goto(address)
    page.wait_for_selector(_BOX)
    page.wait_for_timeout(_TYPED)
    ours = {}
    for response in received:
        path = urlsplit(response.url).path
        if response.url.startswith(address) and not path.startswith(_GRADIOS):
            sizes = response.request.sizes()
            ours[path] = (sizes["responseHeadersSize"] + sizes["responseBodySize"], len(response.body()))
    context.close()
    return ours


def _context(browser: Browser) -> BrowserContext:
    return browser.new_context(viewport={"width": 1280, "height": 800}, locale="zh-CN")
