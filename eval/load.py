"""`python -m eval.load`: how many visitors the server answers, what happens beyond that, and whether its memory stays flat.

The server and the visitors (locust) are processes of their own on the loopback, so both share the machine's cores. Parts, in order:
`rates` finds the highest rate of visits that is answered in time, `overload` asks ten times as much while a few other visitors go on,
`reindex` syncs a changed document under traffic, `soak` watches resident memory at a low rate.
"""

from __future__ import annotations

import json
import os
import platform
import re
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated, Any

import typer

from eval.load_figures import PERIOD, figures, growth, recovery, sustained
from eval.load_report import markdown
from eval.load_site import Site, opened
from eval.questions import read_questions
from eval.served import Served
from eval.visits import MIX, PAGES, Plan, chat_functions, lookup

PARTS = ("rates", "overload", "reindex", "soak")
# The visitors of one machine stand for many: no limit by client address may stand in the way.
SERVER = {"YOUJU_BURST": "0", "YOUJU_PER_HOUR": "0"}
HOLD, RECOVERY, OVERLOAD = (
    30.0,
    40.0,
    10,
)  # seconds of a rate, seconds watched after an overload, how many times the rate
PAGES_ASKED = 250  # more than the server keeps
FIRST, MOST, HALVINGS = 2.0, 128.0, 2


def load(
    out: Annotated[Path, typer.Option(help="JSON file to write; a table in Markdown beside it")],
    documents: Annotated[Path, typer.Option(help="folder of documents, copied and indexed")] = Path("eval/corpus"),
    questions: Annotated[Path, typer.Option(help="questions to ask")] = Path("eval/cases.jsonl"),
    *,
    home: Annotated[Path | None, typer.Option(help="a library that is there already; it is not synced")] = None,
    parts: Annotated[str, typer.Option(help="which parts, with commas between")] = ",".join(PARTS),
    rate: Annotated[
        float | None, typer.Option(help="visits a second known to be sustained, where not measured")
    ] = None,
    soak: Annotated[float, typer.Option(help="minutes of the soak")] = 3,
    soak_rate: Annotated[float, typer.Option(help="visits a second of the soak")] = 2,
    setting: Annotated[list[str] | None, typer.Option(help="NAME=VALUE, an environment variable of the server")] = None,
) -> None:
    """Put a library under load and write down what its visitors saw."""
    wanted = [part for part in PARTS if part in parts.split(",")]
    settings = {**SERVER, **dict(s.split("=", 1) for s in setting or ())}
    report: dict[str, Any] = {"machine": _machine(), "mix": MIX, "load_average_before": os.getloadavg()}
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="youju-load-"))
        library = opened(Path(folder), documents.resolve(), home, settings, lambda server: _plan(server, questions))
        site = stack.enter_context(library)
        report["library"] = site.server.json("/healthz") | {"folder": documents.name}
        report["memory_at_start_mb"] = round(site.server.memory()["VmRSS"], 1)
        for part in wanted:
            _told(f"{part} …")
            if part == "rates":
                report[part] = _rates(site)
                rate = rate or report[part]["sustained"]
            elif part == "soak":
                report[part] = _soak(site, soak, soak_rate)
            else:
                report[part] = (_overload if part == "overload" else _reindex)(site, rate or FIRST)
            report |= {"load_average_after": os.getloadavg(), "memory_most_mb": round(site.server.memory()["VmHWM"], 1)}
            _written(report, out)
    print(markdown(report))


def _rates(site: Site) -> dict[str, Any]:
    """Double the rate until it is too much, then halve the way between the last two."""
    steps: list[dict[str, Any]] = []
    site.traffic(FIRST, HOLD / 3).seen()  # a warm server is measured

    def holds(rate: float) -> bool:
        used, run = site.server.processor(), site.traffic(rate, HOLD)
        seen = run.seen()
        cost = 1000 * (site.server.processor() - used) / (len(seen) * (HOLD + PERIOD) / HOLD)
        busy = {"load_average": os.getloadavg()[0], "processor_ms_per_visit": round(cost, 1)}
        steps.append({"rate": rate, "sustained": sustained(seen), **busy, **figures(seen)})
        _told(
            f"  {rate:g} a second: p95 {steps[-1]['p95_ms']:.0f} ms, {steps[-1]['statuses']}, {cost:.0f} ms of processor"
        )
        return bool(steps[-1]["sustained"])

    best = highest(holds)
    at_best = next((s for s in steps if s["rate"] == best), None)
    return {"sustained": best, "questions_per_s": at_best and at_best["questions_per_s"], "steps": steps}


