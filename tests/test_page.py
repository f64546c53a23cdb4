"""The page in a real Chromium: each flow on a desktop and, where it differs, on a phone; nothing leaves the machine."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from bot.answer import Answerer
from bot.chat import serve
from bot.records import Answer
from bot.settings import ROOT, Settings
from bot.shelf import Shelf
from index.library import Library
from index.records import Place
from tests.browser import CHROMIUM, Traffic, answered, ask, chromium, free_port, violations

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed")

expect.set_options(timeout=40_000)  # the machine may be busy with other things
QUESTION = "学校午休可以收费吗"
FOLLOWUP = "课后服务怎么收费"
SIZES = {"desktop": (1280, 800), "phone": (390, 844)}


class Suggesting(Answerer):
    """Suggests the same next question to every one."""

    def ask_stream(self, text: str, **asked: Any) -> Iterator[Answer]:
        for answer in super().ask_stream(text, **asked):
            yield replace(answer, followups=(FOLLOWUP,))


class Gated(Answerer):
    """Offers, for any answer, what follows it, once the gate is open."""

    gate = threading.Event()

    def offering(
        self, answer: Answer, *, place: Place | None = None, on: date | None = None
    ) -> Iterator[tuple[str, ...]]:
        assert self.gate.wait(60)
        yield (f"{answer.question.text}，然后呢",)


class Growing(Answerer):
    """Says one statement more each time the gate is opened."""

    gate = threading.Semaphore(0)

    def ask_stream(self, text: str, **asked: Any) -> Iterator[Answer]:
        *_, whole = super().ask_stream(text, **asked)
        if asked.get("alone"):  # tried before the page is shown, as an example
            yield whole
            return
        for ready in range(1, len(whole.statements) + 1):
            yield replace(whole, statements=whole.statements[:ready], growing=True)
            self.gate.acquire(timeout=60)
        yield whole


@contextmanager
def served(settings: Settings, kind: type[Answerer]) -> Iterator[str]:
    """The page over the sample library with an answerer of its own."""

    class OwnShelf(Shelf):
        def answering(self, library: Library) -> Answerer:
            return kind(library, self.settings)

    port = free_port()
    demo = serve(OwnShelf(settings), host="127.0.0.1", port=port, keep=lambda _answer, _place, _on: "r1")
    yield f"http://127.0.0.1:{port}"
    demo.close()


@pytest.fixture(scope="module")
def address(library: Library, settings: Settings) -> Iterator[str]:
    with served(settings, Suggesting) as address:
        yield address


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as opened:
        yield opened


def opened_page(browser: Browser, address: str, size: str, traffic: Traffic, **options: Any) -> Page:
    width, height = SIZES[size]
    context = browser.new_context(viewport={"width": width, "height": height}, **{"locale": "zh-CN", **options})
    traffic.watch(context)
    page = context.new_page()
    page.goto(address)
    page.wait_for_selector("#question :is(textarea, input)")
    return page


@pytest.fixture
def traffic() -> Traffic:
    return Traffic()


@pytest.fixture
def page(browser: Browser, address: str, traffic: Traffic, request: pytest.FixtureRequest) -> Iterator[Page]:
    """The chat as opened by a visitor; afterwards no request may have left the machine and no error been logged."""
    opened = opened_page(browser, address, getattr(request, "param", "desktop"), traffic)
    yield opened
    opened.context.close()
    traffic.check()


both = pytest.mark.parametrize("page", SIZES, indirect=True)


def overflows(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth > window.innerWidth"))


def in_view(page: Page, selector: str) -> bool:
    """Whether the element in the source panel lies within its window."""
    box = page.frame_locator("#source iframe").locator(selector).first.bounding_box()
    panel = page.locator("#source iframe").bounding_box()
    return bool(box and panel and panel["y"] <= box["y"] and box["y"] + box["height"] <= panel["y"] + panel["height"])


@both
def test_asked_with_a_place_the_citation_opens_at_the_marked_words(page: Page, tmp_path: Path) -> None:
    expect(page.locator("#welcome")).to_contain_text("份文件回答")
    place = page.locator("#place input")
    place.click()
    offered = page.locator("#places option")
    expect(offered.nth(3000)).to_be_attached()
    assert "德清县（浙江·湖州）" in offered.all_text_contents()[:8]  # the library's own come first
    page.keyboard.insert_text("德清县（浙江·湖州）")  # as choosing it does
    ask(page, "随迁子女什么时候报名")
    expect(page.locator("#now .tags").first).to_contain_text("德清县县级")
    expect(page.locator("#now .asked-where")).to_have_text("浙江省湖州市德清县")
    assert not overflows(page)
    number = page.locator("#now a.label").first
    number.focus()
    page.keyboard.press("Shift")  # the keyboard is in use: focus is visible
    quote = page.locator(f"[id='{number.get_attribute('aria-describedby')}']")
    expect(quote).to_be_visible()
    expect(quote.locator("mark").first).to_be_visible()
    page.keyboard.press("Escape")
    expect(quote).to_be_hidden()
    page.keyboard.press("Enter")
    quoted = page.frame_locator("#source iframe").locator("mark.quoted").first
    expect(quoted).to_be_visible()
    page.wait_for_timeout(300)
    assert in_view(page, "mark.quoted")
    expect(page.frame_locator("#source iframe").locator(".outline summary")).to_be_visible()
    assert page.screenshot(path=tmp_path / "source.png")
    page.keyboard.press("Escape")
    expect(page.locator("#source")).to_be_hidden()
    expect(number).to_be_focused()
    assert not overflows(page)


@both
def test_an_example_is_asked_with_one_click_and_a_new_conversation_begins(page: Page, traffic: Traffic) -> None:
    example = page.locator("button.example").first
    question = example.inner_text()
    example.click()
    answered(page, question)
    expect(page.locator(".asked-words")).to_have_text(question)
    expect(page.locator("#examples")).to_be_hidden()
    traffic.settle(page)
    page.locator("#restart").click()
    expect(page.locator("#examples")).to_be_visible()
    expect(page.locator(".asked")).to_have_count(0)


def test_a_follow_up_is_asked_and_a_question_edited_and_judged(page: Page, traffic: Traffic) -> None:
    ask(page, QUESTION)
    traffic.settle(page)
    chip = page.locator("#offers .chip").first
    question = chip.get_attribute("data-ask") or ""
    chip.click()
    answered(page, question)
    expect(page.locator("#past .asked-words")).to_have_text(QUESTION)
    traffic.settle(page)
    page.locator("#now .after [data-edit]").click()
    expect(page.locator("#question :is(textarea, input)")).to_have_value(question)
    page.locator("#now [data-vote=down]").first.click()
    expect(page.locator("#now .reasons .chip").first).to_be_visible()
    assert page.locator("#now .after a").get_attribute("href") == "/a/r1"


def test_the_next_question_does_not_wait_for_offers_and_they_come_under_their_own_answer(
    browser: Browser, library: Library, settings: Settings
) -> None:
    Gated.gate.clear()
    with served(settings, Gated) as address:
        traffic = Traffic()
        page = opened_page(browser, address, "desktop", traffic)
        ask(page, QUESTION)
        assert page.locator("#now [aria-busy]").count() == 0
        ask(page, FOLLOWUP)  # while the offers of the first are still sought
        expect(page.locator("#offers .chip")).to_have_count(0)
        page.wait_for_timeout(1000)  # the answer has been scrolled to
        page.locator("#now .card > summary").first.click()
        before = page.evaluate("[scrollY, document.activeElement.textContent]")
        Gated.gate.set()
        expect(page.locator("#offers .chip")).to_have_text([f"{FOLLOWUP}，然后呢"])
        assert page.evaluate("[scrollY, document.activeElement.textContent]") == before
        assert page.locator("#now .card").first.get_attribute("open") is not None
        page.locator("#offers .chip").click()
        answered(page, f"{FOLLOWUP}，然后呢")
        traffic.settle(page)
        page.context.close()
        assert traffic.errors == []


def test_statements_appear_as_they_are_ready_and_stopping_leaves_those_that_are(
    browser: Browser, library: Library, settings: Settings
) -> None:
    question = "随迁子女什么时候报名"
    with served(settings, Growing) as address:
        traffic = Traffic()
        page = opened_page(browser, address, "desktop", traffic)
        page.locator("#question :is(textarea, input)").fill(question)
        page.keyboard.press("Enter")
        expect(page.locator("#now [aria-busy] .statement")).to_have_count(1)
        page.locator("#stop").click()
        expect(page.locator("#now .stopped")).to_be_visible()
        expect(page.locator("#now [aria-busy]")).to_have_count(0)
        expect(page.locator("#stop")).to_be_hidden()
        Growing.gate.release()
        traffic.settle(page)
        expect(page.locator("#now .statement")).to_have_count(1)
        page.locator("#now .after [data-ask]").click()
        expect(page.locator("#past .statement")).to_have_count(1)
        expect(page.locator("#now [aria-busy] .statement")).to_have_count(1)
        Growing.gate.release(2)
        answered(page, question)
        expect(page.locator("#now .statement")).to_have_count(2)
        expect(page.locator("#past [aria-busy]")).to_have_count(0)
        traffic.settle(page)
        page.context.close()
        assert traffic.errors == []


def test_a_section_is_found_and_opened_by_keyboard_alone(page: Page) -> None:
    page.get_by_role("tab", name="问答").focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#query")).to_be_visible()
    page.keyboard.press("/")
    page.keyboard.type("午休 收费", delay=10)
    rows = page.locator("#found [data-row]")
    expect(rows.nth(1)).to_be_visible()
    page.keyboard.press("ArrowDown")
    expect(rows.first).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(rows.nth(1)).to_be_focused()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    expect(page.frame_locator("#source iframe").locator("mark.quoted, tr.quoted").first).to_be_visible()
    page.keyboard.press("Escape")
    expect(rows.first).to_be_focused()
    page.keyboard.press("ArrowUp")
    expect(page.locator("#query :is(textarea, input)")).to_be_focused()


def test_a_search_is_narrowed_and_its_link_opens_it_again(page: Page, address: str, traffic: Traffic) -> None:
    page.get_by_role("tab", name="查条款").click()
    query = page.locator("#query :is(textarea, input)")
    query.fill("报名")
    expect(page.locator("#found")).to_contain_text("找到 9 处")
    place = page.locator("#by-place input")
    place.click()
    page.get_by_role("option", name="德清县（浙江·湖州） 5").click()
    expect(page.locator("#found")).to_contain_text("找到 5 处")
    expect(query).to_have_value("报名")
    expect(query).to_be_focused()
    link = page.locator("#found [data-copy]").first.get_attribute("data-copy") or ""
    traffic.settle(page)
    page.goto(f"{address}{link}")
    expect(page.locator("#found")).to_contain_text("找到 5 处")
    expect(query).to_have_value("报名")
    expect(place).to_have_value("德清县（浙江·湖州） 5")
    traffic.settle(page)


def test_the_library_is_listed_and_filtered(page: Page) -> None:
    page.get_by_role("tab", name="文件库").click()
    expect(page.locator("#listed a.title").first).to_be_visible()
    page.locator("#wanted :is(textarea, input)").fill("午休")
    expect(page.locator("#listed a.title")).to_have_count(1)
    page.locator("#listed a.title").click()
    expect(page.frame_locator("#source iframe").locator("h1")).to_contain_text("午休")


@both
def test_a_comparison_stands_side_by_side_and_on_a_phone_below_each_other(page: Page, traffic: Traffic) -> None:
    ask(page, "三台县和德清县的课后服务收费有什么不同")
    cells = [page.locator("#now .comparison td").nth(n).bounding_box() for n in (0, 1)]
    assert cells[0] and cells[1]
    phone = page.evaluate("innerWidth < 640")
    assert (cells[1]["y"] > cells[0]["y"]) is phone
    assert not overflows(page)
    page.locator("#now .comparison a.label").nth(1).focus()
    page.keyboard.press("Shift")
    expect(page.locator("#now .comparison td").nth(1).locator(".pop")).to_be_visible()
    assert violations(page) == []
    traffic.settle(page)


def test_a_shared_address_asks_and_the_back_button_leads_back(page: Page, address: str, traffic: Traffic) -> None:
    traffic.settle(page)
    page.goto(f"{address}/?q=随迁子女什么时候报名&place=德清县&on=2026-05-01")
    answered(page, "随迁子女什么时候报名")
    expect(page.locator("#now .asked-where")).to_have_text("浙江省湖州市德清县 · 2026-05-01")
    expect(page.locator("#place input")).to_have_value("德清县（浙江·湖州）")
    expect(page.locator("#on input")).to_have_value("2026-05-01")
    ask(page, QUESTION)
    assert "on=2026-05-01" in page.url
    page.go_back()
    expect(page.locator("#past .turn")).to_be_focused()
    traffic.settle(page)


def test_place_and_day_are_remembered_by_the_browser_and_stand_in_the_address(
    page: Page, address: str, traffic: Traffic
) -> None:
    page.locator("#on input").fill("2025-01-01")
    page.wait_for_url("**on=2025-01-01")
    traffic.settle(page)
    page.goto(address)
    expect(page.locator("#on input")).to_have_value("2025-01-01")


def test_the_language_is_switched_for_the_same_question_and_remembered(
    page: Page, address: str, traffic: Traffic
) -> None:
    ask(page, QUESTION)
    traffic.settle(page)
    page.locator("[data-language=zh-Hant]").click()
    answered(page, QUESTION)
    expect(page.get_by_role("tab", name="查條款")).to_be_visible()
    expect(page.locator("#now .statement").first).to_contain_text("學校可以收取午休看護服務費")
    expect(page.locator("#now .tags").first).to_contain_text("浙教示〔2026〕21号")
    page.locator("#now details.card > summary").click()
    page.locator("#now .original summary").click()
    expect(page.locator("#now .original blockquote")).to_contain_text("学校可以收取午休看护服务费")
    traffic.settle(page)
    page.locator("[data-language=en]").click()
    answered(page, QUESTION)
    expect(page.locator("#now .tags").first).to_contain_text("Not yet in force")
    assert page.evaluate("document.documentElement.lang") == "en"
    traffic.settle(page)
    page.goto(address)
    expect(page.get_by_role("tab", name="Find sections")).to_be_visible()


def test_the_history_stays_in_the_browser_is_exported_and_erased(page: Page, tmp_path: Path) -> None:
    ask(page, QUESTION)
    page.locator("[data-show=history]").click()
    expect(page.locator("#history li a")).to_have_text(QUESTION)
    with page.expect_download() as download:
        page.locator("[data-export]").click()
    download.value.save_as(tmp_path / "history.md")
    kept = (tmp_path / "history.md").read_text(encoding="utf8")
    assert kept.startswith(f"## {QUESTION}\n")
    assert (
        "[1] 《浙江省教育厅关于印发〈浙江省中小学校园午休管理办法（示例）〉的通知》（浙教示〔2026〕21号）第五条" in kept
    )
    page.locator("[data-erase]").click()
    expect(page.locator("#history .none")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#history")).to_be_hidden()


def test_colours_and_text_size_are_chosen_and_remembered_on_every_page(
    page: Page, address: str, traffic: Traffic
) -> None:
    def look() -> tuple[str, str]:
        style = "(e => [getComputedStyle(document.body).backgroundColor, getComputedStyle(e).fontSize])(document.documentElement)"
        background, size = page.evaluate(style)
        return background, size

    page.locator(".look summary").click()
    page.locator("[data-size=larger]").click()
    page.locator("[data-scheme=dark]").click()
    chosen = look()
    assert chosen == ("rgb(20, 23, 26)", "21px")
    traffic.settle(page)
    page.reload()
    page.wait_for_selector("#question :is(textarea, input)")
    assert look() == chosen
    traffic.settle(page)
    page.goto(f"{address}/documents")
    assert look() == chosen
    assert not overflows(page)


def test_when_the_server_is_busy_or_gone_the_question_is_kept_and_asked_again(browser: Browser, address: str) -> None:
    page = opened_page(browser, address, "desktop", Traffic())
    page.wait_for_timeout(500)
    page.route("**/queue/join*", lambda route: route.fulfill(status=503, json={"error": "busy"}))
    page.locator("#question :is(textarea, input)").fill(QUESTION)
    page.keyboard.press("Enter")
    expect(page.locator("#trouble .busy")).to_be_visible()
    page.unroute_all()
    page.locator("[data-again]").click()
    answered(page, QUESTION)
    expect(page.locator("#trouble")).to_be_hidden()
    for path in ("**/queue/join*", "**/healthz"):
        page.route(path, lambda route: route.abort())
    page.locator("#question :is(textarea, input)").fill(FOLLOWUP)
    page.keyboard.press("Enter")
    expect(page.locator("#trouble .gone")).to_be_visible()
    page.unroute_all()
    page.locator("[data-again]").click()
    answered(page, FOLLOWUP)
    expect(page.locator("#trouble")).to_be_hidden()
    page.context.close()


SERVERS = """
import os, sys, time
from pathlib import Path
import sentence_transformers  # what takes longest, once
from bot.chat import serve
from bot.settings import SAMPLE_DOCUMENTS, Settings
from bot.shelf import Shelf

