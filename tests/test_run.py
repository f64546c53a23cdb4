"""A whole evaluation, without a language model and with one: what it writes, side by side."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from bot.settings import ROOT, SAMPLE_DOCUMENTS
from eval.run import evaluate
from index.errors import ModelError
from index.llm import Prompt, Schema
from index.llm.usage import Usage
from tests.small_site import ENROL, NAP

TODAY = date(2026, 11, 24)
ROWS = [
    {"id": "fee", "kind": "fact", "question": "学校午休可以收费吗", "gold": [{"source": NAP, "evidence": "每生每月不超过60元"}],
     "must_include": [["60元"]], "must_not_include": []},
    {"id": "when", "kind": "date", "question": "德清县随迁子女什么时候报名", "gold": [{"source": ENROL, "evidence": "随迁子女"}],
     "must_include": [], "must_not_include": []},
    {"id": "none", "kind": "none", "question": "幼儿园的校车多少钱一个月", "gold": [], "must_include": [], "must_not_include": []},
]  # fmt: skip
FIRST_SOURCE = re.compile(r"^\[1\] [^\n]*\n([^\n]+)", re.MULTILINE)


class Scripted:
    """A language model that repeats its first source, and as a judge is pleased with everything; it counts its calls."""

    context = 8192

    def __init__(self, name: str, *, fails: bool = False) -> None:
        self.name, self.fails, self.calls = name, fails, 0

    def usage(self) -> Usage:
        return Usage(
            self.calls, {"refused": self.calls} if self.fails else {}, 100 * self.calls, 10 * self.calls, cost=0.5
        )

    def stream(self, prompt: Prompt, *, seconds: float, schema: Schema | None = None) -> Iterator[str]:
        self.calls += 1
        if self.fails:
            raise ModelError("没有接通。", "refused")
        yield self._reply(prompt, str(schema.get("title", "")) if schema else "")

    def _reply(self, prompt: Prompt, task: str) -> str:
        if task == "relevance":
            return '{"relevance": 0.9}'
        if task == "faithfulness":
            numbers = re.findall(r"^陈述 (\d+)：", prompt.user, re.MULTILINE)
            return json.dumps({"verdicts": [{"statement": int(n), "supported": "yes"} for n in numbers]})
        if not (source := FIRST_SOURCE.search(prompt.user)):
            return ""  # another wording is asked for: none is given
        return json.dumps({"statements": [{"text": source[1], "sources": [1]}]})


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The documents, the questions beside them."""
    made = tmp_path_factory.mktemp("run")
    (made / "documents").mkdir()
    for name in (NAP, ENROL):
        (made / "documents" / name).write_bytes((SAMPLE_DOCUMENTS / name).read_bytes())
    (made / "questions.jsonl").write_text("".join(json.dumps(row) + "\n" for row in ROWS), encoding="utf8")
    return made


def results(folder: Path, name: str, **models: Any) -> Path:
    out = folder / name
    evaluate([folder / "documents"], folder / "questions.jsonl", out, TODAY, **models)
    return out


def read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf8"))


def lines(path: Path) -> dict[str, Any]:
    return {row["id"]: row for row in map(json.loads, path.read_text(encoding="utf8").splitlines())}


def test_without_a_model_there_is_one_side(folder: Path) -> None:
    out = results(folder, "plain")
    assert {p.name for p in out.iterdir()} >= {"answers.jsonl", "metrics.json", "report.md", "config.json"}
    assert not (out / "answers.plain.jsonl").exists()
    assert all(isinstance(value, int | float) for value in read(out / "metrics.json")["all"].values())
    config = read(out / "config.json")
    assert config["prompts"]["answer.md"] == sha256((ROOT / "prompts" / "answer.md").read_bytes()).hexdigest()
    assert "model" not in config
    assert not {"llm_key", "llm_url", "home", "admin_password"} & config["settings"].keys()
    row = lines(out / "answers.jsonl")["fee"]
    assert row["written_by"] == ""
    assert row["citations"][row["statements"][0]["citations"][0]]["quote"]


def test_with_a_model_every_question_is_answered_twice_and_set_side_by_side(folder: Path) -> None:
    model, judge = Scripted("scripted:good"), Scripted("scripted:judge")
    out = results(folder, "both", model=model, judge=judge)
    written, plain = lines(out / "answers.jsonl"), lines(out / "answers.plain.jsonl")
    assert written.keys() == plain.keys() == {"fee", "when", "none"}
    assert (written["fee"]["written_by"], plain["fee"]["written_by"]) == ("scripted:good", "")
    assert "60元" in written["fee"]["statements"][0]["text"]
    metrics = read(out / "metrics.json")["all"]
    assert metrics["quote_fidelity"] == metrics["plain"]["quote_fidelity"] == 1.0
    assert metrics["difference"]["answer_accuracy"] == metrics["answer_accuracy"] - metrics["plain"]["answer_accuracy"]
    assert (metrics["faithfulness"], metrics["answer_relevance"]) == (1.0, 0.9)
    config = read(out / "config.json")
    answered = sum(row["status"] == "answered" for row in (*written.values(), *plain.values()))
    assert config["judge"] | {"usage": 0} == {
        "name": "scripted:judge", "judged": answered, "unreadable": 0, "failed": 0, "usage": 0,
    }  # fmt: skip
    assert config["model"]["written"] == sum(bool(row["written_by"]) for row in written.values())
    assert (config["model"]["usage"]["calls"], config["model"]["usage"]["cost"]) == (model.calls, 0.5)
    report = (out / "report.md").read_text(encoding="utf8")
    assert "Language model scripted:good: wrote" in report
    assert "## Without the language model" in report
    assert "| all | 3 | +0.000 |" in report
    assert "| faithfulness |" in report


def test_a_model_that_fails_leaves_the_answers_and_is_told_of(folder: Path) -> None:
    out = results(
        folder, "failing", model=Scripted("scripted:off", fails=True), judge=Scripted("scripted:off", fails=True)
    )
    written, plain = lines(out / "answers.jsonl"), lines(out / "answers.plain.jsonl")
    for row_id, row in written.items():
        assert (row["statements"], row["citations"]) == (plain[row_id]["statements"], plain[row_id]["citations"])
    assert not any(read(out / "metrics.json")["all"]["difference"].values())
    config = read(out / "config.json")
    assert config["model"]["written"] == 0
    assert config["judge"]["failed"] == 2 * config["judge"]["judged"] > 0
    assert "refused" in (out / "report.md").read_text(encoding="utf8")
