"""`python -m eval.bench`: speed, memory and disk of the library and of peers, as one JSON object (DESIGN section 4)."""

from __future__ import annotations

import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path
from statistics import median, quantiles
from typing import Annotated, Any

import typer

from eval.arguments import repeated

LIBRARIES = ("chromadb", "tantivy", "sentence-transformers", "torch", "gradio", "numpy")
ROUNDS = 3


def bench(
    documents: Annotated[list[Path] | None, typer.Option(help="folders of documents")] = None,
    out: Annotated[Path | None, typer.Option(help="JSON file to write")] = None,
    questions: Annotated[Path, typer.Option(help="questions to time")] = Path("eval/cases.jsonl"),
) -> None:
    """Index the documents in a throw-away home, then time questions in a fresh process."""
    folders = documents or [Path("eval/corpus")]
    with tempfile.TemporaryDirectory() as home:
        indexing = _child("index", home, [str(f) for f in folders])
        asking = _child("ask", home, [str(questions)])
        megabytes = sum(p.stat().st_size for p in Path(home).rglob("*") if p.is_file()) / 2**20
    report = {
        **indexing,
        "chunks_per_s": round(indexing["chunks"] / indexing["index_s"], 1),
        "index_mb": round(megabytes, 1),
        **asking,
        "machine": {"cores": os.cpu_count(), "cpu": platform.processor() or platform.machine()},
        "python": platform.python_version(),
        "versions": {name: version(name) for name in LIBRARIES},
    }
    text = json.dumps(report, ensure_ascii=False, indent=1)
    print(text)
    if out:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(text, encoding="utf8")


def _child(step: str, home: str, arguments: Sequence[str]) -> dict[str, Any]:
    """Run one step in a process of its own, so that its memory and its start are its own."""
    done = subprocess.run(
        [sys.executable, "-m", "eval.bench", step, home, *arguments], capture_output=True, text=True, check=True
    )
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return result


def _index(home: str, folders: Sequence[str]) -> dict[str, Any]:
    from index.embed import load_embedder
    from index.sync import sync

    embedder = load_embedder(None)
    began = time.perf_counter()
    report = sync([Path(f) for f in folders], Path(home), embedder, progress=False)
    return {"documents": report.documents, "chunks": report.chunks, "index_s": round(time.perf_counter() - began, 2)}


def _ask(home: str, questions: str) -> dict[str, Any]:
    began = time.perf_counter()
    from bot.answer import Answerer
    from bot.find import Finder
    from bot.settings import Settings
    from index.embed import load_embedder
    from index.library import open_library

    settings = Settings(home=Path(home))
    library = open_library(settings.home, load_embedder(None))
    answerer, finder = Answerer(library, settings), Finder(library)
    lines = Path(questions).read_text(encoding="utf8").splitlines()
    asked = [json.loads(line)["question"] for line in lines if line.strip()]
    answerer.ask(asked[0])
    cold = time.perf_counter() - began
    ask, find = _times(answerer.ask, asked), _times(finder.find, asked)
    return {
        "cold_start_s": round(cold, 2),
        **_percentiles("ask", ask),
        **_percentiles("find", find),
        "bm25_p50_ms": round(median(_times(lambda q: library.lexical([(c, 1.0) for c in q], 10), asked)), 2),
        "rss_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1),
    }


def _times(call: Callable[[str], object], asked: Sequence[str]) -> list[float]:
    times = []
    for _ in range(ROUNDS):
        for question in asked:
            began = time.perf_counter()
            call(question)
            times.append((time.perf_counter() - began) * 1000)
    return times


def _percentiles(name: str, times: Sequence[float]) -> dict[str, float]:
    return {f"{name}_p50_ms": round(median(times), 1), f"{name}_p95_ms": round(quantiles(times, n=20)[18], 1)}


def main() -> None:
    """Command-line entry; the two steps are run by the bench itself."""
    if len(sys.argv) > 2 and sys.argv[1] in ("index", "ask"):
        home, rest = sys.argv[2], sys.argv[3:]
        print(json.dumps(_index(home, rest) if sys.argv[1] == "index" else _ask(home, rest[0])))
    else:
        sys.argv[1:] = repeated(sys.argv[1:], "--documents")
        typer.run(bench)


if __name__ == "__main__":
    main()
