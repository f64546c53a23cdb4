"""The report of an evaluation run: tables by kind and by feature, charts of accuracy and of abstention."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from eval.metrics import Metrics, differences

COLUMNS = (
    "hit@1", "hit@5", "mrr@10", "answer_accuracy", "citation_recall", "citation_precision", "quote_fidelity",
    "abstention_recall", "false_abstention",
)  # fmt: skip
JUDGED = ("faithfulness", "answer_relevance")
COLOUR = "#2f6f5e"
Rows = Sequence[tuple[Any, ...]]


def write_report(
    out: Path,
    metrics: Metrics,
    config: Mapping[str, Any],
    curve: Sequence[tuple[float, float, float]],
    importances: Sequence[tuple[str, float, float]],
    *,
    plain: Metrics | None = None,
) -> None:
    """Write `report.md`, `accuracy.png` and, where some questions have no answer, `abstention.png` into `out`.

    `plain`: the metrics without a language model, where one answered.
    """
    by_feature = [(name, f"{weight:.3f}", f"{importance:.3f}") for name, weight, importance in importances]
    lines = [
        f"# Evaluation of {config['today']}",
        f"{config['questions']} over {', '.join(config['documents'])}: {config['library']['documents']} documents, "
        f"{config['library']['chunks']} chunks, embedder {config['embedder']}.",
        *_models(config),
        by_kind(metrics),
        *([] if plain is None else _beside(metrics, plain)),
        "![answer accuracy by kind](accuracy.png)",
    ]
    _draw_accuracy(out / "accuracy.png", metrics)
    if curve:
        _draw_abstention(out / "abstention.png", curve, metrics["all"], config["settings"]["answer_threshold"])
        lines += ["## Abstention as the threshold moves", "![abstention trade-off](abstention.png)"]
    lines += [
        "## Feature importances",
        "Importance: weight × standard deviation over the ten passages of every question.",
        table(("feature", "weight", "importance"), by_feature),
    ]
    (out / "report.md").write_text("\n\n".join(lines) + "\n", encoding="utf8")


def by_kind(metrics: Metrics, counts: Metrics | None = None, form: str = "{:.3f}") -> str:
    """A table of metrics, a row a kind; those of a judge where there was one. `counts` has the n where `metrics` has none."""
    columns = (*COLUMNS, *(c for c in JUDGED if c in metrics["all"]))
    rows = [
        (kind, int((counts or metrics)[kind]["n"]), *(_cell(v.get(c), form) for c in columns))
        for kind, v in metrics.items()
    ]
    return table(("kind", "n", *columns), rows)


def _beside(metrics: Metrics, plain: Metrics) -> list[str]:
    more = differences(metrics, plain)
    return ["## Without the language model", by_kind(plain), "## Difference", by_kind(more, metrics, "{:+.3f}")]


def _models(config: Mapping[str, Any]) -> list[str]:
    """A line for each model that took part: what it did and what it used."""
    lines = []
    if model := config.get("model"):
        lines.append(f"Language model {model['name']}: wrote {model['written']} answers. {_usage(model['usage'])}")
    if judge := config.get("judge"):
        counts = (
            f"{judge['judged']} answers judged, {judge['unreadable']} replies unreadable, {judge['failed']} not given"
        )
        lines.append(f"Judge {judge['name']}: {counts}. {_usage(judge['usage'])}")
    return lines


def _usage(usage: Mapping[str, Any]) -> str:
    cost = "" if usage["cost"] is None else f", cost {usage['cost']:.4f}"
    failures = "".join(f", {count} {reason}" for reason, count in usage["failures"].items())
    return f"{usage['calls']} calls, {usage['tokens_in']} tokens in, {usage['tokens_out']} out{cost}{failures}."


def table(head: Sequence[str], rows: Rows) -> str:
    """A Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(str(cell) for cell in line)} |" for line in lines)


def _cell(value: float | None, form: str) -> str:
    return "–" if value is None else form.format(value)


def _draw_accuracy(path: Path, metrics: Metrics) -> None:
    kinds = list(metrics)
    figure, axes = _plot((8, 0.4 * len(kinds) + 1))
    axes.barh(kinds[::-1], [metrics[k].get("answer_accuracy", 0.0) for k in kinds[::-1]], color=COLOUR)
    axes.set_xlim(0, 1)
    axes.set_xlabel("answer accuracy")
    _save(figure, path)


def _draw_abstention(
    path: Path, curve: Sequence[tuple[float, float, float]], run: Mapping[str, float], threshold: float
) -> None:
    """The curve is the probability's alone; the point is the run itself, in which other stages may abstain too."""
    figure, axes = _plot((6, 5))
    axes.plot([false for _, false, _ in curve], [recall for *_, recall in curve], color=COLOUR)
    axes.plot(run["false_abstention"], run["abstention_recall"], "o", color="#b5532a", label=f"threshold {threshold}")
    axes.plot([0, 1], [0, 1], ":", color="#999999", label="by chance")
    axes.set_xlabel("false abstention")
    axes.set_ylabel("abstention recall")
    axes.legend(loc="lower right")
    _save(figure, path)


def _plot(size: tuple[float, float]) -> tuple[Any, Any]:
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    return plt.subplots(figsize=size)


def _save(figure: Any, path: Path) -> None:
    from matplotlib import pyplot as plt

    figure.tight_layout()
    figure.savefig(path, dpi=110)
    plt.close(figure)
