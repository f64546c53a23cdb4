"""`python -m eval.scale`: what libraries of growing size cost, and what follows for one of ten million chunks.

Each size is a random part of one folder (the same for the same seed), indexed and asked by `eval.bench` in processes of their own. A
size that has been measured is not measured again, so that a long run can go on where it was stopped.
"""

from __future__ import annotations

import json
import os
import random
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
import typer

from eval.arguments import repeated

SIZES = (1_000, 10_000, 50_000, 150_000)
TARGET = 10_000_000
# What grows, as `eval.bench` names it, with its unit.
MEASURES = {
    "index_cpu_s": "index, processor s",
    "index_mb": "disk, MiB",
    "rss_mb": "resident, MiB",
    "ask_p95_cpu_ms": "ask p95, processor ms",
    "find_p95_cpu_ms": "find p95, processor ms",
}
_SHOWN = {
    "index_s": "index, s",
    "ask_p95_ms": "ask p95, ms",
    "find_p95_ms": "find p95, ms",
    "load_average": "load average",
}
_ARTICLE = re.compile(r"^[\s#*]*第[〇零一二三四五六七八九十百千\d]+条", re.MULTILINE)
_SEED = 7
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Growth:
    """How one measure grows with the number of chunks n: a + b·n or a + b·log2(n); `error` is the mean relative distance."""

    law: Literal["linear", "log"]
    a: float
    b: float
    error: float

    def at(self, chunks: float) -> float:
        return self.a + self.b * float(_grown(self.law, chunks))


def scale(
    documents: Annotated[Path, typer.Option(help="folder that the sizes are parts of")],
    out: Annotated[Path, typer.Option(help="JSON file to write; a table in Markdown beside it")] = Path(
        "out/scale.json"
    ),
    sizes: Annotated[list[int] | None, typer.Option(help="numbers of articles")] = None,
    work: Annotated[Path, typer.Option(help="folder of the parts and their libraries, kept")] = Path("out/scale"),
    questions: Annotated[Path, typer.Option(help="questions to time")] = Path("eval/cases.jsonl"),
) -> None:
    """Measure each size, then fit and extrapolate."""
    files = _files(documents)
    for size in sorted(sizes or SIZES):
        measured = work / f"{size}.json"
        if not measured.exists():
            typer.echo(f"{size} articles …", err=True)
            _measure(part(files, size), work / str(size), measured, questions)
    rows = sorted(
        (json.loads(p.read_text(encoding="utf8")) for p in work.glob("*.json")), key=lambda r: int(r["chunks"])
    )
    laws = fits(rows)
    report = {"sizes": rows, "target": TARGET, "growth": {k: [_described(g) for g in v] for k, v in laws.items()}}
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps(report, ensure_ascii=False, indent=1), encoding="utf8")
    out.with_suffix(".md").write_text(table(rows, laws), encoding="utf8")
    print(table(rows, laws))


def _files(documents: Path) -> list[tuple[Path, int]]:
    """The files of a folder in a random order of their own, each with about as many articles as it has."""
    found = sorted(p for p in documents.rglob("*") if p.suffix in (".md", ".txt") and p.is_file())
    random.Random(_SEED).shuffle(found)
    return [(p, len(_ARTICLE.findall(p.read_text(encoding="utf8", errors="replace")))) for p in found]


def part(files: Sequence[tuple[Path, int]], articles: int) -> list[Path]:
    """The first files that together have so many articles, all where there are fewer.

    >>> [p.name for p in part([(Path("a"), 5), (Path("b"), 5), (Path("c"), 5)], 10)]
    ['a', 'b']
    """
    chosen: list[Path] = []
    left = articles
    for path, count in files:
        if left <= 0:
            break
        chosen.append(path)
        left -= count
    return chosen


