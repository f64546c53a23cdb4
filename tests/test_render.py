"""Answers as HTML fragments for the chat."""

from __future__ import annotations

import re
from dataclasses import replace
from html import unescape

from hypothesis import given
from hypothesis import strategies as st

from bot.records import Answer, Citation, Outcome, Question, Statement
from bot.render import (
    Asked,
    answer_html,
    answer_markdown,
    complete,
    growing,
    marked_words,
    own_words,
    reference,
    turn_html,
)
from index.records import Place
from index.tokens import visible

ASKED = Asked("每月多少", place="某省某县", on="2026-11-21")

QUOTE = "一类学校每人每月300元，\n二类学校每人每月500元。"


def citation(label: int = 1, **changes: object) -> Citation:
    values: dict[str, object] = {
        "label": label, "document_id": "0a", "title": "某县补助办法", "path": "第一章 / 第一条", "anchor": "a1", "place": "某省某县",
        "issuers": ("某县教育局",), "doc_no": "某教〔2023〕1号", "dates": (("施行", "2023-01-01"),), "validity": "效力未注明",
        "kind": "policy", "quote": QUOTE, "start": 5, "end": 5 + len(QUOTE), "source": "a.txt",
    }  # fmt: skip
    return Citation(**{**values, **changes})  # type: ignore[arg-type]


def answer(outcome: Outcome = Outcome.ANSWERED, text: str = "", **changes: object) -> Answer:
    statements = (Statement(QUOTE, (1,), "《某县补助办法》"), Statement("第二句。", (2,), "《某县补助办法》"))
    body = text or f"《某县补助办法》\n第一条\n{QUOTE}[1]\n第二句。[2]"
    values: dict[str, object] = {"statements": statements, "citations": (citation(), citation(2)), **changes}
    return Answer(Question("每月多少", "学校每月多少", "amount"), outcome, body, **values)  # type: ignore[arg-type]


def test_an_answer_is_one_block_that_markdown_leaves_alone() -> None:
    html = answer_html(answer(), ASKED)
    assert "\n" not in html
    assert html.startswith('<div class="answer answered">')


def test_statements_come_one_after_another_and_the_cards_last() -> None:
    first, second, last = *growing(answer(), ASKED, 0, 2), complete(answer(), ASKED)
    assert "第二句" not in first
    assert "第二句" in second
    assert "<details" not in first + second
    assert 'aria-busy="true"' in first
    assert "已停止。" in first and "已停止。" not in last  # shown where it is stopped there
    assert last.count('<details class="card"') == 2
    assert "aria-busy" not in last


def test_what_is_shown_already_does_not_grow_again() -> None:
    assert [html.count('class="statement"') for html in growing(answer(), ASKED, 1, 2)] == [2]
    assert list(growing(answer(), ASKED, 2, 1)) == []


def test_a_turn_carries_its_address_and_when_complete_its_markdown() -> None:
    first, last = *growing(answer(), ASKED, 0, 1), complete(answer(), ASKED)
    address = (
        "/?q=%E6%AF%8F%E6%9C%88%E5%A4%9A%E5%B0%91&amp;place=%E6%9F%90%E7%9C%81%E6%9F%90%E5%8E%BF&amp;on=2026-11-21"
    )
    assert f'data-url="{address}"' in first
    assert "data-markdown" not in first
    assert 'data-markdown="## 每月多少&#10;&#10;' in last
    assert "<br>" not in last.partition("data-markdown=")[2].partition(">")[0]


def test_numbers_and_cards_lead_to_the_article_with_the_quote_marked_there() -> None:
    url = f"/documents/0a?quote=5-{5 + len(QUOTE)}#a1"
    html = answer_html(answer(), ASKED)
    assert (
        f'<a class="label" href="{url}" target="_blank" data-open aria-label="依据 1" aria-describedby="t1-1">1</a>'
        in html
    )
    assert '<span class="pop" role="tooltip" id="t1-1">' in html
    assert f'<a href="{url}" target="_blank" data-open>打开原文</a>' in html


def test_a_citation_is_copied_as_one_writes_it() -> None:
    assert reference(citation()) == "《某县补助办法》（某教〔2023〕1号）第一条"
    inner = citation(title="某厅关于印发《某省办法（示例）》的通知", doc_no=None, path="二、队伍 / 5.优化绩效")
    assert reference(inner) == "《某厅关于印发〈某省办法（示例）〉的通知》二、队伍，5.优化绩效"
    assert reference(citation(title="《某县补助办法》", path="")) == "《某县补助办法》（某教〔2023〕1号）"


def test_badges_say_place_level_and_validity_in_words() -> None:
    html = answer_html(
        answer(citations=(citation(place="浙江省湖州市", validity="已失效（2024-01-01）", binding=False), citation(2))),
        ASKED,
    )
    assert '<span class="tag place">浙江省湖州市</span><span class="tag level">市级</span>' in html
    assert '<span class="tag state careful">已失效（2024-01-01）</span>' in html


def test_the_quote_marks_figures_and_words_of_the_question() -> None:
    quote = citation(quote="一类学校的教师每月补助300元，\n满6年再加10%。")
    assert marked_words(quote, "学校的教师有多少补助") == (
        "一类<mark>学校的教师</mark>每月补助<mark>300元</mark>，\n满<mark>6年</mark>再加<mark>10%</mark>。"
    )


def test_marks_of_the_citation_go_first() -> None:
    html = answer_html(answer(citations=(citation(marked=((0, 4),)), citation(2))), ASKED)
    assert "<mark>一类学校</mark>每人每月300元" in html


