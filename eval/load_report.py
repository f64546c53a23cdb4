"""The figures of a load test as tables in Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any


def markdown(report: Mapping[str, Any]) -> str:
    """What was measured, part by part, with the machine and what else it was doing."""
    machine, library = report["machine"], report["library"]
    averages = " → ".join(
        f"{report[name][0]:.2f}" for name in ("load_average_before", "load_average_after") if name in report
    )
    lines = [
        f"{library['documents']} documents of `{library['folder']}`; {machine['cores']} cores ({machine['cpu']}), "
        f"{machine['memory_gb']} GiB, Python {machine['python']}; load average {averages}.",
    ]
    for part, table in (("rates", _rates), ("overload", _overload), ("reindex", _reindex), ("soak", _soak)):
        if part in report and "left_out" not in report[part]:
            lines += ["", *table(report[part])]
    return "\n".join(lines) + "\n"


def _rates(found: Mapping[str, Any]) -> list[str]:
    kinds = ("ask", "find", "page", "chat", "offers")
    rows = [
        [
            f"{step['rate']:g}",
            f"{step['questions_per_s']:g}",
            f"{step['p95_ms']:.0f}",
            *(f"{step['kinds'].get(kind, {}).get('p95_ms', 0):.0f}" for kind in kinds),
            _statuses(step),
            "yes" if step["sustained"] else "no",
        ]
        for step in sorted(found["steps"], key=lambda s: float(s["rate"]))
    ]
    head = ["visits/s", "questions/s", "p95 ms", *kinds, "statuses", "in time"]
    return [
        f"Sustained: {found['sustained']:g} visits a second, {found['questions_per_s']} questions.",
        "",
        *_table(head, rows),
    ]


def _overload(found: Mapping[str, Any]) -> list[str]:
    others = found["others"]
    values = {
        "asked for, visits/s": f"{found['rate']:g}",
        "made, visits/s": f"{found['visits_per_s']:g}",
        "statuses": _statuses(found),
        "neither answered nor refused in a sentence": str(found["impolite"]),
        "slowest, ms": f"{found['slowest_ms']:.0f}",
        "other visitors meanwhile": f"{_statuses(others)}, p95 {others['p95_ms']:.0f} ms",
        "in time again after, s": str(found["recovered_after_s"]),
        "most resident memory, MiB": f"{found['memory_most_mb']:.0f}",
    }
    return _table(["ten times the rate", ""], [list(pair) for pair in values.items()])


def _reindex(found: Mapping[str, Any]) -> list[str]:
    values = {
        "visits/s": f"{found['rate']:g}",
        "seconds from the change to answers from it": f"{found['sync_s']:g}",
        "visits not answered": f"{found['errors']} of {found['visits']}",
        "p95 before and during, ms": f"{found['before_p95_ms']:.0f}, {found['p95_ms']:.0f}",
    }
    return _table(["a sync under traffic", ""], [list(pair) for pair in values.items()])


def _soak(found: Mapping[str, Any]) -> list[str]:
    values = {
        "minutes, visits/s": f"{found['minutes']:g}, {found['rate']:g}",
        "statuses": _statuses(found),
        "p95, ms": f"{found['p95_ms']:.0f}",
        "resident memory after warm-up and at the end, MiB": f"{found['after_warm_up_mb']:.0f}, {found['at_end_mb']:.0f}",
        "growth, %": f"{found['growth_percent']:g}",
    }
    return _table(["soak", ""], [list(pair) for pair in values.items()])


def _statuses(found: Mapping[str, Any]) -> str:
    return ", ".join(f"{status}: {count}" for status, count in found["statuses"].items())


def _table(head: list[str], rows: Iterable[list[str]]) -> list[str]:
    return [_row(head), _row(["---"] * len(head)), *map(_row, rows)]


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"
