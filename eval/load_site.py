"""A served library under load: its own copy of the documents, visitors who come and go, its memory, a sync meanwhile."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from bot.settings import ROOT
from eval.load_figures import PERIOD, Seen, read_seen
from eval.served import Served, served
from eval.visits import Plan, joining

_ADDED = "\n\n第九十九条　本次更新自印发之日起施行，原有规定与本条不一致的，以本条为准。\n"


@dataclass
class Run:
    """Visitors on their way."""

    process: subprocess.Popen[bytes]
    out: Path

    def seen(self) -> list[Seen]:
        """Wait for the end; what was seen once all visitors had come in."""
        if self.process.wait() != 0 or not self.out.exists():
            sys.exit("the visitors did not come: is locust installed (pip install -e '.[load]')?")
        seen = read_seen(self.out)
        began = min(s.at for s in seen) + PERIOD
        return [s for s in seen if s.at >= began]


@dataclass
class Site:
    """The server under load. `documents` is a copy that may be changed, None where the library is not to be synced."""

    server: Served
    home: Path
    documents: Path | None
    plan: Plan
    notes: Path
    runs: int = 0

    def traffic(self, rate: float, seconds: float) -> Run:
        """Start visitors that make `rate` visits a second for `seconds`, after `PERIOD` seconds in which they come in."""
        self.runs += 1
        plan, out = (self.notes / f"{self.runs:03d}.{name}" for name in ("plan.json", "seen.jsonl"))
        replace(self.plan, seed=self.runs).write(plan)
        visitors = max(1, round(rate * PERIOD))
        command = [sys.executable, "-m", "locust", "-f", str(ROOT / "eval" / "load_traffic.py"), "--headless"]
        command += ["--host", self.server.address, "-u", str(visitors), "-r", f"{visitors / PERIOD:g}"]
        command += ["-t", f"{PERIOD + seconds:g}s", "--stop-timeout", str(2 * PERIOD)]
        command += ["--loglevel", "ERROR", "--only-summary", "--exit-code-on-error", "0"]
        environment = {**os.environ, "LOAD_PLAN": str(plan), "LOAD_OUT": str(out), "PYTHONPATH": str(ROOT)}
        quiet = subprocess.DEVNULL
        return Run(subprocess.Popen(command, cwd=self.notes, env=environment, stdout=quiet, stderr=quiet), out)

    def sync(self) -> float:
        """Change a document and sync; the seconds until the server answers from the new generation."""
        assert self.documents is not None
        changed = min(p for p in self.documents.rglob("*") if p.suffix in (".txt", ".md"))
        before, began = self.server.json("/healthz")["generation"], time.time()
        with changed.open("a", encoding="utf8") as file:
            file.write(_ADDED)
        sync(self.documents, self.home)
        while self.server.json("/healthz")["generation"] == before:
            time.sleep(0.2)
        return time.time() - began

    def ask_on_pages(self, count: int) -> None:
        """Ask a question on so many chat pages, each a visitor's own."""
        asked = 0
        while asked < count:
            data = [self.plan.questions[asked % len(self.plan.questions)], None, None, "", ""]
            body = joining(self.plan.chat[0], data, uuid.uuid4().hex[:11])
            accepted = self.server.post("/gradio_api/queue/join", body) == 200
            asked += accepted
            time.sleep(0.05 if accepted else 0.5)  # Gradio's queue is short

    @contextmanager
    def watched(self, every: float = 1.0) -> Iterator[list[tuple[float, float]]]:
        """Resident memory as it goes on: (time, MiB) every so many seconds."""
        noted: list[tuple[float, float]] = []
        over = threading.Event()

        def note() -> None:
            while not over.wait(every):
                noted.append((time.time(), self.server.memory()["VmRSS"]))

        watcher = threading.Thread(target=note, daemon=True)
        watcher.start()
        try:
            yield noted
        finally:
            over.set()
            watcher.join()


def sync(documents: Path, home: Path) -> None:
    """Bring a library up to date with its folder, in a process of its own as an operator would."""
    command = [sys.executable, str(ROOT / "app.py"), "sync", str(documents), "--json"]
    environment = {**os.environ, "YOUJU_HOME": str(home)}
    subprocess.run(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, check=True)


@contextmanager
def opened(
    folder: Path, documents: Path, home: Path | None, settings: Mapping[str, str], plan: Callable[[Served], Plan]
) -> Iterator[Site]:
    """Serve a copy of the documents, or the library in `home` as it stands, with everything that is written below `folder`."""
    copy = None
    if home is None:
        home, copy = folder / "home", folder / "documents"
        shutil.copytree(documents, copy)
        sync(copy, home)
    notes = folder / "notes"
    notes.mkdir()
    with served(home, settings) as server:
        yield Site(server, home, copy, plan(server), notes)
