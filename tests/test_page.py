"""The page in a real Chromium: asking, citations, look-up, list, hostile input; nothing leaves the machine."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from bot.chat import serve
from bot.settings import Settings
from bot.shelf import Shelf
from index.library import Library
from tests.browser import CHROMIUM, Traffic, ask, chromium, free_port

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed")

QUESTION = "学校午休可以收费吗"


@pytest.fixture(scope="module")
def address(library: Library, settings: Settings) -> Iterator[str]:
    port = free_port()
    demo = serve(Shelf(settings), host="127.0.0.1", port=port)
    yield f"http://127.0.0.1:{port}"
    demo.close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as opened:
        yield opened


@pytest.fixture
def traffic() -> Traffic:
    return Traffic()


@pytest.fixture(params=[(1280, 800), (390, 844)], ids=["desktop", "phone"])
def page(browser: Browser, address: str, traffic: Traffic, request: pytest.FixtureRequest) -> Iterator[Page]:
    """The chat as opened by a visitor; afterwards no request may have left the machine and no error been logged."""
    width, height = request.param
    context = browser.new_context(viewport={"width": width, "height": height}, locale="zh-CN")
    opened = context.new_page()
    context.on("request", lambda r: traffic.requests.append(r.url))
    traffic.watch(opened)
    opened.goto(address)
    opened.wait_for_selector("#question textarea")
    yield opened
    context.close()
    assert traffic.requests
    assert traffic.outside == []
    assert traffic.errors == []


def overflows(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth > window.innerWidth"))


def test_from_a_question_to_the_article_on_its_page(page: Page, tmp_path: Path) -> None:
    expect(page.locator("#head h1")).to_have_text("有据")
    expect(page.locator("#head .samples")).to_be_visible()
    ask(page, QUESTION)
    expect(page.locator(".asked")).to_have_text(QUESTION)
    expect(page.locator(".statement").first).to_contain_text("60元")
    card = page.locator("details.card").first
    card.locator("summary").click()
    expect(card.locator("blockquote")).to_contain_text("60元")
    assert not overflows(page)
    with page.context.expect_page() as opened:
        card.get_by_text("打开原文这一条").click()
    document = opened.value
    document.wait_for_load_state()
    anchor = document.url.partition("#")[2]
    expect(document.locator(f"section#{anchor} mark.quoted").first).to_be_visible()
    expect(document.locator(f"section#{anchor}")).to_contain_text("60元")
    assert not overflows(document)
    assert page.screenshot(path=tmp_path / "chat.png")


def test_an_example_is_asked_with_one_click_and_a_new_conversation_begins(page: Page, traffic: Traffic) -> None:
    example = page.locator("button.example").first
    question = example.inner_text()
    example.click()
    expect(page.locator(".asked")).to_have_text(question)
    expect(page.locator(".statement").first).to_be_visible()
    traffic.settle(page)
    expect(page.locator("#examples")).to_be_hidden()
    page.locator("#restart").click()
    expect(page.locator("#examples")).to_be_visible()
    expect(page.locator(".asked")).to_have_count(0)


def test_the_place_decides_which_documents_apply(page: Page) -> None:
    page.locator("#place textarea, #place input").fill("德清县")
    ask(page, "随迁子女什么时候报名")
    expect(page.locator(".source .tag.place").first).to_contain_text("德清县")


def test_sections_and_documents_are_found(page: Page) -> None:
    page.get_by_role("tab", name="查条款").click()
    page.locator("#query textarea, #query input").fill("浙教示〔2026〕21号 第五条")
    page.keyboard.press("Enter")
    expect(page.locator("#found .card-path").first).to_contain_text("第五条")
    page.get_by_role("tab", name="文件库").click()
    expect(page.locator("#listed a.title").first).to_be_visible()
    assert not overflows(page)


@pytest.mark.parametrize(
    "attack",
    [
        "<img src=x onerror=\"window.hit=1\">", "<script>window.hit=1</script>", "![图](https://example.org/x.png)",
        "<style>body{display:none}</style><form><input name=p></form>", "[点](javascript:window.hit=1)", "$$\\href{x}{y}$$",
        "<details open ontoggle=window.hit=1>", "# 标题\n\n- 项",
    ],
)  # fmt: skip
def test_a_hostile_question_is_shown_as_text(page: Page, attack: str) -> None:
    ask(page, attack)
    expect(page.locator(".asked")).to_be_visible()
    assert page.locator(".asked").inner_text().split() == attack.split()
    assert page.locator("#log .message :is(img, form, input, style, script, h1, ul, .katex)").count() == 0
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
        assert "frame-ancestors 'none'" in response.headers["content-security-policy"], path
        assert "'unsafe-eval'" not in response.headers["content-security-policy"]


def test_no_file_can_be_put_into_the_conversation(address: str, settings: Settings) -> None:
    """The chat's functions take words only: a file-shaped value in their place must not come back as a file."""
    dependencies = httpx.get(f"{address}/config").json()["dependencies"]
    kinds = {c["id"]: c["type"] for c in httpx.get(f"{address}/config").json()["components"]}
    inputs = {kinds[i] for d in dependencies for i in d["inputs"]}
    assert inputs <= {"textbox", "button", "state"}
    assert all(d["api_visibility"] == "private" for d in dependencies)