for port in sys.stdin:
    server = os.fork()
    if not server:
        serve(Shelf(Settings(home=Path(sys.argv[1]), documents=SAMPLE_DOCUMENTS)), host="127.0.0.1", port=int(port))
        print(os.getpid(), flush=True)
        time.sleep(600)
    os.waitpid(server, 0)
    print("gone", flush=True)
"""


@dataclass
class Servers:
    """The page in a process of its own, again and again on one port, to be killed."""

    process: subprocess.Popen[str]
    port: int
    pid: int = 0

    def start(self) -> None:
        assert self.process.stdin and self.process.stdout
        print(self.port, file=self.process.stdin, flush=True)
        self.pid = int(self.process.stdout.readline())

    def kill(self) -> None:
        assert self.process.stdout
        os.kill(self.pid, signal.SIGKILL)
        assert self.process.stdout.readline() == "gone\n"


@contextmanager
def servers(settings: Settings) -> Iterator[Servers]:
    command = [sys.executable, "-c", SERVERS, str(settings.home)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        server = Servers(process, free_port())
        server.start()
        try:
            yield server
        finally:
            server.kill()


def test_a_server_that_was_killed_is_told_of_and_answers_when_it_is_back(
    browser: Browser, library: Library, settings: Settings
) -> None:
    with servers(settings) as server:
        page = opened_page(browser, f"http://127.0.0.1:{server.port}", "desktop", Traffic())
        ask(page, QUESTION)
        server.kill()
        page.locator("#question :is(textarea, input)").fill(FOLLOWUP)
        page.keyboard.press("Enter")
        expect(page.locator("#trouble .gone")).to_be_visible()
        page.locator("[data-again]").click()
        expect(page.locator("#trouble .gone")).to_be_visible()  # still gone: the page and the question stay
        expect(page.locator("#now .asked-words")).to_have_text(QUESTION)
        server.start()  # Gradio notices, and opens the page anew at its address
        answered(page, FOLLOWUP)
        page.context.close()


def test_a_look_up_that_was_too_fast_is_made_again(browser: Browser, address: str) -> None:
    page = opened_page(browser, address, "desktop", Traffic())
    page.get_by_role("tab", name="查条款").click()
    page.route("**/queue/join*", lambda route: route.fulfill(status=429, json={"error": "too fast"}))
    page.locator("#query :is(textarea, input)").fill("报名")
    expect(page.locator("#trouble .busy")).to_be_visible()
    page.unroute_all()
    page.locator("[data-again]").click()
    expect(page.locator("#found [data-row]").first).to_be_visible()
    expect(page.locator("#trouble")).to_be_hidden()
    page.context.close()


def test_the_first_screen_asks_before_gradio_has_loaded(browser: Browser, address: str) -> None:
    page = browser.new_page(locale="zh-CN")
    page.route("**/assets/index-*.js", lambda route: route.abort())
    page.goto(address)
    page.locator("#first [name=q]").fill(QUESTION)
    page.keyboard.press("Enter")
    page.wait_for_url("**q=**")
    expect(page.locator("#first form")).to_be_hidden()
    page.unroute_all()
    page.reload()
    answered(page, QUESTION)
    expect(page.locator("#first")).to_have_count(0)
    page.close()


@pytest.mark.parametrize(
    "attack",
    [
        '<img src=x onerror="window.hit=1"> <script>window.hit=1</script> <style>body{display:none}</style><form><input name=p></form> '
        "![图](https://example.org/x.png) [点](javascript:window.hit=1) <details open ontoggle=window.hit=1> &lt;b&gt; {{ 7*7 }} "
        '$$\\href{x}{y}$$ "><svg onload=window.hit=1> `x` **粗**',
        "# 标题\n\n- 项",
    ],
)
def test_a_hostile_question_is_shown_as_text(page: Page, attack: str) -> None:
    ask(page, attack)
    assert page.locator("#now .asked-words").inner_text().split() == attack.split()
    assert page.locator(".turn :is(img, form, input, style, script, svg, h1, code, b, strong, .katex)").count() == 0
    assert page.evaluate("window.hit") is None


@pytest.mark.parametrize(
    "path", ["gradio_api/upload", "gradio_api/file=/etc/passwd", "openapi.json", "gradio_api/openapi.json", "docs", "monitoring",
             "gradio_api/info", "gradio_api/proxy=http://127.0.0.1/"],
)  # fmt: skip
def test_gradios_own_routes_are_closed(address: str, path: str) -> None:
    assert httpx.get(f"{address}/{path}").status_code == 403
    assert httpx.post(f"{address}/{path}", content=b"x").status_code == 403


def test_every_response_carries_the_policy(address: str) -> None:
    for path in (
        "/",
        "/en",
        "/config",
        "/documents",
        "/documents/none",
        "/api/ask",
        "/healthz",
        "/theme.css",
        "/nothing",
        "/chat.js",
    ):
        response = httpx.get(address + path)
        framing = "'self'" if path.startswith("/documents") else "'none'"
        assert f"frame-ancestors {framing}" in response.headers["content-security-policy"], path
        assert "'unsafe-eval'" not in response.headers["content-security-policy"]


def test_no_file_can_be_put_into_the_conversation(address: str, settings: Settings) -> None:
    """The chat's functions take words only: a file-shaped value in their place must not come back as a file."""
    dependencies = httpx.get(f"{address}/config").json()["dependencies"]
    kinds = {c["id"]: c["type"] for c in httpx.get(f"{address}/config").json()["components"]}
    inputs = {kinds[i] for d in dependencies for i in d["inputs"]}
    assert inputs <= {"textbox", "button", "state", "dropdown", "browserstate"}
    assert all(d["api_visibility"] == "private" for d in dependencies)
