"""Sections found and the list of documents, as HTML."""

from __future__ import annotations

import re
from html import escape
from urllib.parse import parse_qsl

import pytest

from bot.find import Found
from bot.listings import library_list, look_up_sections, search_address, searched, sections_html
from bot.settings import Settings
from bot.shelf import Shelf
from index.library import Library
from tests.test_render import citation


@pytest.fixture(scope="module")
def shelf(library: Library, settings: Settings) -> Shelf:
    return Shelf(settings)


def test_sections_stand_under_their_documents_with_the_words_marked(shelf: Shelf) -> None:
    html = look_up_sections(shelf, "报名").html
    titles = re.findall(r'<h2><a href="/documents/(\w+)"', html)
    assert len(set(titles)) == len(titles) > 1
    assert "<mark>报名</mark>" in html
    rows = re.findall(r'<a class="row" href="/documents/\w+\?quote=\d+-\d+#\w+"', html)
    assert f"找到 {len(rows)} 处，在 {len(titles)} 份文件里" in html


def test_a_numbered_article_is_found_and_can_be_copied_with_its_source(shelf: Shelf) -> None:
    html = look_up_sections(shelf, "浙教示〔2026〕21号 第五条").html
    first = html.partition('class="row"')[2].partition("</li>")[0]
    assert "第五条" in first
    assert (
        "——《浙江省教育厅关于印发〈浙江省中小学校园午休管理办法（示例）〉的通知》（浙教示〔2026〕21号）第五条" in first
    )


def test_nothing_typed_and_nothing_found_are_told(shelf: Shelf) -> None:
    assert "可并用" in look_up_sections(shelf, " ").html
    assert "没有找到" in look_up_sections(shelf, "𠮷𠮷𠮷").html
    assert "Nothing found" in look_up_sections(shelf, "𠮷𠮷𠮷", "en").html


def test_what_was_found_is_counted_and_narrowed(shelf: Shelf) -> None:
    everything = look_up_sections(shelf, "报名")
    places = {value: label for label, value in everything.choices["place"]}
    assert places[""] == "不限"
    assert places["浙江省"].startswith("浙江省 ")
    assert places["浙江省湖州市德清县"].startswith("德清县（浙江·湖州） ")
    narrowed = look_up_sections(shelf, "报名", chosen={"place": "浙江省", "kind": "", "nothing": "x"})
    assert "四川省" not in narrowed.html
    assert [value for _, value in narrowed.choices["place"]] == ["", "浙江省"]
    nothing = look_up_sections(shelf, "报名", chosen={"place": "浙江省", "year": "1900"})
    assert "没有找到" in nothing.html
    assert ("1900 0", "1900") in nothing.choices["year"]
    assert look_up_sections(shelf, "").choices == {}


def test_facets_count_all_that_was_found_departments_included(shelf: Shelf) -> None:
    found = shelf.finder.search("财政局 责任单位")
    listed = look_up_sections(shelf, "财政局 责任单位")
    assert listed.choices["department"][1:] == [(f"{name} {count}", name) for name, count in found.facets["department"]]
    own = look_up_sections(shelf, "", chosen={"department": "市卫健委"})
    assert "找到 2 处" in own.html
    assert ("In force", "现行有效") in [
        (label.rpartition(" ")[0], value) for label, value in look_up_sections(shelf, "收费", "en").choices["validity"]
    ]


def test_what_lies_behind_a_finding_is_remarked_and_its_words_are_marked(shelf: Shelf) -> None:
    html = look_up_sections(shelf, "三台县 学前教育").html
    assert '<span class="tag careful">上级规定</span>' in html
    assert "<mark>学前教育</mark>" in html
    assert "rule of a higher level" in look_up_sections(shelf, "三台县 学前教育", "en").html
    assert "<mark>财政局</mark>" in look_up_sections(shelf, "责任单位 财政局").html


def test_the_link_of_a_search_carries_its_filters(shelf: Shelf) -> None:
    chosen = {"place": "四川省", "year": "2025"}
    address = search_address("学前教育", chosen, "en")
    assert f'data-copy="{escape(address)}"' in look_up_sections(shelf, "学前教育", "en", chosen=chosen).html
    sent = dict(parse_qsl(address.partition("?")[2]))
    query, found = searched(sent) or ("", {})
    assert (query, {name: value for name, value in found.items() if value}) == ("学前教育", chosen)
    assert searched({"q": "午休"}) is None


def test_a_heading_is_not_shown_twice() -> None:
    html = sections_html("", Found((citation(path="第二章 午休安排", quote="第二章 午休安排"),)), "午休")
    assert "row-text" not in html


def test_documents_bring_no_markup() -> None:
    attack = "<img src=x onerror=alert(1)>"
    assert "<img" not in sections_html(
        attack,
        Found((citation(title=attack, path=attack, quote=attack, remarks=(attack,)),), words=("img", attack)),
        attack,
        address=attack,
    )


def test_the_list_names_every_document_with_its_dates_and_filters_in_either_script(
    shelf: Shelf, library: Library
) -> None:
    html = library_list(shelf)
    assert html.count('class="title"') == len(library.documents())
    assert f"共 {len(library.documents())} 份文件" in html
    assert "施行 2027-02-01" in html
    assert library_list(shelf, "午休").count('class="title"') == 1
    assert "四川省綿陽市" in library_list(shelf, "綿陽", "zh-Hant")
    assert "articles" in library_list(shelf, "午休", "en")
