"""Flows over the whole program in a real Chromium: a receipt in another browser, a file from its upload to its removal,
corrections, earlier generations, and what visitors told. (The page's own behaviour: test_page.)
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from bot.chat import serve
from bot.receipts import save_receipt
from tests.browser import CHROMIUM, Traffic, answered, ask, chromium, free_port
from tests.small_site import ENROL, NAP, SmallSite, small_site
from tests.test_admin_door import PASSWORD
from tests.test_sync import NOTICE

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed")

expect.set_options(timeout=40_000)  # the machine may be busy with other things
QUESTION = "学校午休可以收费吗"
ALLOWANCE, ASKED = "某县教育局关于班主任津贴的通知", "某县班主任津贴每人每月多少元"
DESKTOP, PHONE = (1280, 800), (390, 844)


@dataclass
class Served:
    """The small site at its address, with a browser to visit it."""

    small: SmallSite
    address: str
    browser: Browser
    traffic: Traffic

    @contextmanager
    def visitor(self, path: str = "/", size: tuple[int, int] = DESKTOP) -> Iterator[Page]:
        """A page in a fresh browser, without anything kept from another one."""
        context = self.browser.new_context(viewport={"width": size[0], "height": size[1]}, locale="zh-CN")
        self.traffic.watch(context)
        page = context.new_page()
        page.goto(self.address + path)
        if path == "/":
            page.wait_for_selector("#question :is(textarea, input)")
        yield page
        self.traffic.settle(page)
        context.close()


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    small = small_site(tmp_path_factory.mktemp("site"), admin_password=PASSWORD, keep_questions=True)
    port = free_port()
    demo = serve(small.shelf, host="127.0.0.1", port=port, keep=partial(save_receipt, small.shelf))
    with chromium() as browser:
        yield Served(small, f"http://127.0.0.1:{port}", browser, Traffic())
    demo.close()


@pytest.fixture
def site(served: Served) -> Iterator[Served]:
    """The site with its two files; what a test did to them is undone, and no page may have complained of anything."""
    folder, served.traffic = served.small.folder, Traffic()
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    yield served
    for path in folder.iterdir():
        if path.name not in before:
            path.unlink()
    for name, content in before.items():
        (folder / name).write_bytes(content)
    served.small.sync()
    served.traffic.check()


def notice(tmp_path: Path, amount: int = 350) -> Path:
    path = tmp_path / "津贴.txt"
    path.write_text(NOTICE.format(amount=amount), encoding="utf8")
    return path


def receipt_of(page: Page) -> str:
    return page.locator("#now .after a[href^='/a/']").get_attribute("href") or ""


def log_in(page: Page) -> None:
    expect(page.locator("#password")).to_be_focused()
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("概况")


def done(page: Page, told: str) -> None:
    """Wait for the end of what was begun, on the page that renews itself."""
    expect(page.locator(".notice.calm")).to_contain_text(told, timeout=60_000)


def forget(site: Served, page: Page) -> None:
    """A conversation of its own for what is asked next."""
    site.traffic.settle(page)
    page.goto(site.address)


def tab_to(page: Page, target: Locator) -> None:
    """Press Tab until an element has the focus."""
    for _ in range(80):
        if target.evaluate("e => e === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"the keyboard does not reach {target}")


def press(page: Page, target: Locator, key: str = "Enter") -> None:
    tab_to(page, target)
    page.keyboard.press(key)


def link(within: Page | Locator, name: str) -> Locator:
    return within.get_by_role("link", name=name, exact=isinstance(within, Page))


def button(within: Page | Locator, name: str) -> Locator:
    return within.get_by_role("button", name=name, exact=isinstance(within, Page))


def row(page: Page, words: str) -> Locator:
    """The row of a list in the administration; the names of what can be done with it go on with its own."""
    return page.locator(".held > li", has_text=words)


def printed(page: Page) -> list[str]:
    """The text of each page that is printed."""
    document = pypdfium2.PdfDocument(io.BytesIO(page.pdf(prefer_css_page_size=True)))
    sizes = {tuple(round(length) for length in sheet.get_size()) for sheet in document}
    assert sizes == {(595, 842)}  # points of A4
    return [sheet.get_textpage().get_text_bounded() for sheet in document]


def overflows(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth > window.innerWidth"))


def test_a_receipt_is_the_same_in_another_browser_and_follows_the_library(site: Served, tmp_path: Path) -> None:
    with site.visitor("/?place=德清县") as page:
        expect(page.locator("#place input")).to_have_value("德清县（浙江·湖州）")
        ask(page, QUESTION)
        receipt = receipt_of(page)
        statements = [s.strip() for s in page.locator("#now .statement").evaluate_all(_WITHOUT_LABELS)]
    assert statements
    library = site.small.shelf.answerer.library
    cited = next(d for d in library.documents() if NAP in d.sources)
    with site.visitor(receipt) as page:
        expect(page.locator(".facts")).to_contain_text(QUESTION)
        expect(page.locator(".facts")).to_contain_text("浙江省湖州市德清县")
        shown = page.locator(".receipt .statement").evaluate_all(_WITHOUT_LABELS)
        assert [s.strip() for s in shown] == statements
        described = page.locator(".receipt .described").first
        expect(described).to_contain_text(cited.doc_no or "")
        expect(described).to_contain_text(f"文本版本 {cited.id[:8]}")
        quotes = page.locator(".receipt blockquote").all_inner_texts()
        assert all(line in cited.text for quote in quotes for line in quote.splitlines())
        expect(page.get_by_text("文件库没有更新过")).to_be_visible()
        assert page.evaluate("[localStorage.length, document.cookie.length]") == [0, 0]
        page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
        assert not overflows(page)
        sheets = printed(page)
        assert len(sheets) == 1
        assert all(word in "".join(sheets[0].split()) for word in (QUESTION, "答复凭据", receipt.removeprefix("/a/")))

        (site.small.folder / "津贴.txt").write_bytes(notice(tmp_path).read_bytes())
        site.small.sync()
        page.reload()
        expect(page.get_by_role("status")).to_contain_text("仍与文件库一致")
        link(page, "按现在的文件库再问一次").click()
        answered(page, QUESTION)
        assert receipt_of(page) not in ("", receipt)
        site.traffic.settle(page)

        (site.small.folder / NAP).unlink()
        site.small.sync()
        page.goto(site.address + receipt)
        expect(page.get_by_role("status")).to_contain_text("已与文件库不一致")
        expect(page.locator(".source .state").first).to_have_text("该文件已从文件库删除，不再作为依据")
        assert page.locator(".receipt blockquote").all_inner_texts() == quotes
        assert len(printed(page)) == 1


_WITHOUT_LABELS = """found => found.map(s => {
  const copy = s.cloneNode(true);
  for (const e of copy.querySelectorAll('.cite, .label')) e.remove();
  return copy.textContent;
})"""


def test_a_file_is_uploaded_looked_at_taken_in_quoted_removed_and_put_back_by_keyboard_alone(
    site: Served, tmp_path: Path
) -> None:
    with site.visitor() as chat, site.visitor("/admin") as staff:
        ask(chat, ASKED)
        assert "350元" not in chat.locator("#now").inner_text()
        log_in(staff)
        staff.on("filechooser", lambda chooser: chooser.set_files(notice(tmp_path)))
        press(staff, staff.get_by_label("选择文件"))
        expect(staff.get_by_label("选择文件")).to_have_value(re.compile("津贴.txt$"))
        press(staff, button(staff, "上传并检查"))
        done(staff, "检查了 1 个文件")
        press(staff, link(staff, "看待收文件"))
        press(staff, link(row(staff, "津贴.txt"), "查看读出的内容"))
        expect(staff.get_by_role("heading", level=2)).to_have_text(ALLOWANCE)
        expect(staff.locator(".admin > p.soft")).to_contain_text("文本文件")
        for fact in ("2025-01-01", "某县教育局", "检索片段"):
            expect(staff.locator("dl.facts")).to_contain_text(fact)
        press(staff, staff.locator("summary", has_text="目录"))
        expect(staff.locator(".outline-list")).to_contain_text("津贴标准")
        press(staff, link(staff, "回到待收文件"))
        tick = staff.get_by_label("选中 津贴.txt")
        press(staff, tick, "Space")
        expect(tick).not_to_be_checked()
        staff.keyboard.press("Space")
        press(staff, button(staff, "收进文件库"))
        done(staff, "新收 1 个文件：津贴.txt")

        forget(site, chat)
        ask_by_keyboard(chat, ASKED)
        statement = chat.locator("#now .statement", has_text="350元")
        expect(statement.first).to_be_visible()
        receipt = receipt_of(chat)
        press(chat, statement.locator("a.label").first)
        source = chat.frame_locator("#source iframe")
        expect(source.locator("h1")).to_have_text(ALLOWANCE)
        expect(source.locator("mark.quoted").first).to_contain_text("350元")
        document = chat.locator("#source .source-bar a").get_attribute("href") or ""
        chat.keyboard.press("Escape")

        press(staff, link(staff, "看文件"))
        press(staff, link(row(staff, "津贴.txt"), "移除"))
        press(staff, button(staff, "移除"))
        done(staff, "移除 1 个文件：津贴.txt")
        assert not (site.small.folder / "津贴.txt").exists()
        forget(site, chat)
        ask_by_keyboard(chat, ASKED)
        assert "350元" not in chat.locator("#now").inner_text()
        assert found_by_keyboard(chat, "班主任津贴") == []
        assert chat.request.get(document.split("?")[0]).status == 404
        with site.visitor(receipt) as page:
            expect(page.locator(".source .state")).to_have_text("该文件已从文件库删除，不再作为依据")

        press(staff, link(staff, "看文件"))
        press(staff, button(row(staff, "津贴.txt"), "放回"))
        done(staff, "新收 1 个文件：津贴.txt")
        assert ALLOWANCE in found_by_keyboard(chat, "班主任津贴 ")
        forget(site, chat)
        ask_by_keyboard(chat, ASKED)
        expect(chat.locator("#now .statement", has_text="350元").first).to_be_visible()
        press(staff, button(staff, "退出"))
        expect(staff.locator("#password")).to_be_focused()


def ask_by_keyboard(page: Page, question: str) -> None:
    expect(page.locator("#question :is(textarea, input)")).to_be_focused()  # as soon as the page is there
    page.keyboard.type(question)
    page.keyboard.press("Enter")
    answered(page, question)


def found_by_keyboard(page: Page, words: str) -> list[str]:
    """The titles that 查条款 finds."""
    tab = page.get_by_role("tab", name="查条款")
    if tab.get_attribute("aria-selected") != "true":
        press(page, page.get_by_role("tab", name="问答"), "Tab")
        press(page, tab)
    page.keyboard.press("/")
    page.keyboard.press("Control+a")
    page.keyboard.type(words)
    expect(page.locator("#found [role=status]")).to_contain_text("找到")
    page.wait_for_timeout(700)  # what is found follows the words as they are typed
    return page.locator("#found h2").all_inner_texts()


def test_metadata_corrected_by_hand_stand_in_the_citation_and_survive_a_further_update(site: Served) -> None:
    with site.visitor("/admin/login") as staff:
        log_in(staff)
        link(staff, "文件").click()
        link(row(staff, NAP), "更正").click()
        staff.get_by_label("文号").fill("浙教示〔2026〕99号")
        button(staff, "保存更正").click()
        done(staff, f"更新 1 个文件：{NAP}")
        link(staff, "看文件").click()
        expect(row(staff, NAP)).to_contain_text("有人工更正")
        (site.small.folder / ENROL).unlink()
        link(staff, "概况").click()
        button(staff, "按资料文件夹更新文件库").click()
        done(staff, f"移除 1 个文件：{ENROL}")
    with site.visitor() as page:
        ask(page, QUESTION)
        expect(page.locator("#now .tags").first).to_contain_text("浙教示〔2026〕99号")
        page.locator("#now details.card > summary").first.click()
        expect(page.locator("#now .card-body").first).to_contain_text("浙教示〔2026〕99号")
        copied = page.locator("#now .card-body [data-copy]").first.get_attribute("data-copy") or ""
        assert "（浙教示〔2026〕99号）" in copied


def test_rolled_back_to_an_earlier_generation_the_answer_is_the_earlier_one(site: Served) -> None:
    def answer(page: Page) -> str:
        forget(site, page)
        ask(page, QUESTION)
        return page.locator("#now .answer").inner_text()

    earlier = site.small.shelf.answerer.info.generation
    written = (site.small.folder / NAP).read_text(encoding="utf8")
    assert "60元" in written
    (site.small.folder / NAP).write_text(written.replace("60元", "90元"), encoding="utf8")
    site.small.sync()
    with site.visitor() as page, site.visitor("/admin/login") as staff:
        changed = answer(page)
        assert "90元" in changed and "60元" not in changed
        log_in(staff)
        link(staff, "版本").click()
        button(staff, f"退回第 {earlier} 版").click()
        expect(staff.get_by_text(f"现在是第 {earlier} 版")).to_be_visible()
        again = answer(page)
        assert "60元" in again and "90元" not in again


def test_what_is_refused_says_why_before_it_enters_and_in_quarantine(site: Served, tmp_path: Path) -> None:
    broken = tmp_path / "图片.txt"
    broken.write_bytes(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR")
    (site.small.folder / "空.txt").write_bytes(b"")
    with site.visitor("/admin/login", PHONE) as staff:
        log_in(staff)
        staff.get_by_label("选择文件").set_input_files(broken)
        button(staff, "上传并检查").click()
        done(staff, "检查了 1 个文件")
        link(staff, "看待收文件").click()
        expect(row(staff, "图片.txt")).to_contain_text("不能收：这不是文字文件")
        expect(staff.get_by_label("选中 图片.txt")).not_to_be_checked()
        assert not overflows(staff)
        staff.get_by_label("选中 图片.txt").check()
        button(staff, "不要选中的文件").click()
        expect(row(staff, "图片.txt")).to_have_count(0)
        link(staff, "概况").click()
        button(staff, "按资料文件夹更新文件库").click()
        done(staff, "没有收 空.txt：文件是空的")
        link(staff, "看文件").click()
        expect(staff.locator(".held > li").first).to_contain_text("没有收：文件是空的")
        assert not overflows(staff)


def test_votes_and_questions_without_an_answer_reach_the_staff(site: Served) -> None:
    with site.visitor() as page:
        ask(page, QUESTION)
        receipt = receipt_of(page)
        page.locator("#now [data-vote=down]").first.click()
        page.locator("#now [data-reason=expired]").click()
        expect(page.locator("#now .thanks")).to_be_visible()
        forget(site, page)
        ask(page, "食堂鸡蛋几块钱一斤")
    with site.visitor("/admin/login") as staff:
        log_in(staff)
        link(staff, "评价").click()
        expect(staff.locator(f"a[href='{receipt}']")).to_have_text(QUESTION)
        expect(staff.locator(".held > li").first).to_contain_text("已失效")
        link(staff, "未答问题").click()
        group = row(staff, "食堂鸡蛋几块钱一斤")
        button(group, "已处理").click()
        expect(group).to_have_count(0)


def test_the_history_of_a_conversation_is_exported_as_its_text_and_erased_for_good(
    site: Served, tmp_path: Path
) -> None:
    second = "午休是自愿的吗"
    with site.visitor() as page:
        for question in (QUESTION, second):
            ask(page, question)
            site.traffic.settle(page)
        texts: list[Any] = page.locator(".turn").evaluate_all("turns => turns.map(t => t.dataset.markdown)")
        said = page.locator(".turn .statement").evaluate_all(_WITHOUT_LABELS)
        press(page, button(page, "历史"))
        with page.expect_download() as download:
            press(page, page.locator("[data-export]"))
        download.value.save_as(tmp_path / "history.md")
        kept = (tmp_path / "history.md").read_text(encoding="utf8")
        assert download.value.suggested_filename.endswith(".md")
        assert [line for line in kept.splitlines() if line.startswith("## ")] == [f"## {QUESTION}", f"## {second}"]
        assert all(text in kept for text in texts)
        assert said and all(statement.strip() in kept for statement in said)
        press(page, page.locator("[data-erase]"))
        expect(page.locator("#history .none")).to_be_visible()
        page.keyboard.press("Escape")
        forget(site, page)
        page.locator("[data-show=history]").click()
        expect(page.locator("#history .none")).to_be_visible()
