"""The document page's view: marks, quotes, tables, gaps, and that nothing from a document reaches the page unescaped."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from html import unescape

from hypothesis import given
from hypothesis import strategies as st

from bot.document_view import Overlay, fix_label, links, view
from bot.language import speech
from bot.pages import templates
from index.records import Article, Fix, Gap, Mark, Place, PolicyDocument, Table
from index.relations import Relation
from index.repair import REPAIRS
from tests.documents import document_of

TEXT = "某县补助办法\n第一条 每人每月300元。\n| 类别 | 金额 |\n| 一类 | 300 |\n| 二类 | 500 |"
TABLE_AT = TEXT.index("| 类别")
ROWS = (TEXT.index("| 一类"), TEXT.index("| 二类"))
DOCUMENT = PolicyDocument(
    id="0a", title="某县补助办法", kind="policy", issuers=("某县教育局",), doc_no="某教〔2023〕1号", written=date(2023, 1, 1),
    published=None, effective=None, expires=None, validity=None, level=None, topics=(), index_no=None,
    place=Place(("某省", "某县")), text=TEXT, sources=("a.txt",),
    fixes=(Fix("widen_punctuation", 2, "a,b", "a，b", "proved"), Fix("lost_text", 3, "?", "?", "damaged")),
    marks=(Mark(TEXT.index("300"), TEXT.index("300") + 3, "glued_dates", "3OO", "inferred"),),
    gaps=(Gap(TEXT.index("每人"), "第二条缺失", "编号从第一条跳到第三条"),),
)  # fmt: skip
FRONT = Article("0a", 0, "front", 0, "", "", "", (), 0, 0, TEXT.index("第一条"))
FIRST = Article("0a", 1, "article", 3, "第一条", "", "第一条", (), TEXT.index("第一条"), TEXT.index("每人"), len(TEXT))
TABLE = Table(
    "0a", 1, "补助标准", ("类别", "金额"), (("一类", "300"), ("二类", "500")),
    ((ROWS[0], ROWS[1] - 1), (ROWS[1], len(TEXT))), TABLE_AT, len(TEXT),
)  # fmt: skip


def page(document: PolicyDocument, quoted: tuple[int, int] = (0, 0)) -> str:
    shown = view(document, [FRONT, FIRST], [TABLE], on=date(2026, 11, 21), quoted=quoted)
    return templates().get_template("document.html").render(view=shown, other_script="", **speech("zh-CN"))


def test_every_article_has_its_anchor_and_the_outline_leads_there() -> None:
    html = page(DOCUMENT)
    assert 'id="a0"' in html
    assert 'id="a1"' in html
    assert '<a href="#a1">第一条</a>' in html


def test_a_repair_is_marked_with_what_the_source_had() -> None:
    assert '<mark class="repair" title="修复处，来源原文为：3OO">300</mark>' in page(DOCUMENT)


def test_gaps_and_unrepaired_lines_are_stated() -> None:
    html = page(DOCUMENT)
    assert "此处缺失：第二条缺失" in html
    assert "已知缺失 1 处" in html
    assert "1 行有缺损，未能修复" in html


def test_a_table_is_a_table_with_the_quoted_row_marked() -> None:
    html = page(DOCUMENT, quoted=(ROWS[1], len(TEXT)))
    assert '<th scope="col">类别</th>' in html
    assert '<tr class="quoted"><td>二类</td><td>500</td></tr>' in html
    assert "<tr><td>一类</td><td>300</td></tr>" in html
    assert "| 类别" not in html


def test_a_third_party_text_says_that_it_is_no_policy() -> None:
    assert "非政策文件，仅供参考，不作为依据。" in page(replace(DOCUMENT, kind="third_party"))


def test_a_document_cannot_bring_its_own_markup() -> None:
    attack = "<img src=x onerror=alert(1)>"
    html = page(
        replace(
            DOCUMENT, title=attack, text=TEXT.replace("某县补助办法", attack[:6]), doc_no='"><script>', sources=("<b>.txt",),
            gaps=(Gap(8, attack, '" onclick="x'),), marks=(replace(DOCUMENT.marks[0], original='"><b>'),),
        )
    )  # fmt: skip
    assert "<img" not in html
    assert html.count("<script") == html.count('<script src="/chat.js"></script>') == 1
    assert "<b>" not in html
    assert '" onclick' not in html


def test_every_repair_has_a_name_in_words() -> None:
    other = fix_label("no such repair")
    assert {step.__name__ for step, _ in REPAIRS if fix_label(step.__name__) == other} == set()


@given(st.text(min_size=1, max_size=40), st.data())
def test_marking_loses_and_adds_no_character(text: str, data: st.DataObject) -> None:
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=6)))
    marks = [Mark(a, b, "x", "y", "proved") for a, b in zip(cuts[::2], cuts[1::2], strict=False)]
    quoted = tuple(sorted(data.draw(st.tuples(st.integers(0, len(text)), st.integers(0, len(text))))))
    html = Overlay(text, marks, (quoted[0], quoted[1])).html(0, len(text))
    assert unescape(re.sub(r"<[^>]*>", "", html)) == text


RELATIONS = [
    Relation("supersedes", "d", "old", "旧办法", date(2020, 1, 1), "《旧办法》同时废止"),
    Relation("supersedes", "next", "d", "甲", date(2027, 2, 1)),
    Relation("based_on", "d", "", "某法", None, "根据《某法》"),
]


class Shelved:
    """Two documents to be named on the page of a third."""

    def document(self, document_id: str, /) -> PolicyDocument:
        return replace(document_of("办法", title={"old": "旧办法", "next": "新办法"}[document_id]), id=document_id)


def test_relations_are_told_both_ways_as_of_the_day() -> None:
    document = document_of("甲", title="甲")
    before = links(document, RELATIONS, Shelved(), on=date(2026, 11, 21))
    assert [(name, [(link.title, link.document_id) for link in named]) for name, named in before] == [
        ("取代", [("旧办法", "old")]),
        ("将被取代", [("新办法", "next")]),
        ("依据", [("某法", "")]),
    ]
    assert before[1][1][0].day == "2027-02-01起"
    after = links(document, RELATIONS, Shelved(), on=date(2027, 2, 1))
    assert [name for name, _ in after] == ["取代", "已被取代", "依据"]
