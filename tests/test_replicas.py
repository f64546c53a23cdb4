"""Two serving processes over one home and one Chroma server answer as the embedded library does."""

from __future__ import annotations

import json
from pathlib import Path

from bot.settings import SAMPLE_DOCUMENTS, Settings
from eval.chroma_run import ChromaRun
from eval.faults import CASES
from eval.replicas import compare

QUESTIONS = 12


def test_replicas_answer_as_the_embedded_library(tmp_path: Path) -> None:
    lines = CASES.read_text(encoding="utf8").splitlines()
    every = [json.loads(line) for line in lines if line.strip()]
    questions = [row["question"] for row in every if not row.get("history")][:: len(every) // QUESTIONS][:QUESTIONS]
    with ChromaRun(tmp_path / "server") as server:
        settings = Settings(home=tmp_path / "home", documents=SAMPLE_DOCUMENTS, chroma_url=server.url)
        done = compare(settings, [SAMPLE_DOCUMENTS], questions, "2026-11-21")
    assert len(questions) >= 10
    assert (done.same, done.different, done.health) == ((len(questions),) * 2, (), ("ok", "ok"))
