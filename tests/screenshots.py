"""`make screenshots`: the pictures of README, taken from the sample library."""

from __future__ import annotations

import tempfile
from pathlib import Path

from bot.chat import serve
from bot.settings import ROOT, SAMPLE_DOCUMENTS, Settings
from bot.shelf import Shelf
from index.embed import load_embedder
from index.sync import sync
from tests.browser import ask, chromium, free_port

IMAGES = ROOT / "docs" / "images"
QUESTION = "学校午休可以收费吗"
TABLE = "绵阳市教育和体育局关于明确2026年学生资助标准"


def main() -> None:
    IMAGES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as home:
        settings = Settings(home=Path(home), documents=SAMPLE_DOCUMENTS)
        sync([SAMPLE_DOCUMENTS], settings.home, load_embedder(None))
        port = free_port()
        demo = serve(Shelf(settings), host="127.0.0.1", port=port)
        with chromium() as browser:
            for name, width, height in (("chat", 1280, 800), ("phone", 390, 844)):
                page = browser.new_page(viewport={"width": width, "height": height}, locale="zh-CN")
                page.goto(f"http://127.0.0.1:{port}/")
                page.wait_for_selector("#question textarea")
                page.wait_for_timeout(800)
                page.screenshot(path=IMAGES / f"{name}-start.png")
                ask(page, QUESTION)
                page.locator("details.card summary").first.click()
                page.wait_for_timeout(600)
                page.screenshot(path=IMAGES / f"{name}.png")
            page = browser.new_page(viewport={"width": 1280, "height": 800}, locale="zh-CN")
            page.goto(f"http://127.0.0.1:{port}/documents")
            page.screenshot(path=IMAGES / "documents.png")
            page.get_by_text(TABLE).click()
            page.screenshot(path=IMAGES / "document.png")
        demo.close()


if __name__ == "__main__":
    main()
