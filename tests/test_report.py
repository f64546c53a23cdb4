"""What a run writes for people: tables and charts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from eval.report import table, write_report

METRICS = {"all": {"n": 3.0, "answer_accuracy": 0.5, "false_abstention": 0.1, "abstention_recall": 0.6}}
CONFIG: dict[str, Any] = {
    "today": "2026-11-24", "questions": "q.jsonl", "documents": ["d"], "embedder": "m",
    "library": {"documents": 1, "chunks": 2}, "settings": {"answer_threshold": 0.35},
}  # fmt: skip


def test_table() -> None:
    assert table(("a", "b"), [(1, "x")]) == "| a | b |\n| --- | --- |\n| 1 | x |"


def test_report_has_the_curve_and_the_features(tmp_path: Path) -> None:
    write_report(tmp_path, METRICS, CONFIG, [(0.0, 0.0, 0.0), (1.0, 1.0, 1.0)], [("late", 5.0, 1.25)])
    text = (tmp_path / "report.md").read_text(encoding="utf8")
    assert "| all | 3 | – |" in text
    assert "| late | 5.000 | 1.250 |" in text
    assert (tmp_path / "abstention.png").stat().st_size > 1000
    assert (tmp_path / "accuracy.png").stat().st_size > 1000


def test_without_unanswerable_questions_there_is_no_curve(tmp_path: Path) -> None:
    write_report(tmp_path, METRICS, CONFIG, [], [])
    assert "abstention.png" not in (tmp_path / "report.md").read_text(encoding="utf8")
