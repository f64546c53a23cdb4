"""Every page in light and in dark colours, in a real Chromium: no serious violation of WCAG A or AA, contrast of 4.5 and more,
nothing asked for outside, no error and no breach of the page's policy.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from bot.chat import serve
from bot.receipts import save_receipt
from bot.settings import SAMPLE_DOCUMENTS
from tests.browser import CHROMIUM, WCAG, Traffic, ask, chromium, free_port, violations
from tests.small_site import NAP, small_site
from tests.test_admin_door import PASSWORD
from tests.test_sync import NOTICE

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed")

expect.set_options(timeout=40_000)  # the machine may be busy with other things
DESKTOP, PHONE = ((1280, 800),), ((390, 844),)
BOTH = DESKTOP + PHONE  # what is open stays open as the window narrows
QUESTION, UNANSWERED = "学校午休可以收费吗", "食堂鸡蛋几块钱一斤"
ALLOWANCE = "某县教育局关于班主任津贴的通知"
BOX = "#question :is(textarea, input)"
Opener = Callable[[Page], None]


TRAFFIC = Traffic()  # of the one context that all pages are looked at in


@pytest.fixture(scope="module")
def browsed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Page, Traffic]]:
    """A page before a site that has something to show on each of its pages, with staff logged in."""
    folder = tmp_path_factory.mktemp("site")
    (folder / "own.tsv").write_text("午间休息\t睡午觉\n", encoding="utf8")
    site = small_site(folder, admin_password=PASSWORD, keep_questions=True, lexicon=folder / "own.tsv")
    for sample in SAMPLE_DOCUMENTS.iterdir():
        (site.folder / sample.name).write_bytes(sample.read_bytes())
    (site.folder / "空.txt").write_bytes(b"")
    site.sync()
    port = free_port()
    demo = serve(site.shelf, host="127.0.0.1", port=port, keep=partial(save_receipt, site.shelf))
    traffic = TRAFFIC
    with chromium() as browser:
        context = browser.new_context(base_url=f"http://127.0.0.1:{port}", locale="zh-CN", reduced_motion="reduce")
        traffic.watch(context)
        page = context.new_page()
        _log_in(page)
        _furnish(page, folder)
        traffic.check()
        yield page, traffic
    demo.close()


def _log_in(page: Page) -> None:
    page.goto("/admin/login")
    page.get_by_label("密码").fill(PASSWORD)
    page.get_by_role("button", name="登录").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("概况")


def _furnish(page: Page, folder: Path) -> None:
    """A judged answer, a question without one, a removed file and a waiting one that would replace another."""
    _answered(page)
    page.locator("#now [data-vote=down]").first.click()
    page.locator("#now [data-reason=expired]").click()
    expect(page.locator("#now .thanks")).to_be_visible()
    ask(page, UNANSWERED)
    removed = next(p.name for p in SAMPLE_DOCUMENTS.iterdir() if p.name.startswith("转载"))
    page.goto(f"/admin/remove?file={removed}")
    page.get_by_role("button", name="移除").click()
    _done(page)
    waiting = folder / NAP
    waiting.write_text(NOTICE.format(amount=300), encoding="utf8")
    page.goto("/admin")
    page.get_by_label("选择文件").set_input_files(waiting)
    page.get_by_role("button", name="上传并检查").click()
    _done(page)


def _done(page: Page) -> None:
    expect(page.locator(".notice.calm")).to_be_visible(timeout=60_000)


def _at(path: str) -> Opener:
    def opened(page: Page) -> None:
        page.goto(path)

    return opened


def _start(page: Page, path: str = "/") -> None:
    page.goto(path)
    page.wait_for_selector(BOX)
    expect(page.locator("#first")).to_have_count(0)


def _first_screen(page: Page) -> None:
    page.route("**/assets/index-*.js", lambda route: route.fulfill(body="", content_type="text/javascript"))
    page.goto("/")
    page.unroute_all()
    expect(page.locator("#first form")).to_be_visible()


def _answered(page: Page, path: str = "/") -> None:
    _start(page, path)
    ask(page, QUESTION)


def _source(page: Page) -> None:
    _answered(page)
    page.locator("#now a.label").first.click()
    expect(page.frame_locator("#source iframe").locator("mark.quoted").first).to_be_visible()


def _quote(page: Page) -> None:
    _answered(page)
    page.locator("#now a.label").first.hover()
    expect(page.locator("#now .pop").first).to_be_visible()


def _not_found(page: Page) -> None:
    _start(page)
    ask(page, UNANSWERED)


def _find(page: Page) -> None:
    _start(page)
    page.get_by_role("tab", name="查条款").click()
    page.locator("#query :is(textarea, input)").fill("责任单位 财政局")
    expect(page.locator("#found [data-row]").first).to_be_visible()


def _library(page: Page) -> None:
    _start(page)
    page.get_by_role("tab", name="文件库").click()
    expect(page.locator("#listed a.title").first).to_be_visible()


def _history(page: Page) -> None:
    _start(page)
    page.locator("[data-show=history]").click()
    expect(page.locator("#history li").first).to_be_visible()


def _look(page: Page) -> None:
    _start(page)
    page.locator(".look summary").click()
    expect(page.locator(".look-box")).to_be_visible()


def _places(page: Page) -> None:
    _start(page)
    page.locator("#place input").click()
    expect(page.locator("#places option").first).to_be_attached()


def _trouble(page: Page) -> None:
    _start(page)
    page.evaluate(
        "document.querySelector('#trouble').hidden = false, document.querySelector('#trouble').className = 'busy'"
    )


def _document(words: str) -> Opener:
    def opened(page: Page) -> None:
        page.goto("/documents")
        page.locator("a.title", has_text=words).first.click()
        expect(page.locator("article h1")).to_contain_text(words)

    return opened


def _receipt(page: Page, question: str = QUESTION) -> None:
    _start(page)
    ask(page, question)
    TRAFFIC.settle(page)  # what is offered next comes after the answer
    page.goto(page.locator("#now .after a[href^='/a/']").get_attribute("href") or "")


def _judged_receipt(page: Page) -> None:
    """One from before the library changed."""
    page.goto("/admin/feedback")
    page.get_by_role("link", name=QUESTION).first.click()
    expect(page.get_by_role("status")).to_contain_text("更新过")


def _logged_out(page: Page) -> None:
    page.context.clear_cookies()
    page.goto("/admin/login")


def _wrong_password(page: Page) -> None:
    _logged_out(page)
    page.get_by_label("密码").fill("wrong")
    page.get_by_role("button", name="登录").click()
    expect(page.get_by_role("alert")).to_be_visible()


def _refused(page: Page) -> None:
    page.goto("/admin")
    page.evaluate("for (const t of document.querySelectorAll('[name=token]')) t.value = ''")
    page.get_by_role("button", name="按资料文件夹更新文件库").click()
    expect(page.get_by_role("alert")).to_be_visible()


def _rehearsed(page: Page) -> None:
    page.goto("/admin/lexicon")
    page.locator("#written").fill("食堂 = 鸡蛋\n")
    page.get_by_role("button", name="试用").click()
    expect(page.get_by_role("status")).to_be_visible()


def _corrected(page: Page) -> None:
    page.goto("/admin/files")
    page.get_by_role("link", name="更正").first.click()
    expect(page.get_by_role("button", name="保存更正")).to_be_visible()


PAGES: dict[str, tuple[Opener, Sequence[tuple[int, int]]]] = {
    "first screen": (_first_screen, BOTH),
    "chat": (_start, BOTH),
    "answer": (_answered, BOTH),
    "answer, traditional": (partial(_answered, path="/zh-Hant"), DESKTOP),
    "answer, English": (partial(_answered, path="/en"), DESKTOP),
    "source": (_source, BOTH),
    "quote": (_quote, DESKTOP),
    "not found": (_not_found, DESKTOP),
    "find": (_find, BOTH),
    "library": (_library, DESKTOP),
    "history": (_history, DESKTOP),
    "colours and size": (_look, DESKTOP),
    "places": (_places, DESKTOP),
    "trouble": (_trouble, DESKTOP),
    "documents": (_at("/documents"), DESKTOP),
    "no such documents": (_at("/documents?q=没有"), DESKTOP),
    "picture": (_at("/documents/picture.svg"), DESKTOP),
    "document with tables": (_document("学生资助标准"), DESKTOP),
    "document with gaps and repairs": (_document("营养改善计划"), DESKTOP),
    "document that was replaced": (_document("教师交流暂行办法"), PHONE),
    "missing document": (_at("/documents/none"), DESKTOP),
    "closed address": (_at("/nothing"), DESKTOP),
    "receipt": (_receipt, DESKTOP),
    "receipt without an answer": (partial(_receipt, question=UNANSWERED), DESKTOP),
    "receipt after a change": (_judged_receipt, PHONE),
    "missing receipt": (_at("/a/AAAAAAAAAAAAAAAA"), DESKTOP),
    "administration": (_at("/admin"), BOTH),
    "files": (_at("/admin/files"), DESKTOP),
    "waiting files": (_at("/admin/staged"), DESKTOP),
    "preview": (_at(f"/admin/preview?file={NAP}"), DESKTOP),
    "correction": (_corrected, DESKTOP),
    "removal": (_at(f"/admin/remove?file={NAP}"), DESKTOP),
    "progress": (_at("/admin/progress"), DESKTOP),
    "generations": (_at("/admin/generations"), DESKTOP),
    "feedback": (_at("/admin/feedback"), DESKTOP),
    "questions": (_at("/admin/questions"), DESKTOP),
    "lexicon": (_rehearsed, DESKTOP),
    "refused form": (_refused, DESKTOP),
    "login": (_logged_out, DESKTOP),  # nobody is logged in from here on
    "wrong password": (_wrong_password, DESKTOP),
}
# Our script follows the system's colours a moment later than the style sheets; a drawing has no script.
DRESSED = "scheme => document.body?.closest('.light, .dark')?.classList.contains(scheme) ?? true"
REFUSED = (400, 403, 404)  # what some of them answer with on purpose
# The colours are all that differs in the dark.
RULES = {"light": WCAG, "dark": ("color-contrast",)}


def _resize(page: Page, size: tuple[int, int]) -> None:
    page.set_viewport_size({"width": size[0], "height": size[1]})


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_usable_by_everybody_and_asks_for_nothing_outside(browsed: tuple[Page, Traffic], name: str) -> None:
    page, traffic = browsed
    opener, sizes = PAGES[name]
    _resize(page, sizes[0])
    traffic.forget()
    opener(page)
    page.evaluate("for (const d of document.querySelectorAll('details:not(.look)')) d.open = true")
    found = []
    for size in sizes:
        _resize(page, size)
        for scheme, rules in RULES.items():
            page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            for frame in (f for f in page.frames if f.url != "about:blank"):
                frame.wait_for_function(DRESSED, arg=scheme)
                found += [f"{size} {scheme} {urlsplit(frame.url).path}: {v}" for v in violations(frame, rules)]
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), f"wider than {size}"
    assert not found, "\n".join(found)
    traffic.settle(page)
    traffic.check(REFUSED)