def test_another_places_rule_carries_its_place() -> None:
    text = f"乙县的文件没有写明这一点。\n《某县补助办法》\n{QUOTE}[1]\n第二句。[2]"
    html = answer_html(answer(Outcome.ELSEWHERE, text=text), ASKED)
    assert '<p class="lead">乙县的文件没有写明这一点。</p>' in html
    assert '<span class="tag place">某省某县</span> 一类学校' in html


TWO_PLACES = (citation(place="某省某县"), citation(2, document_id="0b", title="另一县办法", place="某省另一县"))


def test_a_comparison_is_a_table_with_a_column_a_place() -> None:
    html = answer_html(answer(layout="comparison", citations=TWO_PLACES), ASKED)
    heads = re.findall(r'<th scope="col" role="columnheader">(.*?)</th>', html)
    cells = re.findall(r'<td role="cell".*?</td>', html)
    assert heads == ["某省某县", "某省另一县"]
    assert [cell.count('class="statement"') for cell in cells] == [1, 1]
    assert "一类学校" in cells[0] and "第二句" in cells[1] and 'class="label"' in cells[1]


def test_versions_side_by_side_stand_under_their_titles() -> None:
    versions = (citation(), citation(2, document_id="0b", title="某县补助办法（旧）"))
    html = answer_html(answer(layout="comparison", citations=versions), ASKED)
    assert re.findall(r"<th .*?>(.*?)</th>", html) == ["某县补助办法", "某县补助办法（旧）"]


def test_where_no_place_was_named_each_place_has_its_group() -> None:
    html = answer_html(answer(citations=TWO_PLACES), ASKED)
    assert re.findall(r'<h3 class="of-place">(.*?)</h3>', html) == ["某省某县", "某省另一县"]
    assert "<table" not in html
    assert "of-place" not in answer_html(answer(), ASKED)
    named = replace(
        answer(citations=TWO_PLACES), question=Question("问", "问", "any", places=(Place(("某省", "某县")),))
    )
    assert "of-place" not in answer_html(named, ASKED)


def test_own_words_stand_before_and_after_the_statements() -> None:
    said = answer(text=f"您找的文件是：\n《某县补助办法》\n{QUOTE}[1]\n第二句。[2]\n注：该期限已过。")
    assert own_words(said) == ("您找的文件是：", ("注：该期限已过。",))


def test_without_an_answer_the_nearest_sections_are_cards_and_what_was_not_said_is_offered() -> None:
    text = "没有找到。\n· 《某县补助办法》 第一条\n可以换个说法。"
    nothing = answer(Outcome.NOT_FOUND, text=text, statements=(), citations=(), nearest=(citation(),))
    html = answer_html(nothing, Asked("每月多少"))
    assert '<p class="lead">没有找到。</p>' in html
    assert "最接近的条款" in html
    assert 'class="label"' not in html
    assert 'data-focus="#place input"' in html
    assert 'data-focus="#on input"' in html
    assert 'data-focus="#on input"' not in answer_html(nothing, ASKED)


def test_only_an_answer_that_was_kept_has_a_permanent_link_and_can_be_judged() -> None:
    assert "/a/" not in answer_html(answer(), ASKED)
    html = answer_html(answer(), ASKED, "k3")
    assert 'href="/a/k3"' in html
    assert 'data-receipt="k3"' in html
    assert html.count("data-reason=") == 5


def test_in_traditional_script_numbers_stay_and_the_original_is_one_click_away() -> None:
    html = answer_html(answer(), Asked("每月多少", language="zh-Hant"))
    assert "一類學校每人每月300元" in re.sub("</?mark>", "", html)
    assert "某教〔2023〕1号" in html
    assert '<blockquote lang="zh-Hans">一类' in html
    assert "看原來的簡體字" in html
    assert "original" not in answer_html(answer(), ASKED)


def test_in_english_the_programs_own_words_are_english_and_quotes_stay() -> None:
    html = answer_html(answer(), Asked("每月多少", language="en"))
    assert "Validity not stated" in html
    assert "In force from 2023-01-01" in html
    assert "一类学校每人每月" in re.sub("</?mark>", "", html)
    assert "Why this section" in html


def test_the_markdown_has_question_answer_and_sources() -> None:
    kept = answer_markdown(answer(), ASKED)
    assert kept.startswith("## 每月多少\n\n《某县补助办法》")
    assert f"[1] 《某县补助办法》（某教〔2023〕1号）第一条：{QUOTE}" in kept


def test_documents_and_visitors_bring_no_markup() -> None:
    attack = "<img src=x onerror=alert(1)>"
    fields = {"title": attack, "path": attack, "place": attack, "doc_no": attack, "validity": attack, "quote": attack}
    hostile = citation(**fields, issuers=(attack,), dates=((attack, attack),))
    said = answer(text=attack, statements=(Statement(attack, (1,), attack),), citations=(hostile,))
    for language in ("zh-CN", "zh-Hant", "en"):
        asked = Asked(attack, place=attack, on=attack, language=language)
        for turn in (*growing(said, asked, 0, 1), complete(said, asked)):
            assert "<img" not in turn


@given(st.text(max_size=60))
def test_a_question_is_shown_as_it_was_typed_without_what_is_unseen(text: str) -> None:
    html = turn_html(Asked(text), "")
    inner = re.search(r'<h2 class="asked-words">(.*?)</h2>', html, re.DOTALL)
    assert inner is not None
    assert "<" not in inner[1].replace("<br>", "")
    assert unescape(inner[1].replace("<br>", "\n")).split() == visible(text).split()
