"""The report of an evaluation run: a table by kind and a bar chart."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

COLUMNS = (
    "hit@1", "hit@5", "mrr@10", "answer_accuracy", "citation_recall", "citation_precision", "quote_fidelity",
    "abstention_recall", "false_abstention",
)  # fmt: skip


def write_report(out: Path, metrics: Mapping[str, Mapping[str, float]], config: Mapping[str, Any]) -> None:
    """Write `report.md` and `accuracy.png` into `out`."""
    head = f"| kind | n | {' | '.join(COLUMNS)} |\n|---|---|{'---|' * len(COLUMNS)}\n"
    rows = [
        f"| {kind} | {int(v['n'])} | {' | '.join(_cell(v.get(c)) for c in COLUMNS)} |" for kind, v in metrics.items()
    ]
    lines = [
        f"# Evaluation of {config['today']}",
        f"{config['questions']} over {', '.join(config['documents'])}: {config['library']['documents']} documents, "
        f"{config['library']['chunks']} chunks, embedder {config['embedder']}.",
        head + "\n".join(rows),
        "![answer accuracy by kind](accuracy.png)",
    ]
    (out / "report.md").write_text("\n\n".join(lines) + "\n", encoding="utf8")
    _draw(out / "accuracy.png", metrics)


def _cell(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


def _draw(path: Path, metrics: Mapping[str, Mapping[str, float]]) -> None:
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    kinds = list(metrics)
    figure, axes = plt.subplots(figsize=(8, 0.4 * len(kinds) + 1))
    axes.barh(kinds[::-1], [metrics[k].get("answer_accuracy", 0.0) for k in kinds[::-1]], color="#2f6f5e")
    axes.set_xlim(0, 1)
    axes.set_xlabel("answer accuracy")
    figure.tight_layout()
    figure.savefig(path, dpi=110)
    plt.close(figure)
