"""Markup in documents, names and questions is text wherever it is shown: nothing runs, covers, asks or fetches, in a real Chromium."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Frame, Page, expect

from bot.chat import serve
from bot.pages import QUESTION_CAP
from bot.settings import Settings
from bot.shelf import Shelf
from index.embed import load_embedder
from index.repair.blanks import INVISIBLE
from index.sync import sync
from tests.browser import CHROMIUM, Traffic, ask, chromium, free_port
from tests.canary import listening

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed")

PAYLOADS: list[str] = json.loads(Path(__file__).with_name("cases").joinpath("markup.json").read_text(encoding="utf8"))
PASSWORD = "correct-horse"
UNSEEN = "\u200b\u202e\u2066\ufe0f\U000e0041\u3164"
NAME = "<img src=x onerror=pwned=1>通知\u202e.txt"
QUESTION = "寄宿生生活补助每年多少元"
FOUND = """() => {
 const copy = document.body.cloneNode(true);
 for (const part of copy.querySelectorAll("script, style")) part.remove();
 return {
  ran: "pwned" in window && window.pwned !== undefined,
  made: document.querySelectorAll("[name=pwned], .pwned, form[action*='127.0.0.1'], [onerror], [onload], [onfocus]").length,
  text: document.title + copy.textContent,
 };
}"""


@pytest.fixture(scope="module")
def canary() -> Iterator[tuple[str, list[str]]]:
    """An address that nobody has a reason to visit, and the requests that came."""
    with listening() as found:
        yield found


@pytest.fixture(scope="module")
def payloads(canary: tuple[str, list[str]]) -> list[str]:
    return [p.replace("CANARY", canary[0]) for p in PAYLOADS]


def notice(payloads: list[str]) -> str:
    """A document with a payload in its title and all of them in the articles that are quoted."""
    third = len(payloads) // 3
    parts = ["".join(payloads[i : i + third]) for i in range(0, len(payloads), third)]
    return (
        f"三台县教育局关于寄宿生生活补助{payloads[1]}{UNSEEN}的通知\n各学校：\n"
        f"第一条 小学寄宿生生活补助每生每年1250元{UNSEEN}{parts[0]}。\n"
        f"第二条 初中寄宿生生活补助每生每年1500元{parts[1]}。\n"
        f"第三条 寄宿生生活补助由财政局发放{parts[2]}。\n三台县教育局\n2025年3月1日\n"
    )


@dataclass
class Reader:
    """A browser at the site, and what it met."""

    page: Page
    address: str
    traffic: Traffic

    def check(self, frame: Page | Frame, *shown: str) -> None:
        """Nothing of the payloads became more than text, and `shown` are there as text."""
        frame.wait_for_load_state()
        found = frame.evaluate(FOUND)
        assert found["ran"] is False
        assert found["made"] == 0
        assert not INVISIBLE.search(re.sub(r"[\r\n\f\v]", "", found["text"]))
        for text in shown:
            assert text in found["text"]


@pytest.fixture(scope="module")
def reader(payloads: list[str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reader]:
    folder = tmp_path_factory.mktemp("markup")
    documents = folder / "documents"
    documents.mkdir()
    (documents / NAME).write_text(notice(payloads), encoding="utf8")
    settings = Settings(home=folder / "home", documents=documents, admin_password=PASSWORD, burst=0, per_hour=0)  # type: ignore[arg-type]
    sync([documents], settings.home, load_embedder(None), progress=False)
    port = free_port()
    demo = serve(Shelf(settings), host="127.0.0.1", port=port)
    traffic = Traffic()
    with chromium() as browser:
        context = browser.new_context(locale="zh-CN")
        traffic.watch(context)
        yield Reader(context.new_page(), f"http://127.0.0.1:{port}", traffic)
        context.close()
    demo.close()


def test_the_payloads_do_what_they_are_for_where_nothing_stops_them(
    reader: Reader, canary: tuple[str, list[str]], payloads: list[str]
) -> None:
    """Without this the tests below would prove nothing."""
    assert len(PAYLOADS) >= 24
    browser = reader.page.context.browser
    assert browser is not None
    with browser.new_context() as unguarded:
        page = unguarded.new_page()
        page.goto("about:blank")
        page.evaluate("html => document.write(html)", "".join(payloads[:21]))
        page.wait_for_timeout(500)
        found = page.evaluate(FOUND)
        assert found["ran"] is True and found["made"] > 10
    assert canary[1]
    canary[1].clear()


def test_markup_is_text_in_the_chat_the_source_and_the_look_up(reader: Reader, payloads: list[str]) -> None:
    page = reader.page
    page.goto(reader.address)
    page.wait_for_selector("#question :is(textarea, input)")
    ask(page, QUESTION)
    expect(page.locator("#now .statement").first).to_be_visible()
    reader.check(page, "onerror=pwned=1")
    for question in questions(payloads):
        ask(page, question)
        reader.check(page, question[:40])
    ask(page, QUESTION)
    page.locator("#now a.label").first.click()
    expect(page.frame_locator("#source iframe").locator("h1")).to_contain_text("onerror=pwned=1")
    source = page.locator("#source iframe").element_handle().content_frame()
    assert source is not None
    reader.check(source, payloads[0], payloads[16], payloads[23])
    page.keyboard.press("Escape")
    page.get_by_role("tab", name="查条款").click()
    page.locator("#query :is(textarea, input)").fill("寄宿生 补助")
    expect(page.locator("#found [data-row]").first).to_be_visible()
    reader.check(page, "onerror=pwned=1")
    page.locator("#query :is(textarea, input)").fill("".join(payloads)[:QUESTION_CAP])
    page.wait_for_timeout(400)
    page.get_by_role("tab", name="文件库").click()
    expect(page.locator("#listed a.title").first).to_contain_text("onerror=pwned=1")
    reader.check(page)
    reader.traffic.settle(page)


def questions(payloads: list[str]) -> list[str]:
    """Questions that hold all payloads between them."""
    found = [QUESTION]
    for payload in payloads:
        if len(found[-1]) + len(payload) > QUESTION_CAP:
            found.append(QUESTION)
        found[-1] += payload
    return found


def test_markup_is_text_in_addresses_documents_and_the_administration(
    reader: Reader, payloads: list[str], tmp_path: Path, canary: tuple[str, list[str]]
) -> None:
    page, address = reader.page, reader.address
    sent = "".join(payloads)[:90]
    page.goto(f"{address}/?{urlencode({'find': sent, 'place': sent[:40], 'on': sent[:10]})}")
    page.wait_for_selector("#query :is(textarea, input)")
    page.wait_for_timeout(300)
    reader.check(page)
    reader.traffic.settle(page)
    page.goto(f"{address}/documents?{urlencode({'q': sent})}")
    reader.check(page)
    page.goto(f"{address}/documents?{urlencode({'q': '通知'})}")
    reader.check(page, "onerror=pwned=1")
    page.locator("main a[href^='/documents/']").first.click()
    reader.check(page, payloads[0], payloads[15], payloads[21])
    upload = tmp_path / NAME
    upload.write_text(notice(payloads).replace("2025年", "2026年"), encoding="utf8")
    page.goto(f"{address}/admin/login")
    page.locator("#password").fill(PASSWORD)
    page.locator("form button").click()
    page.get_by_label("选择文件").set_input_files(upload)
    page.get_by_role("button", name="上传并检查").click()
    page.get_by_role("link", name="看待收文件").click()
    page.wait_for_url("**/admin/staged")
    reader.check(page, "img src=x onerror=pwned=1")
    page.get_by_role("link", name="查看读出的内容").click()
    reader.check(page, "<script>pw", "pwned=1>的通知")
    page.goto(f"{address}/admin/files?{urlencode({'q': sent})}")
    reader.check(page)
    page.goto(f"{address}/admin/files")
    reader.check(page, "onerror=pwned=1")
    assert canary[1] == []
    assert reader.traffic.outside == []
    assert not [e for e in reader.traffic.errors if "policy" in e]
