"""`python -m eval.replicas`: two serving processes over one home and one Chroma server answer as the embedded library does.

The home is built once, with the server. Then each question is asked of both over HTTP and of the same home without the server, and
outcomes, texts, statements and citations are compared. On the page each question is asked of one of them, and the receipt it gives is
read from both.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
import time
import uuid
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
from eval.visits import chat_functions, joining
from index.embed import load_embedder
from index.library import open_library
from index.sync import sync

COMPARED = ("outcome", "answer", "statements", "citations", "nearest", "notes")
_PATIENCE = 900.0  # seconds until a replica is up, on a busy machine
_WAIT = 2.0  # seconds after an answer that too much was asked


@dataclass(frozen=True, slots=True)
class Compared:
    """What came of a run: for each replica how many answers are the embedded library's, and how `/healthz` stands at the end.

    `receipts` of the answers on the page were given, `shared` of them read alike from every replica.
    """

    questions: int
    same: tuple[int, ...]
    different: tuple[str, ...]
    health: tuple[str, ...]
    receipts: int
    shared: int
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


def receipt(url: str, question: str) -> str:
    """Ask on the page of a replica; the path of the answer's receipt, empty where none was given."""
    session = uuid.uuid4().hex[:11]
    with httpx.Client(base_url=url, timeout=120) as visitor:
        ask, _ = chat_functions(visitor.get("/config").raise_for_status().json())
        body = joining(ask, [question, None, None, "", ""], session)
        visitor.post("/gradio_api/queue/join", json=body).raise_for_status()
        told = visitor.get("/gradio_api/queue/data", params={"session_hash": session}).raise_for_status().text
    found = re.search(r"/a/[\w-]+", told)
    return found[0] if found else ""


def _read(url: str) -> str:
    return httpx.get(url, timeout=60).raise_for_status().text


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
        receipts = [given for i, question in enumerate(questions) if (given := receipt(urls[i % count], question))]
        shared = sum(len({_read(f"{url}{path}") for url in urls}) == 1 for path in receipts)
        health = tuple(str(httpx.get(f"{url}/healthz", timeout=30).json()["status"]) for url in urls)
    wanted = [json.loads(json.dumps({name: answer[name] for name in COMPARED})) for answer in expected]
    same = tuple(sum(one == other for one, other in zip(answers, wanted, strict=True)) for answers in told)
    different = {
        q for answers in told for q, one, other in zip(questions, answers, wanted, strict=True) if one != other
    }
    seconds = round(time.perf_counter() - began, 1)
    return Compared(len(questions), same, tuple(sorted(different)), health, len(receipts), shared, seconds)


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
