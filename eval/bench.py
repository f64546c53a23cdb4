"""`python -m eval.bench`: speed, memory and disk of the library and of peers, as one JSON object (DESIGN section 4).

Beside each time on the clock stands the processor time of the same work, which other programs on the machine hardly touch.
"""

from __future__ import annotations

import cProfile
import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from importlib.metadata import version
from pathlib import Path
from statistics import median, quantiles
from typing import Annotated, Any

import typer

from eval.arguments import repeated
from eval.bench_page import measure

LIBRARIES = ("chromadb", "tantivy", "sentence-transformers", "torch", "gradio", "numpy")
_INDEXING = "bench-indexing.json"
Times = list[tuple[float, float]]


def bench(
    documents: Annotated[list[Path] | None, typer.Option(help="folders of documents")] = None,
    out: Annotated[Path | None, typer.Option(help="JSON file to write")] = None,
    questions: Annotated[Path, typer.Option(help="questions to time")] = Path("eval/cases.jsonl"),
    home: Annotated[
        Path | None, typer.Option(help="home to keep; one that a bench has built is not built again")
    ] = None,
    profile: Annotated[Path | None, typer.Option(help="folder for cProfile files of both steps")] = None,
    *,
    page: Annotated[bool, typer.Option("--page", help="time and weigh the page in a browser too")] = False,
) -> None:
    """Index the documents, in a throw-away home unless one is given, then time questions in a fresh process."""
    folders = [str(f) for f in documents or [Path("eval/corpus")]]
    with nullcontext(str(home)) if home else tempfile.TemporaryDirectory() as place:
        built = Path(place) / _INDEXING
        if not built.exists():
            built.parent.mkdir(parents=True, exist_ok=True)
            built.write_text(json.dumps(_child("index", place, folders, profile)), encoding="utf8")
        indexing = json.loads(built.read_text(encoding="utf8"))
        megabytes = sum(p.stat().st_size for p in Path(place).rglob("*") if p.is_file()) / 2**20
        asking = _child("ask", place, [str(questions)], profile)
        browsing = {"page": measure(Path(place), questions)} if page else {}
    report = {
        **indexing,
        "chunks_per_s": round(indexing["chunks"] / indexing["index_s"], 1),
        "index_mb": round(megabytes, 1),
        **asking,
        **browsing,
        "machine": {"cores": os.cpu_count(), "cpu": platform.processor() or platform.machine()},
        "python": platform.python_version(),
        "versions": {name: version(name) for name in LIBRARIES},
    }
    text = json.dumps(report, ensure_ascii=False, indent=1)
    print(text)
    if out:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(text, encoding="utf8")


def _child(step: str, home: str, arguments: Sequence[str], profile: Path | None) -> dict[str, Any]:
    """Run one step in a process of its own, so that its memory and its start are its own."""
    to = str(profile / f"{step}.pstats") if profile else ""
    command = [sys.executable, "-m", "eval.bench", step, home, to, *arguments]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return result


def _index(home: str, folders: Sequence[str], profile: str) -> dict[str, Any]:
    from index.embed import load_embedder
    from index.sync import sync

    embedder = load_embedder(None)
    began, cpu = time.perf_counter(), _cpu()
    with _profiled(profile):
        report = sync([Path(f) for f in folders], Path(home), embedder, progress=False)
    return {
        "documents": report.documents,
        "chunks": report.chunks,
        "index_s": round(time.perf_counter() - began, 2),
        "index_cpu_s": round(_cpu() - cpu, 2),
        "index_rss_mb": _resident(),
    }


def _ask(home: str, questions: str, profile: str) -> dict[str, Any]:
    began, cpu = time.perf_counter(), _cpu()
    from bot.answer import Answerer
    from bot.find import Finder
    from bot.settings import Settings
    from index.embed import load_embedder
    from index.library import open_library

    lines = Path(questions).read_text(encoding="utf8").splitlines()
    asked = [json.loads(line)["question"] for line in lines if line.strip()]
    with _profiled(profile):
        settings = Settings(home=Path(home))
        library = open_library(settings.home, load_embedder(None))
        answerer = Answerer(library, settings)
        finder = Finder(library, answerer.names, answerer.superseded)
        answerer.ask(asked[0])
        cold = {
            "cold_start_s": round(time.perf_counter() - began, 2),
            "cold_start_cpu_s": round(_cpu() - cpu, 2),
        }
        ask, find = _times(answerer.ask, asked), _times(finder.find, asked)
    bm25 = _times(lambda q: library.lexical([(c, 1.0) for c in q], 10), asked)
    return {
        **cold,
        **_percentiles("ask", ask),
        **_percentiles("find", find),
        "bm25_p50_ms": round(median(wall for wall, _ in bm25), 2),
        "rss_mb": _resident(),
    }


@contextmanager
def _profiled(to: str) -> Iterator[None]:
    """Write a cProfile file of what runs inside, which slows it down by about half; nothing for an empty name."""
    if not to:
        yield
        return
    Path(to).parent.mkdir(parents=True, exist_ok=True)
    with cProfile.Profile() as found:
        yield
    found.dump_stats(to)


def _times(call: Callable[[str], object], asked: Sequence[str]) -> Times:
    """Milliseconds on the clock and of the processors for each question, asked once as visitors do: caches help nobody."""
    times = []
    for question in asked:
        began, cpu = time.perf_counter(), time.process_time()
        call(question)
        times.append(((time.perf_counter() - began) * 1000, (time.process_time() - cpu) * 1000))
    return times


def _percentiles(name: str, times: Times) -> dict[str, float]:
    found = {}
    for clock, values in zip(("", "cpu_"), zip(*times, strict=True), strict=True):
        found[f"{name}_p50_{clock}ms"] = round(median(values), 1)
        found[f"{name}_p95_{clock}ms"] = round(quantiles(values, n=20)[18], 1)
    return found


def _cpu() -> float:
    """Processor seconds of this process and of its children that have ended."""
    used = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(u.ru_utime + u.ru_stime for u in used)


def _resident() -> float:
    """The most memory that this process has held, in MiB."""
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1)


def main() -> None:
    """Command-line entry; the two steps are run by the bench itself."""
    if len(sys.argv) > 3 and sys.argv[1] in ("index", "ask"):
        step, home, profile, *rest = sys.argv[1:]
        print(json.dumps(_index(home, rest, profile) if step == "index" else _ask(home, rest[0], profile)))
    else:
        sys.argv[1:] = repeated(sys.argv[1:], "--documents")
        typer.run(bench)


if __name__ == "__main__":
    main()
