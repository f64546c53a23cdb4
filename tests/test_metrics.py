from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from bot.citations import cite
from eval.metrics import (
    abstention_curve,
    contains,
    differences,
    holds,
    importances,
    score,
    summarise,
    unlabelled_superseded,
)
from index.records import Article
from tests.documents import document_of

GOLD = [{"source": "a.txt", "document": "甲", "section": "一", "evidence": "每月400元"}]


def question(**changes: Any) -> dict[str, Any]:
    return {"id": "1", "kind": "fact", "gold": GOLD, "must_include": [["400元"]], "must_not_include": [], **changes}


def answer(**changes: Any) -> dict[str, Any]:
    return {
        "id": "1", "status": "answered", "answer": "每人每月400元[1]", "citations": [{"source": "a.txt"}],
        "passages": [{"source": "b.txt", "text": "别的"}, {"source": "a.txt", "text": "津贴每月４００元。"}], **changes,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "wanted", "expected"),
    [
        ("比例为1.5%", "5%", False), ("占5%以上", "5%", True), ("共1400元", "400元", False), ("400元", "400元", True),
        ("二十三年", "三年", False), ("满三年", "三年", True), ("7.20公顷", "7.2", False), ("6：4", "6:4", True),
        ("“三点半”课堂", "三点半", True), ("2021—2025年", "2021-2025年", True),
    ],
)  # fmt: skip
def test_figures_match_whole(text: str, wanted: str, expected: bool) -> None:
    assert contains(text, wanted) is expected


def test_evidence_is_found_whatever_its_width() -> None:
    assert holds("每月400元", "津贴：每月 ４００ 元")
    assert not holds("每月400元", "每月500元")


def test_a_table_row_may_be_rendered_with_column_names() -> None:
    assert holds("北山小学 2024 16000", "北山小学：年份2024，占地16000平方米")
    assert not holds("北山小学 2024 16000", "2024年北山小学占地16000平方米")


def test_score_of_a_right_answer() -> None:
    assert score(question(), answer()) == {
        "answer_accuracy": 1.0, "false_abstention": 0.0, "citation_recall": 1.0, "citation_precision": 1.0,
    }  # fmt: skip


def test_a_forbidden_figure_spoils_the_answer_unless_labelled() -> None:
    row = question(must_not_include=["500元"], unless_label=["外市"])
    assert score(row, answer(answer="400元。500元"))["answer_accuracy"] == 0.0
    assert score(row, answer(answer="400元。外市500元"))["answer_accuracy"] == 1.0


def test_abstaining_where_there_is_no_gold_is_right() -> None:
    row = question(gold=[], must_include=[])
    assert score(row, answer(status="not_found", answer="没有"))["abstention_recall"] == 1.0
    assert score(row, answer())["answer_accuracy"] == 0.0


def test_summary_by_kind_counts_and_ranks() -> None:
    metrics = summarise([question(), question(id="2", kind="list")], {"1": answer(), "2": answer(id="2", passages=[])})
    assert metrics["all"]["n"] == 2
    assert metrics["fact"]["hit@5"] == 1.0
    assert metrics["fact"]["hit@1"] == 0.0
    assert metrics["fact"]["mrr@10"] == 0.5
    assert metrics["list"]["hit@5"] == 0.0


def test_a_higher_threshold_abstains_more_on_both_sides() -> None:
    rows = [question(), question(id="2"), question(id="3", gold=[])]
    found = {"1": answer(probability=0.9), "2": answer(probability=0.2), "3": answer(probability=0.5)}
    assert abstention_curve(rows, found) == [
        (0.0, 0.0, 0.0), (0.2, 0.0, 0.0), (0.5, 0.5, 0.0), (0.9, 0.5, 1.0), (1.01, 1.0, 1.0),
    ]  # fmt: skip
    assert abstention_curve(rows[:2], found) == []


def test_a_feature_that_never_changes_has_no_importance() -> None:
    passages = [{"why": {"late": 1.0, "place": 1.0}}, {"why": {"late": 0.0, "place": 1.0}}]
    found = importances({"place": 9.0, "late": -2.0}, [answer(passages=passages)])
    assert found == [("late", -2.0, -1.0), ("place", 9.0, 0.0)]
    assert importances({"late": 1.0}, []) == [("late", 1.0, 0.0)]


def test_a_citation_of_a_superseded_document_must_name_what_took_its_place() -> None:
    old, new = document_of("旧文。", title="旧办法"), replace(document_of("新文。", title="新办法"), id="n")
    article = Article("d", 0, "text", 1, "", "", "", (), 0, 0, 3)
    said, unsaid = (cite(1, old, article, 0, 3, on=date(2026, 1, 1), newer=newer) for newer in (new, None))
    current = cite(2, new, article, 0, 3, on=date(2026, 1, 1))
    newer = {"d": new}.get
    assert unlabelled_superseded([said, current], newer) == 0
    assert unlabelled_superseded([said, unsaid, current, unsaid], newer) == 2


def test_differences_are_of_what_both_runs_measured() -> None:
    more = differences({"all": {"n": 2.0, "hit@1": 0.5, "faithfulness": 0.9}}, {"all": {"n": 2.0, "hit@1": 0.75}})
    assert more == {"all": {"hit@1": -0.25}}
