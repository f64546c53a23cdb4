"""One section in full, with its document, place, dates and validity; a sentence where it is not there."""

from __future__ import annotations

from datetime import date

import pytest

from bot.find import Finder
from bot.messages import message
from index.library import Library

TODAY = date(2026, 11, 21)


@pytest.fixture(scope="module")
def finder(library: Library) -> Finder:
    return Finder(library)


@pytest.mark.parametrize(
    ("document", "section", "path", "text"),
    [
        ("浙教示〔2026〕21号", "第五条", "第五条", "第五条 学校可以收取午休看护服务费"),
        ("浙教示〔2026〕21号 第五条", "", "第五条", "第五条 学校可以收取午休看护服务费"),
        ("校外托管条例", "第二条第二款", "第二条", "学校开展的课后服务不适用本条例。"),
        ("校外托管条例", "第四条（三）", "第四条", "（三）有符合要求的消防设施"),
        ("川府示〔2025〕30号", "二、（一）", "（一）扩大资源供给", "2.支持幼儿园开设托班"),
        ("川教示〔2023〕11号", "第三条", "3.清理摊派任务", "3.清理摊派任务"),
        ("湖教示〔2025〕12号", "第三章", "第三章 激励保障", "第八条 对不服从交流安排的教师"),
        ("绵阳市人民政府关于推进义务教育集团化办学的实施意见", "落实交流待遇", "6.落实交流待遇", "交通补贴400元"),
        ("三台县 优质均衡 方案", "主要任务 关爱特殊群体", "（二）关爱特殊群体", "2.做好留守儿童关爱"),
        ("德清县 十四五规划 三、（三）", "", "（三）建设高素质教师队伍", "2.提高乡村教师待遇"),
    ],
)
def test_a_section_is_shown_in_full(finder: Finder, document: str, section: str, path: str, text: str) -> None:
    lines = finder.show(document, section, on=TODAY)
    assert lines[2].endswith(path)
    assert text in "\n".join(lines[3:])


def test_a_section_comes_with_its_documents_place_dates_and_validity(finder: Finder) -> None:
    title, known, *_ = finder.show("浙教示〔2026〕21号", "第五条", on=TODAY)
    assert "午休管理办法" in title
    assert known.startswith("浙江省；浙教示〔2026〕21号；成文 2026-10-16，施行 2027-02-01；尚未施行")


def test_a_chapter_ends_before_the_next_one(finder: Finder) -> None:
    assert "第九条" not in "\n".join(finder.show("湖教示〔2025〕12号", "第三章", on=TODAY))


def test_of_several_versions_the_one_in_force_is_shown_unless_a_year_is_named(finder: Finder) -> None:
    assert "三层以上" in "\n".join(finder.show("校外托管条例", "第五条", on=TODAY))
    assert "1比25" in "\n".join(finder.show("2019年校外托管条例", "第五条", on=TODAY))


def test_without_a_section_the_outline_is_shown(finder: Finder) -> None:
    lines = finder.show("浙教示〔2026〕21号", on=TODAY)
    assert lines[2:] == [a.path for a in finder.library.articles(_id(finder)) if a.path]


def _id(finder: Finder) -> str:
    return finder.find("浙教示〔2026〕21号")[0].document_id


@pytest.mark.parametrize("section", ["第九十条", "第五条第四款", "宇宙飞船"])
def test_a_section_that_is_not_there_is_said_so(finder: Finder, section: str) -> None:
    assert finder.show("浙教示〔2026〕21号", section, on=TODAY)[-1] == message("no_section")


@pytest.mark.parametrize("document", ["浙教示〔2025〕21号", "没有这份文件的标题", "火星法", ""])
def test_a_document_that_is_not_there_is_said_so(finder: Finder, document: str) -> None:
    assert finder.show(document, "第一条", on=TODAY) == [message("no_document")]
