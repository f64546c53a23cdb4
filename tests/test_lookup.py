"""Look-ups quote just the paragraph, item or headed section that a question points at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from bot.lookup import look_up
from bot.naming import DocumentNames
from bot.records import Outcome
from bot.understand import understand
from index.articles import parse_articles
from index.records import Article, PolicyDocument, Table
from tests.documents import document_of

LAW = replace(
    document_of(
        "某市办学条例\n第一条　学校应当公开收费。\n第二条　有下列情形之一的，责令改正：\n（一）违规收费的；\n（二）违规招生的。\n"
        "情节严重的，给予处分。\n第三条　本条例自2020年1月1日起施行。\n",
        title="某市办学条例",
    ),
    id="law",
    kind="law",
)
PLAN = replace(
    document_of(
        "某市关于推进办学活力的意见\n一、总体要求\n扩大自主权。\n二、主要任务\n（一）放权\n下放人事权。\n（二）督导\n加强督导检查。\n",
        title="某市关于推进办学活力的意见",
        doc_no="某教〔2021〕5号",
    ),
    id="plan",
)


class Shelf:
    """Two documents, as look-ups need them."""

    def documents(self) -> Sequence[PolicyDocument]:
        return (LAW, PLAN)

    def document(self, document_id: str) -> PolicyDocument:
        return {"law": LAW, "plan": PLAN}[document_id]

    def articles(self, document_id: str) -> Sequence[Article]:
        return parse_articles(self.document(document_id))

    def tables(self, document_id: str) -> Sequence[Table]:
        return ()


@pytest.mark.parametrize(
    ("typed", "quotes"),
    [
        ("某市办学条例第一条", ["第一条　学校应当公开收费。"]),
        ("某市办学条例第二条第二款", ["情节严重的，给予处分。"]),
        ("某市办学条例第二条第一款第二项", ["第二条　有下列情形之一的，责令改正：", "（二）违规招生的。"]),
        ("某市办学条例第二条第（一）项", ["第二条　有下列情形之一的，责令改正：", "（一）违规收费的；"]),
        ("某市办学条例第一条第五款", ["第一条　学校应当公开收费。"]),
        ("某教〔2021〕5号 二、（二）", ["（二）督导", "加强督导检查。"]),
        ("办学活力的意见第二部分第一点", ["（一）放权", "下放人事权。"]),
    ],
)
def test_just_what_is_pointed_at_is_quoted(typed: str, quotes: list[str]) -> None:
    question = understand(typed, names=DocumentNames([LAW, PLAN]), known_places=[])
    draft = look_up(question, Shelf(), {})
    assert draft is not None
    assert draft.outcome is Outcome.LOOKUP
    assert [c.quote.strip() for c in draft.citations] == quotes


def test_validity_is_told_with_the_day_that_the_text_states() -> None:
    question = understand("某市办学条例哪天施行", names=DocumentNames([LAW, PLAN]), known_places=[])
    draft = look_up(question, Shelf(), {})
    assert draft is not None
    assert any("2020年1月1日起施行" in c.quote for c in draft.citations)


def test_a_question_about_content_is_no_look_up() -> None:
    question = understand("办学活力的意见里谁来放权", names=DocumentNames([LAW, PLAN]), known_places=[])
    assert look_up(question, Shelf(), {}) is None
