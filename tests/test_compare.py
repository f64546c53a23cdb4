"""What counts as a loss between two runs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import typer

from eval.compare import allowance, compare, worse

OLD = {
    "n": 103.0, "n_gold": 88.0, "hit@1": 0.7, "hit@5": 0.9, "answer_accuracy": 0.7, "citation_precision": 0.9,
    "citation_recall": 0.9, "abstention_recall": 0.8, "false_abstention": 0.1,
}  # fmt: skip


@pytest.mark.parametrize(
    ("metric", "value", "loses"),
    [
        ("hit@1", 0.68, False), ("hit@1", 0.67, True), ("hit@1", 0.9, False), ("answer_accuracy", 0.679, True),
        ("abstention_recall", 0.7333, False), ("abstention_recall", 0.6667, True),
        ("false_abstention", 0.12, False), ("false_abstention", 0.13, True), ("false_abstention", 0.0, False),
        ("quote_fidelity", 0.0, False),
    ],
)  # fmt: skip
def test_two_points_or_one_question(metric: str, value: float, loses: bool) -> None:
    assert [line.split(":")[0] for line in worse(OLD, {**OLD, metric: value})] == [metric] * loses


def test_few_questions_move_in_large_steps() -> None:
    assert allowance("abstention_recall", OLD) == pytest.approx(1 / 15)
    assert allowance("false_abstention", {**OLD, "n_gold": 20}) == pytest.approx(1 / 20)
    assert allowance("false_abstention", OLD) == allowance("hit@1", OLD) == 0.02


@pytest.mark.parametrize("gone", ["hit@5", "false_abstention"])
def test_a_metric_that_is_gone_is_a_loss(gone: str) -> None:
    assert worse(OLD, {name: value for name, value in OLD.items() if name != gone})[0].startswith(gone)


def test_command_fails_on_a_loss(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    old, new = tmp_path / "old.json", tmp_path / "new.json"
    old.write_text(json.dumps({"all": OLD}), encoding="utf8")
    new.write_text(json.dumps({"all": OLD | {"hit@5": 0.5}}), encoding="utf8")
    compare(old, old)
    with pytest.raises(typer.Exit):
        compare(old, new)
    assert "hit@5: 0.900 → 0.500" in capsys.readouterr().out
