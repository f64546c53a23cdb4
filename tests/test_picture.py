"""The picture of the library: what is counted, and an SVG that is whole, safe and in words too."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

import pytest
from lxml import etree
from starlette.applications import Starlette
from starlette.testclient import TestClient

from bot.pages import routes
from bot.picture import COLUMNS, ROWS, described, draw, grid
from bot.settings import Settings
from bot.shelf import Shelf
from bot.web import Guard
from index.library import Library
from index.records import Place, PolicyDocument
from tests.documents import document_of


def document(place: Place | None, year: int) -> PolicyDocument:
    return replace(document_of("正文"), place=place, written=date(year, 5, 1) if year else None)


HERE, NATION = Place(("四川省", "绵阳市")), Place(())


def test_documents_are_counted_by_place_and_year() -> None:
    found = grid([document(HERE, 2024), document(HERE, 2024), document(NATION, 2026), document(None, 0)])
    assert found.places == ("四川省绵阳市", "国家", "未注明地方")
    assert found.years == ("2024", "2025", "2026", "未注明")
    assert found.counts == {("四川省绵阳市", "2024"): 2, ("国家", "2026"): 1, ("未注明地方", "未注明"): 1}
    assert found.totals == {"四川省绵阳市": 2, "国家": 1, "未注明地方": 1}


def test_old_years_and_small_places_are_put_together() -> None:
    places = [Place((f"{i}省",)) for i in range(ROWS + 5)]
    documents = [document(place, 1940 + 5 * i) for i, place in enumerate(places)] + [document(places[3], 2026)]
    found = grid(documents)
    assert len(found.places) == ROWS
    assert found.places[-1] == f"其他 {len(places) - ROWS + 1} 地"
    assert found.years == ("更早", *(str(y) for y in range(2026 - COLUMNS + 1, 2027)))
    assert sum(found.counts.values()) == len(documents)


@pytest.mark.parametrize("documents", [[], [document(None, 0)], [document(HERE, 2026)]])
def test_the_smallest_libraries_are_drawn_too(documents: list[PolicyDocument]) -> None:
    assert etree.fromstring(draw(grid(documents)).encode()).tag.endswith("svg")


def test_the_drawing_has_text_no_code_and_no_outside_links() -> None:
    svg = draw(grid([document(HERE, 2024), document(Place(("<b>&省",)), 2025)]))
    root = etree.fromstring(svg.encode())
    texts = {"".join(e.itertext()).strip() for e in root.iter("{*}text")}
    assert {"四川省绵阳市", "<b>&省", "2024", "2025"} <= texts
    names = {etree.QName(e).localname for e in root.iter(etree.Element)}
    assert not names & {"script", "foreignObject", "image", "a"}
    links = [v for e in root.iter(etree.Element) for k, v in e.attrib.items() if k.endswith("href")]
    assert all(v.startswith(("#", "http://purl.org/dc/")) for v in links)
    assert "prefers-color-scheme:dark" in svg
    assert "#010203" not in svg and "#040506" not in svg


def test_the_same_library_is_drawn_the_same() -> None:
    found = grid([document(HERE, 2024)])
    assert draw(found) == draw(found)


def test_the_picture_is_told_in_words() -> None:
    assert described([document(HERE, 2024), document(HERE, 2025)]) == "文件库里各地的文件份数：四川省绵阳市 2。"


@pytest.fixture(scope="module")
def client(library: Library, settings: Settings) -> Iterator[TestClient]:
    with TestClient(Guard(Starlette(routes=list(routes(Shelf(settings)))))) as opened:
        yield opened


def test_the_library_page_shows_the_picture(client: TestClient, library: Library) -> None:
    page = client.get("/documents").text
    assert '<img src="/documents/picture.svg"' in page
    assert described(library.documents()) in page
    response = client.get("/documents/picture.svg")
    assert response.headers["content-type"] == "image/svg+xml"
    assert "style-src 'self' 'unsafe-inline'" in response.headers["content-security-policy"]
    assert response.content == client.get("/documents/picture.svg").content