def _measure(files: Sequence[Path], folder: Path, measured: Path, questions: Path) -> None:
    documents, home = folder / "documents", folder / "home"
    shutil.rmtree(folder, ignore_errors=True)
    documents.mkdir(parents=True)
    for number, path in enumerate(files):
        shutil.copy(path, documents / f"{number:05d} {path.name}")
    partial = folder / "bench.json"
    command = [sys.executable, "-m", "eval.bench", "--documents", str(documents), "--home", str(home)]
    before = os.getloadavg()[0]
    subprocess.run(
        [*command, "--questions", str(questions), "--out", str(partial)], stdout=subprocess.DEVNULL, check=True
    )
    found = json.loads(partial.read_text(encoding="utf8"))
    shutil.rmtree(documents)
    found |= {"articles": _articles(home), "load_average": round((before + os.getloadavg()[0]) / 2, 1)}
    measured.write_text(json.dumps(found, ensure_ascii=False, indent=1), encoding="utf8")


def _articles(home: Path) -> int:
    """How many numbered articles and sections a library has."""
    from index.catalogue import Catalogue
    from index.generation import current

    catalogue = Catalogue(current(home) / "catalogue.db")
    return sum(a.kind != "front" and bool(a.number) for d in catalogue.documents() for a in catalogue.articles(d.id))


def fits(rows: Sequence[Row]) -> dict[str, list[Growth]]:
    """Both laws of each measure, the one that lies nearer first; nothing of fewer than two sizes.

    >>> rows = [{"chunks": n, **dict.fromkeys(MEASURES, 10 + n / 100)} for n in (1000, 2000, 4000)]
    >>> law = fits(rows)["rss_mb"][0]
    >>> law.law, round(law.a), round(law.b, 3), round(law.at(10_000))
    ('linear', 10, 0.01, 110)
    """
    if len({r["chunks"] for r in rows}) < 2:
        return {}
    return {m: sorted((_fit(rows, m, "linear"), _fit(rows, m, "log")), key=lambda g: g.error) for m in MEASURES}


def _fit(rows: Sequence[Row], measure: str, law: Literal["linear", "log"]) -> Growth:
    """Least squares of relative errors: the small sizes count as much as the large one."""
    found = np.array([float(r[measure]) for r in rows])
    x = np.array([float(_grown(law, float(r["chunks"]))) for r in rows])
    design = np.column_stack([np.ones_like(x), x]) / found[:, None]
    (a, b), *_ = np.linalg.lstsq(design, np.ones_like(x), rcond=None)
    return Growth(law, float(a), float(b), float(np.mean(np.abs((a + b * x) / found - 1))))


def _grown(law: str, chunks: float) -> float:
    return chunks if law == "linear" else float(np.log2(chunks))


def _described(growth: Growth) -> dict[str, Any]:
    return {
        "law": growth.law,
        "a": growth.a,
        "b": growth.b,
        "error": round(growth.error, 3),
        "at_target": growth.at(TARGET),
    }


def table(rows: Sequence[Row], laws: Mapping[str, Sequence[Growth]]) -> str:
    """The sizes as measured, and both laws with what they say of `TARGET` chunks."""
    shown = {**MEASURES, **_SHOWN}
    lines = [_row(["articles", "chunks", *shown.values()]), _row(["---"] * (len(shown) + 2))]
    for r in rows:
        lines.append(_row([f"{r['articles']:,}", f"{r['chunks']:,}", *(f"{r[m]:,}" for m in shown)]))
    if laws:
        lines += ["", _row(["measure", "law", "a", "b", "mean error", f"at {TARGET:,} chunks"]), _row(["---"] * 6)]
    for measure, found in laws.items():
        for g in found:
            values = (f"{g.a:.4g}", f"{g.b:.4g}", f"{100 * g.error:.0f} %", f"{g.at(TARGET):,.0f}")
            lines.append(_row([MEASURES[measure], "a + b·n" if g.law == "linear" else "a + b·log2 n", *values]))
    return "\n".join(lines) + "\n"


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    sys.argv[1:] = repeated(sys.argv[1:], "--sizes")
    typer.run(scale)
