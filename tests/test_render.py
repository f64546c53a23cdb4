"""Answers as HTML fragments for the chat."""

from __future__ import annotations

import re
from html import unescape

from hypothesis import given
from hypothesis import strategies as st

from bot.records import Answer, Citation, Outcome, Question, Statement
from bot.render import answer_html, own_words, question_html, sections_html, streamed

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
    html = answer_html(answer())
    assert "\n" not in html
    assert html.startswith('<div class="answer answered">')


def test_statements_come_one_after_another_and_the_cards_last() -> None:
    first, last = streamed(answer())
    assert "第二句" not in first
    assert "<details" not in first
    assert last.count("<details") == 2


def test_labels_and_cards_lead_to_the_article_with_the_quote_marked_there() -> None:
    url = f"/documents/0a?quote=5-{5 + len(QUOTE)}#a1"
    html = answer_html(answer())
    assert f'<a class="label" href="{url}" target="_blank">1</a>' in html
    assert f'<a href="{url}" target="_blank">打开原文这一条</a>' in html


def test_the_card_marks_figures_and_words_of_the_question() -> None:
    html = sections_html(
        "找到 1 处", [citation(quote="一类学校的教师每月补助300元，\n满6年再加10%。")], "学校的教师有多少补助"
    )
    assert "一类<mark>学校的教师</mark>每月补助<mark>300元</mark>，<br>满<mark>6年</mark>再加<mark>10%</mark>。" in html


def test_marks_of_the_citation_go_first() -> None:
    html = answer_html(answer(citations=(citation(marked=((0, 4),)), citation(2))))
    assert "<mark>一类学校</mark>每人每月300元" in html


def test_another_places_rule_carries_its_place() -> None:
    html = answer_html(
        answer(Outcome.ELSEWHERE, text=f"乙县的文件没有写明这一点。\n《某县补助办法》\n{QUOTE}[1]\n第二句。[2]")
    )
    assert '<p class="lead">乙县的文件没有写明这一点。</p>' in html
    assert '<span class="tag place">某省某县</span> 一类学校' in html


def test_own_words_stand_before_and_after_the_statements() -> None:
    said = answer(text=f"您找的文件是：\n《某县补助办法》\n{QUOTE}[1]\n第二句。[2]\n注：该期限已过。")
    assert own_words(said) == ("您找的文件是：", ("注：该期限已过。",))


def test_without_an_answer_the_nearest_sections_are_cards_without_numbers() -> None:
    text = "没有找到。\n· 《某县补助办法》 第一条\n可以换个说法。"
    html = answer_html(answer(Outcome.NOT_FOUND, text=text, statements=(), citations=(), nearest=(citation(),)))
    assert '<p class="lead">没有找到。</p><p class="note">可以换个说法。</p>' in html
    assert "最接近的条款" in html
    assert 'class="label"' not in html


def test_documents_and_visitors_bring_no_markup() -> None:
    attack = "<img src=x onerror=alert(1)>"
    fields = {"title": attack, "path": attack, "place": attack, "doc_no": attack, "validity": attack, "quote": attack}
    hostile = citation(**fields, issuers=(attack,), dates=((attack, attack),))
    statements = (Statement(attack, (1,), attack),)
    html = answer_html(answer(text=attack, statements=statements, citations=(hostile,)))
    assert "<img" not in html
    assert "<img" not in question_html(attack)
    assert "<img" not in sections_html(attack, [hostile], attack)


@given(st.text(max_size=60))
def test_a_question_is_shown_as_it_was_typed(text: str) -> None:
    html = question_html(text)
    inner = re.fullmatch(r'<div class="asked">(.*)</div>', html, re.DOTALL)
    assert inner is not None
    assert "<" not in inner[1].replace("<br>", "")
    assert unescape(inner[1].replace("<br>", "\n")) == text.strip()