def highest(holds: Callable[[float], bool]) -> float:
    """The highest rate that holds, by doubling and halving; 0 where the first does not.

    >>> highest(lambda rate: rate <= 21)
    20.0
    """
    good, bad = 0.0, FIRST
    while bad <= MOST and holds(bad):
        good, bad = bad, 2 * bad
    for _ in range(HALVINGS if 0 < good < MOST else 0):
        middle = (good + bad) / 2
        good, bad = (middle, bad) if holds(middle) else (good, middle)
    return good


def _overload(site: Site, rate: float) -> dict[str, Any]:
    """Ten times the rate, and a quarter of the rate by others who stay when it is over."""
    others = site.traffic(max(1.0, rate / 4), PERIOD + HOLD + RECOVERY)
    with site.watched() as memory:
        seen = site.traffic(OVERLOAD * rate, HOLD).seen()
        end = max(s.at for s in seen)
        stayed = others.seen()
    return {
        "rate": OVERLOAD * rate,
        **figures(seen),
        "told": sorted({s.told for s in seen if s.status != 200}),
        "recovered_after_s": recovery(stayed, end),
        "others": figures([s for s in stayed if s.at < end]),
        "memory_most_mb": round(max(mb for _, mb in memory), 1),
    }


def _reindex(site: Site, rate: float) -> dict[str, Any]:
    """Sync a changed document under half the rate; the same traffic without a sync first, to compare with."""
    if site.documents is None:
        return {"left_out": "a library that is there already is not synced"}
    before = site.traffic(rate / 2, HOLD).seen()
    under = site.traffic(rate / 2, 2 * HOLD)
    time.sleep(PERIOD)  # visitors come in
    seconds = site.sync()
    seen = under.seen()
    errors = sum(s.status != 200 for s in seen)
    told = {"rate": rate / 2, "sync_s": round(seconds, 1), "errors": errors, "before_p95_ms": figures(before)["p95_ms"]}
    return told | figures(seen)


def _soak(site: Site, minutes: float, rate: float) -> dict[str, Any]:
    """Watch memory under a low rate. What the server keeps of pages is filled first: it is bounded, and takes hours to fill."""
    site.ask_on_pages(PAGES_ASKED)
    with site.watched(every=max(1.0, minutes / 10)) as memory:
        seen = site.traffic(rate, minutes * 60).seen()
    taken = {"pages_before": PAGES_ASKED, "memory": [(round(t), round(mb)) for t, mb in memory]}
    return {"rate": rate, **growth(memory), **figures(seen), **taken}


def _plan(server: Served, questions: Path) -> Plan:
    """What is asked: the questions, look-ups for their sections, the pages and the first documents of the library."""
    rows = read_questions([questions])
    documents = list(dict.fromkeys(re.findall(r'href="(/documents/[\w-]+)', server.text("/documents"))))[:40]
    asked, sought = tuple(str(r["question"]) for r in rows), tuple(map(lookup, rows))
    return Plan(asked, sought, (*PAGES, *documents), chat_functions(server.json("/config")))


def _machine() -> dict[str, Any]:
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    cpu = next((line.split(":")[1].strip() for line in _cpu_lines() if line.startswith("model name")), "")
    return {"cores": os.cpu_count(), "cpu": cpu, "memory_gb": round(total, 1), "python": platform.python_version()}


def _cpu_lines() -> Sequence[str]:
    path = Path("/proc/cpuinfo")
    return path.read_text(encoding="utf8").splitlines() if path.exists() else ()


def _written(report: dict[str, Any], out: Path) -> None:
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps(report, ensure_ascii=False, indent=1), encoding="utf8")
    out.with_suffix(".md").write_text(markdown(report), encoding="utf8")


def _told(line: str) -> None:
    typer.echo(line, err=True)


if __name__ == "__main__":
    typer.run(load)
