"""Figures of a load test from what its visitors saw."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any

PERIOD = 10  # seconds between the visits of one visitor, and the longest that one waits
LIMIT = 500.0  # milliseconds in which 95 of 100 are answered
TIMED = ("ask", "find", "page")  # a chat holds its statements back on purpose and is told apart
QUESTIONS = ("ask", "chat")
_WINDOW = 2.0
Memory = Sequence[tuple[float, float]]  # (time, MiB)


@dataclass(frozen=True, slots=True)
class Seen:
    """One visit: when it began (epoch seconds), its kind, how long it took, its HTTP status (0: none) and what a refusal said."""

    at: float
    kind: str
    ms: float
    status: int
    told: str

    def line(self) -> str:
        return json.dumps(asdict(self), ensure_ascii=False)

    @property
    def polite(self) -> bool:
        """Answered, or refused in a sentence."""
        return self.status == 200 or (self.status in (429, 503) and bool(self.told))


def read_seen(path: Path) -> list[Seen]:
    """What a run of traffic has written."""
    return [Seen(**json.loads(line)) for line in path.read_text(encoding="utf8").splitlines() if line]


def percentile(values: Iterable[float], part: float) -> float:
    """The nearest-rank percentile; 0 of nothing.

    >>> percentile([5, 1, 4, 2, 3], 0.95), percentile([], 0.5)
    (5, 0.0)
    """
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(part * len(ordered)))] if ordered else 0.0


def figures(seen: Sequence[Seen]) -> dict[str, Any]:
    """Rates reached, times by kind, statuses, and the visits that were neither answered nor refused in a sentence."""
    over = max((s.at for s in seen), default=0.0) - min((s.at for s in seen), default=0.0)
    rate = {"visits": len(seen), "questions": sum(s.kind in QUESTIONS and s.status == 200 for s in seen)}
    return {
        "visits": len(seen),
        **{f"{name}_per_s": round(n / over, 2) if over else 0.0 for name, n in rate.items()},
        "p95_ms": percentile((s.ms for s in seen if s.kind in TIMED), 0.95),
        "kinds": {kind: _times([s for s in seen if s.kind == kind]) for kind in dict.fromkeys(s.kind for s in seen)},
        "statuses": {str(k): n for k, n in sorted(Counter(s.status for s in seen).items())},
        "impolite": sum(not s.polite for s in seen),
        "slowest_ms": max((s.ms for s in seen), default=0.0),
    }


def _times(seen: Sequence[Seen]) -> dict[str, float]:
    times = [s.ms for s in seen if s.status == 200]
    return {
        "answered": len(times),
        "of": len(seen),
        "p50_ms": percentile(times, 0.5),
        "p95_ms": percentile(times, 0.95),
    }


def sustained(seen: Sequence[Seen]) -> bool:
    """Whether every visit was answered, 95 of 100 of the timed ones within `LIMIT`."""
    return bool(seen) and all(s.status == 200 for s in seen) and figures(seen)["p95_ms"] <= LIMIT


def recovery(seen: Sequence[Seen], end: float) -> float | None:
    """Seconds after `end` until visits are answered in time again, in windows of 2 s; None where they never are."""
    after = [s for s in seen if s.at >= end]
    windows: dict[int, list[Seen]] = {}
    for s in after:
        windows.setdefault(int((s.at - end) / _WINDOW), []).append(s)
    late = [number for number, found in windows.items() if not _in_time(found)]
    if not windows or (late and max(late) == max(windows)):
        return None
    return (max(late) + 1) * _WINDOW if late else 0.0


def _in_time(seen: Sequence[Seen]) -> bool:
    timed = [s.ms for s in seen if s.kind in TIMED]
    return all(s.status == 200 for s in seen) and median(timed or [0.0]) <= LIMIT


def growth(memory: Memory, warm_up: float = 0.2) -> dict[str, float]:
    """Resident memory after a warm-up (a part of the whole time) and at the end, medians of a tenth of the time each, in MiB."""
    began, ended = memory[0][0], memory[-1][0]
    tenth = (ended - began) / 10
    warm = began + warm_up * (ended - began)
    first = median(mb for at, mb in memory if warm <= at <= warm + tenth)
    last = median(mb for at, mb in memory if at >= ended - tenth)
    return {
        "minutes": round((ended - began) / 60, 1),
        "after_warm_up_mb": round(first, 1),
        "at_end_mb": round(last, 1),
        "growth_percent": round(100 * (last - first) / first, 2),
        "most_mb": round(max(mb for _, mb in memory), 1),
    }
