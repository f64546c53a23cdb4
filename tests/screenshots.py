"""`make screenshots`: the pictures of README, taken from the sample library."""

from __future__ import annotations

import io
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page

from bot.chat import serve
from bot.receipts import save_receipt
from bot.settings import ROOT, SAMPLE_DOCUMENTS, Settings
from bot.shelf import Shelf
from index.embed import load_embedder
from index.sync import sync
from tests.browser import Traffic, ask, chromium, free_port

IMAGES = ROOT / "docs" / "images"
DESKTOP, PHONE = (1280, 800), (390, 844)
QUESTION = "学校午休可以收费吗"
TABLE = "绵阳市教育和体育局关于明确2026年学生资助标准"
UPLOADED, PASSWORD = "三台县营养改善计划实施方案.htm", "correct-horse"
LARGEST = 150_000  # bytes of a picture
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
        page.wait_for_function("() => !document.querySelector('#first')")  # Gradio's page has taken over
        traffic.settle(page)
        yield page
        traffic.settle(page)
        page.close()

    def take(self, page: Page, name: str) -> None:
        """Keep the window as a picture of at most 256 colours."""
        page.wait_for_timeout(_DRAWN)
        path = IMAGES / f"{name}.png"
        with Image.open(io.BytesIO(page.screenshot())) as picture:
            picture.convert("RGB").quantize(256, dither=Image.Dither.NONE).save(path, optimize=True)
        assert path.stat().st_size <= LARGEST, f"{path.name} is too large"

    def answers(self, name: str, size: tuple[int, int]) -> None:
        """The first screen, an answer with its warning, offers and votes, and the source beside it."""
        with self.page(size) as page:
            self.take(page, f"{name}-start")
            ask(page, QUESTION)
            page.locator("#now [data-vote=down]").first.click()
            page.locator("#now .reasons").scroll_into_view_if_needed()
            self.take(page, name)
            page.locator("#now [data-vote=down]").first.click()
            self._open_source(page)
            self.take(page, f"{name}-source")

    def receipt(self) -> None:
        with self.page(DESKTOP) as page:
            ask(page, QUESTION)
            page.goto(self._address + (page.locator("#now .after a[href^='/a/']").get_attribute("href") or ""))
            self.take(page, "receipt")

    def administration(self, file: Path) -> None:
        """An uploaded file as it was read, before it is taken in; and then it is."""
        with self.page(DESKTOP, "/admin") as page:
            page.get_by_label("密码").fill(PASSWORD)
            page.get_by_role("button", name="登录").click()
            page.get_by_label("选择文件").set_input_files(file)
            page.get_by_role("button", name="上传并检查").click()
            page.get_by_role("link", name="看待收文件").click()
            page.get_by_role("link", name="查看读出的内容").click()
            page.locator("summary", has_text="修复的例子").click()
            page.evaluate("scrollTo(0, 0)")
            self.take(page, "administration")
            page.get_by_role("link", name="回到待收文件").click()
            page.get_by_role("button", name="收进文件库").click()
            page.get_by_text("新收 1 个文件").wait_for()

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
            page.locator("#query :is(textarea, input)").fill("补助标准")
            page.locator("#found [data-row]").first.wait_for()
            page.locator("#by-place input").click()
            page.get_by_role("option").nth(1).click()
            page.mouse.move(0, 0)
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
    with tempfile.TemporaryDirectory() as place:
        home, documents = Path(place) / "home", Path(place) / "documents"
        shutil.copytree(SAMPLE_DOCUMENTS, documents, ignore=lambda *_: [UPLOADED])
        settings = Settings(home=home, documents=documents, admin_password=PASSWORD)  # type: ignore[arg-type]
        sync([documents], home, load_embedder(None))
        shelf, port = Shelf(settings), free_port()
        demo = serve(shelf, host="127.0.0.1", port=port, keep=partial(save_receipt, shelf))
        with chromium() as browser:
            photographer = Photographer(browser, f"http://127.0.0.1:{port}")
            photographer.administration(SAMPLE_DOCUMENTS / UPLOADED)
            photographer.answers("chat", DESKTOP)
            photographer.answers("phone", PHONE)
            photographer.receipt()
            photographer.dark()
            photographer.sections()
            photographer.documents()
            photographer.languages()
        demo.close()


if __name__ == "__main__":
    main()
