"""The heading grammar on labelled lines, and the outline of whole documents."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.articles import article_reference, parse_articles
from index.documents import split_documents
from index.headings import read_heading
from index.read import read_file
from index.records import Article
from index.repair import repair
from index.responsible import responsible_units
from tests.documents import document_of

CASES = Path(__file__).parent / "cases"
HEADINGS = json.loads((CASES / "headings.json").read_text(encoding="utf8"))
RESPONSIBLE = json.loads((CASES / "responsible.json").read_text(encoding="utf8"))
LAW_ARTICLE = re.compile(r"^(第[一二三四五六七八九十百零]+条(?:之[一二三四五六七八九十]+)?)\s", re.M)
LAW_CHAPTER = re.compile(r"^#*\s*第[一二三四五六七八九十百]+章", re.M)


def outline(text: str) -> list[tuple[str, str]]:
    return [(a.kind, a.path) for a in parse_articles(document_of(text))]


def own_text(text: str, article: Article) -> str:
    return text[article.body : article.end].strip()


@pytest.mark.parametrize("case", HEADINGS, ids=lambda c: c["line"][:12])
def test_heading_of_a_line(case: dict[str, str], request: pytest.FixtureRequest) -> None:
    if reason := case.get("known_failure"):
        request.applymarker(pytest.mark.xfail(reason=reason, strict=True))
    found = read_heading(case["line"])
    expected = case["kind"] and (case["kind"], case["number"], case["heading"], case["style"])
    assert (found and (found.kind, found.number, found.heading, found.style)) == expected


@pytest.mark.parametrize("case", RESPONSIBLE, ids=lambda c: c["text"][:12])
def test_responsible_units(case: dict[str, list[str]]) -> None:
    assert list(responsible_units(str(case["text"]))) == case["units"]


def test_policy_with_notice_annexed_plan_and_tail() -> None:
    text = (
        "关于印发方案的通知\n各学校：\n现印发给你们，请落实。\n某市教育局\n2024年3月1日\n校车工作方案\n为做好工作，制定本方案。\n"
        "一、目标\n到2027年全部达标。\n二、任务\n（一）车辆\n1.购车。每校一辆。按期到位。（责任单位：市教育局、财政局）\n"
        "附件：登记表\n某市教育局\n2024年3月2日"
    )
    assert outline(text) == [
        ("front", ""),
        ("front", "校车工作方案"),
        ("h1", "一、目标"),
        ("h1", "二、任务"),
        ("h2", "二、任务 / （一）车辆"),
        ("h3", "二、任务 / （一）车辆 / 1.购车"),
        ("tail", ""),
    ]
    articles = parse_articles(document_of(text))
    assert articles[5].responsible == ("市教育局", "市财政局")
    assert articles[5].level == 3
    assert own_text(text, articles[2]) == "到2027年全部达标。"
    assert article_reference(articles[5]) == "二、任务 / （一）车辆 / 1.购车"


def test_items_of_a_law_stay_inside_their_article() -> None:
    text = (
        "某市学校条例\n第一章 总 则\n第一条 为了办学，制定本条例。\n第二条 学校应当：\n（一）公布章程；\n（二）公布收费。\n"
        "1.每学期一次；\n前款以外的事项自愿公布。\n第二条之一 学校应当有图书馆。\n第二章 附则\n第三条 本条例自公布之日起施行。"
    )
    assert outline(text) == [
        ("front", ""),
        ("chapter", "第一章 总则"),
        ("article", "第一章 总则 / 第一条"),
        ("article", "第一章 总则 / 第二条"),
        ("article", "第一章 总则 / 第二条之一"),
        ("chapter", "第二章 附则"),
        ("article", "第二章 附则 / 第三条"),
    ]
    articles = parse_articles(document_of(text))
    assert own_text(text, articles[3]).endswith("前款以外的事项自愿公布。")
    assert article_reference(articles[4]) == "第二条之一"


def test_a_cited_article_at_the_start_of_a_line_is_text() -> None:
    text = "第一条 学校依法招生。\n第二条规定的学校除外。\n第二条 学校应当公示。"
    assert [path for _, path in outline(text)] == ["第一条", "第二条"]


def test_numbering_that_restarts_is_told_apart_by_its_path() -> None:
    text = "一、甲\n（一）乙\n1.丙\n说明一下。\n（二）丁\n1.丙\n再说明一下。"
    paths = [path for _, path in outline(text)]
    assert "一、甲 / （一）乙 / 1.丙" in paths
    assert "一、甲 / （二）丁 / 1.丙" in paths


def test_a_table_of_contents_is_not_the_outline() -> None:
    text = "某市条例\n目录\n第一章 总则\n第二章 附则\n第一章 总则\n第一条 甲。\n第二章 附则\n第二条 乙。"
    assert [kind for kind, _ in outline(text)] == ["front", "chapter", "article", "chapter", "article"]


def test_annexes_keep_their_numbering_apart() -> None:
    text = "一、甲\n请照此办理。\n某市教育局\n2024年3月1日\n附件1\n车辆标准\n一、座位\n每车二十座。\n附件2：司机标准\n一、年龄\n不超过五十岁。"
    assert outline(text) == [
        ("h1", "一、甲"),
        ("tail", ""),
        ("part", "附件1 车辆标准"),
        ("h1", "附件1 车辆标准 / 一、座位"),
        ("part", "附件2 司机标准"),
        ("h1", "附件2 司机标准 / 一、年龄"),
    ]


def test_annexed_text_after_a_signature_goes_under_its_title() -> None:
    text = "一、甲\n请照此办理。\n某市教育局\n2024年3月1日\n校车工作细则\n一、座位\n每车二十座。"
    assert [path for _, path in outline(text)][2:] == ["校车工作细则", "校车工作细则 / 一、座位"]


def test_box_items_and_the_list_that_goes_on_after_the_box() -> None:
    text = "（一）甲\n1.乙\n很好。\n专栏1 项目\n1.丙\n建三所。\n2.丁\n建四所。\n2.戊\n也好。\n3.己\n还好。"
    box = [path for _, path in outline(text)]
    assert box[2:5] == ["（一）甲 / 专栏1 项目", "（一）甲 / 专栏1 项目 / 1.丙", "（一）甲 / 专栏1 项目 / 2.丁"]
    assert box[5:] == ["（一）甲 / 2.戊", "（一）甲 / 3.己"]


def test_a_box_before_a_gap_is_not_given_to_the_section_before_it() -> None:
    text = "一、任务\n（一）甲\n文字。\n专栏3\n建三所。\n（四）丁\n文字。\n专栏4\n建四所。\n（五）戊\n文字。\n专栏5\n建五所。"
    boxes = [path for kind, path in outline(text) if kind == "box"]
    assert boxes[0] == "一、任务 / （三）〔标题与正文缺失〕 / 专栏3"
    assert boxes[1:] == ["一、任务 / （四）丁 / 专栏4", "一、任务 / （五）戊 / 专栏5"]


def test_text_after_a_table_belongs_to_the_heading_again() -> None:
    text = "一、甲\n见下表。\n表1：校舍表\n| 校 | 面积 |\n| 一小 | 3 |\n以上为计划数。"
    assert outline(text) == [("h1", "一、甲"), ("table", "一、甲 / 表1 校舍表"), ("text", "一、甲")]


def test_a_document_without_headings_is_front_and_text() -> None:
    text = "关于开学的通知\n各学校：\n定于九月一日开学。\n请做好准备。\n某市教育局\n2024年8月1日"
    assert [kind for kind, _ in outline(text)] == ["front", "text", "tail"]


def test_questions_and_answers() -> None:
    text = "校车问答\n问：谁可以坐校车？\n答：住校生。\n问：要交钱吗？\n答：不用。"
    assert [path for _, path in outline(text)] == ["", "问：谁可以坐校车？", "问：要交钱吗？"]


def test_units_named_for_all_items_below() -> None:
    text = "1.甲。做好。快做。（责任单位：市教育局。以下均需各镇政府落实，不再列出）\n2.乙。做好。快做。（责任单位：市财政局）\n3.丙。做好。快做。"
    first, second, third = parse_articles(document_of(text))
    assert first.responsible == ("市教育局",)
    assert second.responsible == ("市财政局", "各镇政府")
    assert third.responsible == ()


LINE = st.sampled_from(
    [
        "一、甲",
        "（一）乙",
        "1.丙。丁。戊。",
        "（1）己",
        "——庚。辛。壬。",
        "第一条 甲。",
        "第二章 乙",
        "附件1",
        "专栏1",
        "表1：校舍表",
        "| 甲 | 乙 |",
        "普通的一句话。",
        "2024年3月1日",
        "某市教育局",
        "附件：登记表",
        "问：什么？",
        "",
        " 第三条　丙。",
        "# 题",
        "目录",
        "（此件公开发布）",
    ]
)


@settings(max_examples=300, deadline=None)
@given(st.lists(LINE, max_size=14).map("\n".join) | st.text(alphabet="一二（）、。1.条第章附件表：|\n 甲", max_size=80))
def test_every_character_belongs_to_exactly_one_article(text: str) -> None:
    articles = parse_articles(document_of(text))
    assert "".join(text[a.start : a.end] for a in articles) == text
    assert [a.ordinal for a in articles] == list(range(len(articles)))
    assert all(a.start <= a.body <= a.end and a.start < a.end for a in articles)
    assert all(a.level == len(a.path.split(" / ")) for a in articles if a.path)


def test_every_article_of_the_real_laws_is_found(laws: Path) -> None:
    found = 0
    for path in sorted(laws.glob("*.md")):
        source = read_file(path)
        (document,) = split_documents(source, repair(source.text))
        articles = parse_articles(document)
        assert [a.number for a in articles if a.kind == "article"] == LAW_ARTICLE.findall(source.text), path.name
        assert sum(a.kind == "chapter" for a in articles) == len(LAW_CHAPTER.findall(source.text)), path.name
        found += sum(a.kind == "article" for a in articles)
    assert found > 2500
