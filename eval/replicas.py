"""`python -m eval.replicas`: two serving processes over one home and one Chroma server answer as the embedded library does.

The home is built once, with the server. Then each question is asked of both over HTTP and of the same home without the server, and
outcomes, texts, statements and citations are compared.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any

import httpx
import typer
from pydantic import SecretStr

from bot.answer import Answerer
from bot.pages import answer_json, day
from bot.settings import ROOT, Settings
from eval.arguments import repeated
from eval.chroma_run import ChromaRun, free_port
from index.embed import load_embedder
from index.library import open_library
from index.sync import sync

COMPARED = ("outcome", "answer", "statements", "citations", "nearest", "notes")
_PATIENCE = 900.0  # seconds until a replica is up, on a busy machine
_WAIT = 2.0  # seconds after an answer that too much was asked


@dataclass(frozen=True, slots=True)
class Compared:
    """What came of a run: for each replica how many answers are the embedded library's, and how `/healthz` stands at the end."""

    questions: int
    same: tuple[int, ...]
    different: tuple[str, ...]
    health: tuple[str, ...]
    seconds: float


@contextmanager
def replica(settings: Settings) -> Iterator[str]:
    """A serving process of its own; gives its address when it answers."""
    port = free_port()
    servers, journal = settings.servers, settings.journal_url
    told = {
        "HOME": settings.home, "DOCUMENTS": settings.documents, "CHROMA_URL": servers.chroma_url,
        "MILVUS_URI": servers.milvus_uri, "JOURNAL_URL": journal and journal.get_secret_value(), "BURST": "0", "PER_HOUR": "0",
    }  # fmt: skip
    environment = os.environ | {f"YOUJU_{name}": str(value) for name, value in told.items() if value}
    process = subprocess.Popen(
        [sys.executable, "app.py", "serve", "--host", "127.0.0.1", "--port", str(port)],
        cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        url = f"http://127.0.0.1:{port}"
        _await(url, process)
        yield url
    finally:
        process.terminate()
        process.wait()


def _await(url: str, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + _PATIENCE
    while time.monotonic() < end and process.poll() is None:
        try:
            if httpx.get(f"{url}/healthz", timeout=5).is_success:
                return
        except httpx.HTTPError:
            time.sleep(0.2)
    raise RuntimeError("a replica did not come up")


def asked(url: str, question: str, on: str) -> dict[str, Any]:
    """What a replica answers, compared parts only."""
    while True:
        told = httpx.get(f"{url}/api/ask", params={"q": question, "on": on}, timeout=120)
        if told.status_code != httpx.codes.TOO_MANY_REQUESTS:
            break
        time.sleep(_WAIT)
    told.raise_for_status()
    return {name: told.json()[name] for name in COMPARED}


def compare(
    settings: Settings, documents: Sequence[Path], questions: Sequence[str], on: str, count: int = 2
) -> Compared:
    """Build the home with the server of the settings, start replicas, ask each of them every question."""
    began = time.perf_counter()
    embedder = load_embedder(settings.embedder)
    sync(documents, settings.home, embedder, progress=False, server=settings.servers.server())
    embedded = Answerer(open_library(settings.home, embedder), settings)
    expected = [answer_json(embedded.ask(question, on=day(on))) for question in questions]
    with ExitStack() as running:
        urls = [running.enter_context(replica(settings)) for _ in range(count)]
        told = [[asked(url, question, on) for question in questions] for url in urls]
        health = tuple(str(httpx.get(f"{url}/healthz", timeout=30).json()["status"]) for url in urls)
    wanted = [json.loads(json.dumps({name: answer[name] for name in COMPARED})) for answer in expected]
    same = tuple(sum(one == other for one, other in zip(answers, wanted, strict=True)) for answers in told)
    different = {
        q for answers in told for q, one, other in zip(questions, answers, wanted, strict=True) if one != other
    }
    return Compared(len(questions), same, tuple(sorted(different)), health, round(time.perf_counter() - began, 1))


def run(
    *,
    documents: Annotated[list[Path], typer.Option(help="folders of documents")],
    questions: Annotated[Path, typer.Option(help="questions, one JSON object a line")],
    today: Annotated[str, typer.Option(help="the day answers are given on, YYYY-MM-DD")],
    journal_url: Annotated[str, typer.Option(help="a database that both replicas keep receipts in")] = "",
) -> None:
    """Start a Chroma server and two replicas, and compare their answers with the embedded library's."""
    lines = questions.read_text(encoding="utf8").splitlines()
    texts = [str(json.loads(line)["question"]) for line in lines if line.strip()]
    with tempfile.TemporaryDirectory() as folder, ChromaRun(Path(folder) / "server") as server:
        home = Path(folder) / "home"
        settings = Settings(
            home=home,
            documents=documents[0],
            chroma_url=server.url,
            journal_url=SecretStr(journal_url) if journal_url else None,
        )
        print(json.dumps(asdict(compare(settings, documents, texts, today)), ensure_ascii=False, indent=1))


if __name__ == "__main__":
    sys.argv[1:] = repeated(sys.argv[1:], "--documents")
    typer.run(run)
