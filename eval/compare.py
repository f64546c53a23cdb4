"""`python -m eval.compare OLD NEW`: fail where a run's metrics fell behind those of an earlier one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

POINTS = 0.02
# metric → the direction that is better
BETTER = {
    "hit@1": 1, "hit@5": 1, "answer_accuracy": 1, "citation_precision": 1, "citation_recall": 1,
    "abstention_recall": 1, "false_abstention": -1,
}  # fmt: skip
_ROUNDING = 2e-4  # metrics are written with four digits


def worse(old: Mapping[str, float], new: Mapping[str, float]) -> list[str]:
    """A line for each overall metric that lost more than is allowed; one that is gone has lost all."""
    lost = {name: sign * (old[name] - new.get(name, -sign)) for name, sign in BETTER.items() if name in old}
    return [
        f"{name}: {old[name]:.3f} → {new.get(name, float('nan')):.3f}, allowed {allowance(name, old):.3f}"
        for name, loss in lost.items()
        if loss > allowance(name, old) + _ROUNDING
    ]


def allowance(name: str, metrics: Mapping[str, float]) -> float:
    """Two points; for abstention at least one question, since few questions move it in larger steps."""
    asked = {"abstention_recall": metrics["n"] - metrics["n_gold"], "false_abstention": metrics["n_gold"]}.get(name)
    return max(POINTS, 1 / asked) if asked else POINTS


def compare(
    old: Annotated[Path, typer.Argument(help="metrics.json of the earlier run")],
    new: Annotated[Path, typer.Argument(help="metrics.json of the run to check")],
) -> None:
    """Print what got worse and fail if anything did."""
    before, after = (json.loads(path.read_text(encoding="utf8"))["all"] for path in (old, new))
    lines = worse(before, after)
    print("\n".join(lines) or f"no metric fell by more than {POINTS:.0%}")
    if lines:
        raise typer.Exit(1)


if __name__ == "__main__":
    typer.run(compare)
