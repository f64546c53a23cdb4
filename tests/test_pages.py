"""The JSON routes and document pages over the real sample library."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from bot.pages import QUESTION_CAP, routes
from bot.settings import SAMPLE_DOCUMENTS, Settings
from bot.shelf import Shelf
from index.embed import load_embedder
from index.library import Library
from index.sync import sync


@pytest.fixture(scope="module")
def shelf(library: Library, settings: Settings) -> Shelf:
    return Shelf(settings)


@pytest.fixture(scope="module")
def client(shelf: Shelf) -> Iterator[TestClient]:
    with TestClient(Starlette(routes=list(routes(shelf)))) as opened:
        yield opened


def test_places_are_listed_in_the_readers_script_the_librarys_own_first(client: TestClient, shelf: Shelf) -> None:
    names = client.get("/places", params={"lang": "zh-Hant"}).json()
    own = len(shelf.answerer.places)
    assert len(names) > 3000 and "綿陽市（四川）" in names[:own] and "永安市（福建·三明）" in names[own:]
    assert "绵阳市（四川）" in client.get("/places").json()[:own]


def test_ask_gives_the_answer_with_citations_that_can_be_followed(client: TestClient) -> None:
    answer = client.get("/api/ask", params={"q": "学校午休可以收费吗"}).json()
    assert answer["outcome"] == "answered"
    cited = answer["citations"][0]
    assert "60元" in cited["quote"]
    page = client.get(cited["url"].partition("#")[0]).text
    assert f'id="{cited["url"].partition("#")[2]}"' in page
    assert '<mark class="quoted">' in page
    assert "score" not in answer


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ({"q": ""}, f"请写一个不超过 {QUESTION_CAP} 字的问题。"),
        ({"q": "问" * (QUESTION_CAP + 1)}, f"请写一个不超过 {QUESTION_CAP} 字的问题。"),
        ({"q": "午休收费吗", "on": "昨天"}, "日期请写成 2026-11-21 这样的形式。"),
        ({"q": "午休收费吗", "place": "火星"}, "没有认出“火星”是哪里，请写全称，例如：绵阳市三台县。"),
    ],
)
def test_bad_input_is_told_in_a_sentence(client: TestClient, query: dict[str, str], sentence: str) -> None:
    response = client.get("/api/ask", params=query)
    assert response.status_code == 400
    assert response.json() == {"error": sentence}


def test_find_gives_sections(client: TestClient) -> None:
    found = client.get("/api/find", params={"q": "浙教示〔2026〕21号 第五条"}).json()["sections"]
    assert found[0]["section"].endswith("第五条")
    assert client.get("/api/find").status_code == 400


def test_find_narrows_by_filters_and_counts_by_facet(client: TestClient) -> None:
    every = client.get("/api/find", params={"q": "教师"}).json()
    counts = {facet["value"]: facet["count"] for facet in every["facets"]["place"]}
    own = client.get("/api/find", params={"q": "教师", "place": "四川省绵阳市三台县"}).json()
    assert own["total"] == counts["四川省绵阳市三台县"] < every["total"]
    assert {s["place"] for s in own["sections"]} == {"四川省绵阳市三台县"}
    bodies = client.get("/api/find", params={"department": "市卫健委"}).json()
    assert bodies["total"] == 2
    assert client.get("/api/find", params={"q": "教师", "year": "去年"}).json() == {
        "error": "年份请写四位数字，例如 2026。"
    }


def test_find_tells_rules_from_above(client: TestClient) -> None:
    sections = client.get("/api/find", params={"q": "三台县 学前教育"}).json()["sections"]
    assert {tuple(s["remarks"]) for s in sections if s["place"] == "四川省"} == {("上级规定",)}


def test_the_list_names_every_document_and_filters(client: TestClient, library: Library) -> None:
    everything = client.get("/documents").text
    assert all(f'href="/documents/{d.id}"' in everything for d in library.documents())
    filtered = client.get("/documents", params={"q": "午休"}).text
    assert filtered.count('class="title"') == 1


def test_every_document_page_opens(client: TestClient, library: Library) -> None:
    for document in library.documents():
        page = client.get(f"/documents/{document.id}")
        assert page.status_code == 200
        assert all(f'id="{a.anchor}"' in page.text for a in library.articles(document.id))


def test_an_unknown_document_is_404(client: TestClient) -> None:
    response = client.get("/documents/none")
    assert response.status_code == 404
    assert "文件库里没有这份文件" in response.text


def test_health_tells_the_generation(client: TestClient, library: Library) -> None:
    assert client.get("/healthz").json()["documents"] == len(library.documents())


def test_a_new_generation_is_served_without_a_restart(tmp_path: Path) -> None:
    documents = tmp_path / "documents"
    documents.mkdir()
    sample = "德清县2026年义务教育招生入学通知.txt"
    (documents / sample).write_bytes((SAMPLE_DOCUMENTS / sample).read_bytes())
    settings = Settings(home=tmp_path / "home", documents=documents)
    embedder = load_embedder(None)
    sync([documents], settings.home, embedder, progress=False)
    shelf = Shelf(settings)
    assert shelf.answerer.info.documents == 1
    other = "三台县2026年义务教育招生入学通知.txt"
    (documents / other).write_bytes((SAMPLE_DOCUMENTS / other).read_bytes())
    sync([documents], settings.home, embedder, progress=False)
    assert shelf.answerer.info.documents == 1  # no question waits for a generation to be opened
    deadline = time.monotonic() + 60
    while shelf.answerer.info.documents == 1 and time.monotonic() < deadline:
        time.sleep(0.05)
    assert shelf.answerer.info.documents == 2
    assert shelf.finder.library is shelf.answerer.library


def test_a_page_links_what_took_the_place_of_its_document_and_what_it_replaced(
    client: TestClient, library: Library
) -> None:
    by_source = {d.sources[0]: d for d in library.documents()}
    old, new = by_source["湖州市教师交流暂行办法2019.txt"], by_source["湖州市教师交流轮岗实施办法2025.docx"]
    of_old, of_new = client.get(f"/documents/{old.id}").text, client.get(f"/documents/{new.id}").text
    assert "<dt>已被取代</dt>" in of_old
    assert f'href="/documents/{new.id}"' in of_old and "已被取代：湖州市教育局" in of_old
    assert "<dt>取代</dt>" in of_new and f'href="/documents/{old.id}"' in of_new
    assert "现行有效（有效期至2030-08-31）" in of_new
    repealing = client.get(f"/documents/{by_source['浙江省校园午休管理办法.md'].id}").text
    assert "浙江省小学生午间管理规定（示例）（文件库未收）" in repealing


def test_document_pages_speak_the_readers_language(client: TestClient, library: Library) -> None:
    for document in library.documents():
        english = client.get(f"/documents/{document.id}", params={"lang": "en"})
        assert english.status_code == 200
        assert '<html lang="en">' in english.text
        own = re.sub(r"<article>.*</article>|<title>.*</title>|<ol>.*</ol>", "", english.text, flags=re.DOTALL)
        assert not re.search(r"[\u4e00-\u9fff]", own.replace("有据", "")), document.title
        names = re.findall(r"<dt>(.*?)</dt>", english.text)
        assert names and not re.search(r"[\u4e00-\u9fff]", "".join(names))
    listed = client.get("/documents", params={"lang": "en"}).text
    assert all(f'href="/documents/{d.id}?lang=en"' in listed for d in library.documents())
    assert "Documents by place and year" in listed and '<input type="hidden" name="lang" value="en">' in listed
    missing = client.get("/documents/none", params={"lang": "en"})
    assert missing.status_code == 404 and "See what the library holds" in missing.text


def test_in_traditional_script_the_text_is_converted_and_the_original_one_click_away(
    client: TestClient, library: Library
) -> None:
    document = next(d for d in library.documents() if d.doc_no == "浙教示〔2026〕21号")
    at = document.text.index("学校可以收取")
    asked = {"lang": "zh-Hant", "quote": f"{at}-{at + 6}"}
    page = client.get(f"/documents/{document.id}", params=asked).text
    assert '<mark class="quoted">學校可以收取</mark>' in page
    assert "浙教示〔2026〕21号" in page and "60元" in page
    other = re.search(r'<a href="(\?[^"]+)">看原來的簡體字</a>', page)
    assert other is not None
    original = client.get(f"/documents/{document.id}{unescape(other[1])}").text
    assert '<mark class="quoted">学校可以收取</mark>' in original
    assert "看轉換成的繁體字" in original and "目錄" in original
    assert "看原" not in client.get(f"/documents/{document.id}").text
