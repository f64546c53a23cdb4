"""`make screenshots`: the pictures of README, taken from the sample library."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page

from bot.chat import serve
from bot.settings import ROOT, SAMPLE_DOCUMENTS, Settings
from bot.shelf import Shelf
from index.embed import load_embedder
from index.sync import sync
from tests.browser import Traffic, ask, chromium, free_port

IMAGES = ROOT / "docs" / "images"
DESKTOP, PHONE = (1280, 800), (390, 844)
QUESTION = "学校午休可以收费吗"
TABLE = "绵阳市教育和体育局关于明确2026年学生资助标准"
_DRAWN = 700  # ms until what was opened has been drawn


class Photographer:
    """Takes pictures of one served library."""

    def __init__(self, browser: Browser, address: str) -> None:
        self._browser, self._address = browser, address

    @contextmanager
    def page(self, size: tuple[int, int], path: str = "/", scheme: str = "light") -> Iterator[Page]:
        width, height = size
        page = self._browser.new_page(
            viewport={"width": width, "height": height},
            locale="zh-CN",
            color_scheme="dark" if scheme == "dark" else "light",
        )
        traffic = Traffic()
        traffic.watch(page.context)
        page.goto(self._address + path)
        traffic.settle(page)
        yield page
        traffic.settle(page)
        page.close()

    def take(self, page: Page, name: str) -> None:
        page.wait_for_timeout(_DRAWN)
        page.screenshot(path=IMAGES / f"{name}.png")

    def answers(self, name: str, size: tuple[int, int]) -> None:
        """The first screen, an answer with its card, and the source beside it."""
        with self.page(size) as page:
            self.take(page, f"{name}-start")
            ask(page, QUESTION)
            page.locator("#now details.card > summary").click()
            self.take(page, name)
            self._open_source(page)
            self.take(page, f"{name}-source")

    def dark(self) -> None:
        with self.page(DESKTOP, scheme="dark") as page:
            ask(page, QUESTION)
            self._open_source(page)
            self.take(page, "dark")

    def _open_source(self, page: Page) -> None:
        page.locator("#now a.label").first.click()
        page.mouse.move(0, 0)

    def sections(self) -> None:
        with self.page(DESKTOP) as page:
            page.get_by_role("tab", name="查条款").click()
            page.locator("#query :is(textarea, input)").fill("责任单位 财政局")
            page.locator("#found [data-row]").first.wait_for()
            self.take(page, "find")
            page.get_by_role("tab", name="文件库").click()
            page.locator("#listed a.title").first.wait_for()
            self.take(page, "library")

    def documents(self) -> None:
        with self.page(DESKTOP, "/documents") as page:
            self.take(page, "documents")
            page.get_by_text(TABLE).click()
            self.take(page, "document")

    def languages(self) -> None:
        for name, path in (("traditional", "/zh-Hant"), ("english", "/en")):
            with self.page(DESKTOP, path) as page:
                ask(page, QUESTION)
                page.locator("#now details.card > summary").click()
                self.take(page, name)


def main() -> None:
    IMAGES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as home:
        settings = Settings(home=Path(home), documents=SAMPLE_DOCUMENTS)
        sync([SAMPLE_DOCUMENTS], settings.home, load_embedder(None))
        port = free_port()
        demo = serve(Shelf(settings), host="127.0.0.1", port=port)
        with chromium() as browser:
            photographer = Photographer(browser, f"http://127.0.0.1:{port}")
            photographer.answers("chat", DESKTOP)
            photographer.answers("phone", PHONE)
            photographer.dark()
            photographer.sections()
            photographer.documents()
            photographer.languages()
        demo.close()


if __name__ == "__main__":
    main()
