"""What load tests ask for and count; no traffic is made here."""

from __future__ import annotations

import re
from collections import Counter
from itertools import islice
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from bot.pages import QUESTION_CAP
from eval.load_figures import Seen, figures, growth, recovery, sustained
from eval.load_report import markdown
from eval.questions import read_questions
from eval.visits import MIX, PAGES, Plan, chat_functions, joining, lookup, outcome, sentence, visits
from tests.small_site import SmallSite, small_site

ROWS = read_questions([Path("eval/cases.jsonl")])
PLAN = Plan(tuple(r["question"] for r in ROWS), tuple(map(lookup, ROWS)), PAGES, (0, 2), seed=3)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> SmallSite:
    return small_site(tmp_path_factory.mktemp("load"))


def seen(at: float, ms: float = 100, status: int = 200, told: str = "", kind: str = "ask") -> Seen:
    return Seen(at, kind, ms, status, told)


def test_visits_keep_to_the_mix_and_to_what_the_server_takes() -> None:
    drawn = list(islice(visits(PLAN), 2_000))
    share = Counter(v.kind for v in drawn)
    assert set(share) == set(MIX)
    assert all(abs(share[k] / 2_000 - weight / sum(MIX.values())) < 0.05 for k, weight in MIX.items())
    asked = [parse_qs(urlsplit(v.path).query)["q"][0] for v in drawn if v.kind in ("ask", "find")]
    asked += [v.question for v in drawn if v.kind == "chat"]
    assert all(0 < len(q) <= QUESTION_CAP for q in asked)
    assert drawn == list(islice(visits(PLAN), 2_000))


def test_visits_are_answered(site: SmallSite) -> None:
    """One of each kind that is a plain request, by a real server; the chat page itself is Gradio's."""
    paths = {v.kind: v.path for v in islice(visits(PLAN), 200) if v.kind in ("ask", "find")}
    assert len(paths) == 2
    for path in (*paths.values(), "/documents"):
        assert site.client.get(path).status_code == 200


def test_a_plan_comes_back_as_it_was_written(tmp_path: Path) -> None:
    PLAN.write(tmp_path / "plan.json")
    assert Plan.read(tmp_path / "plan.json") == PLAN


def test_the_chat_is_called_by_the_numbers_of_its_functions() -> None:
    config = {
        "components": [{"id": 1, "props": {"elem_id": "place"}}, {"id": 7, "props": {"elem_id": "question"}}],
        "dependencies": [
            {"id": 2, "inputs": [], "targets": [[0, "load"]], "trigger_after": None},
            {"id": 3, "inputs": [1], "targets": [[0, "load"]], "trigger_after": None},
            {"id": 5, "inputs": [7, 1], "targets": [[7, "submit"]], "trigger_after": None},
            {"id": 6, "inputs": [1], "targets": [[None, "success"]], "trigger_after": 3},
            {"id": 8, "inputs": [1], "targets": [[None, "success"]], "trigger_after": 5},
        ],
    }
    assert chat_functions(config) == (5, 8)
    assert joining(5, ["问", None], "s")["fn_index"] == 5
    assert outcome({"success": True, "output": {}}) == (200, "")
    assert outcome({"success": False, "output": {"error": "太忙了。"}}) == (503, "太忙了。")


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ('{"error": "现在太忙了，请稍后再试。"}', "现在太忙了，请稍后再试。"),
        ('{"error": "Too many requests"}', ""),
        ('{"detail": "x"}', ""),
        ("Internal Server Error", ""),
    ],
)
def test_only_a_sentence_counts_as_told(body: str, told: str) -> None:
    assert sentence(body.encode()) == told


def test_figures_tell_refused_from_broken() -> None:
    found = figures([seen(0), seen(1, status=429, told="太忙了。"), seen(2, status=503), seen(4, 10_000, 0, "Timeout")])
    assert found["statuses"] == {"0": 1, "200": 1, "429": 1, "503": 1}
    assert found["impolite"] == 2
    assert found["visits_per_s"] == 1.0


def test_a_rate_is_sustained_where_all_are_answered_in_time() -> None:
    quick = [seen(i / 10) for i in range(100)]
    assert sustained(quick)
    assert sustained([*quick[:97], *(seen(10, 900) for _ in range(3))])
    assert not sustained([*quick[:90], *(seen(10, 900) for _ in range(10))])
    assert not sustained([*quick, seen(11, status=429, told="太忙了。")])
    assert sustained([*quick, seen(11, 2_000, kind="chat")])
    assert not sustained([])


def test_recovery_is_the_last_time_that_visitors_waited() -> None:
    calm = [seen(i) for i in range(40)]
    assert recovery(calm, 10) == 0
    assert recovery([seen(s.at, 3_000) if 10 <= s.at < 15 else s for s in calm], 10) == 6
    assert recovery([seen(s.at, 3_000) if s.at > 30 else s for s in calm], 10) is None


def test_growth_leaves_the_warm_up_out() -> None:
    memory = [(float(t), 500.0 if t < 100 else 1_000 + (t - 100) / 100) for t in range(1_000)]
    found = growth(memory)
    assert found["after_warm_up_mb"] == pytest.approx(1_001.5, abs=0.1)
    assert found["growth_percent"] == pytest.approx(0.7, abs=0.1)


def test_the_report_names_what_was_measured() -> None:
    machine = {"cores": 2, "cpu": "x", "memory_gb": 4, "python": "3.11"}
    step = {"rate": 4, "sustained": True, **figures([seen(0), seen(1)])}
    report = {
        "machine": machine,
        "library": {"documents": 19, "folder": "corpus"},
        "load_average_before": [1.25, 1, 1],
        "rates": {"sustained": 4, "questions_per_s": 2, "steps": [step]},
        "overload": {**step, "others": figures([seen(0)]), "recovered_after_s": 2.0, "memory_most_mb": 900},
        "reindex": {**step, "sync_s": 3, "errors": 0, "before_p95_ms": 90},
        "soak": {**step, "minutes": 3, "after_warm_up_mb": 900, "at_end_mb": 901, "growth_percent": 0.1},
    }
    text = markdown(report)
    assert "load average 1.25" in text
    assert len(re.findall(r"^\| ", text, re.MULTILINE)) >= 20
