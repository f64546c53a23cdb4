"""The whole site in a process of its own, behind a proxy on this machine, as a bureau runs it; what it writes is kept."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from bot.answer import Answerer
from bot.find import Finder, Found
from bot.settings import ROOT, Settings
from bot.shelf import Shelf
from tests.browser import free_port

PASSWORD = "correct-horse"
FAILS = "出个意外"  # a question with these words meets an error that nobody expected
SECRET = "/secret/path"


class Failing(Answerer):
    """Fails where a question says so, with a path and the question in the error's message."""

    def ask_stream(self, text: str, **asked: Any) -> Iterator[Any]:
        if FAILS in text:
            raise RuntimeError(f"{SECRET}: {text}")
        return super().ask_stream(text, **asked)


class FailingFinder(Finder):
    """Fails likewise. Takes the place of another finder."""

    def __init__(self, finder: Finder) -> None:
        self.__dict__ = finder.__dict__

    def search(self, query: str = "", *args: Any, **options: Any) -> Found:
        if FAILS in query:
            raise RuntimeError(f"{SECRET}: {query}")
        return super().search(query, *args, **options)


class FailingShelf(Shelf):
    """Answers with `Failing` and finds with `FailingFinder` over whatever library is served."""

    failing: Failing | None = None

    @property
    def answerer(self) -> Answerer:
        library = super().answerer.library
        if self.failing is None or self.failing.library is not library:
            self.failing = Failing(library, self.settings)
        return self.failing

    @property
    def finder(self) -> Finder:
        return FailingFinder(super().finder)


def main() -> None:
    """Serve until the input ends. Settings come from the environment, as for any other start."""
    from functools import partial

    from bot.chat import serve
    from bot.logs import set_up
    from bot.receipts import save_receipt

    settings = Settings()
    shelf = FailingShelf(settings)
    demo = serve(shelf, host=settings.host, port=settings.port, keep=partial(save_receipt, shelf))
    set_up(settings.log_level)
    Path("surface.json").write_text(json.dumps({"routes": routes_of(demo.app), "events": events_of(demo)}))
    sys.stdout.write("up\n")
    sys.stdout.flush()
    sys.stdin.read()


def routes_of(router: Any) -> dict[str, list[str]]:
    """Every route of an application with its methods, those of the routers in it included."""
    found: dict[str, set[str]] = {}
    for route in router.routes:
        inner = getattr(route, "original_router", route)
        if hasattr(inner, "routes"):
            parts = {f"{getattr(route, 'path', None) or ''}{path}": set(of) for path, of in routes_of(inner).items()}
        else:
            parts = {route.path: set(route.methods or ())}
        for path, methods in parts.items():
            found.setdefault(path, set()).update(methods)
    return {path: sorted(methods) for path, methods in sorted(found.items())}


def events_of(demo: Any) -> list[dict[str, Any]]:
    """Every event of every page: its number, its handler's name, how many values it takes."""
    return [{"number": n, "name": e.name, "takes": len(e.inputs)} for n, e in demo.fns.items()]


@dataclass(frozen=True)
class PublicSite:
    """A running site. `folder` holds all that it writes: its home, its temporary files, its output."""

    port: int
    metrics_port: int
    folder: Path
    process: subprocess.Popen[str]

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def surface(self) -> dict[str, Any]:
        """The `routes` and the `events` of the page's application."""
        found: dict[str, Any] = json.loads((self.folder / "surface.json").read_text())
        return found

    @property
    def output(self) -> str:
        return (self.folder / "output").read_text(encoding="utf8")

    def client(self, visitor: str) -> httpx.Client:
        """A client that the proxy says comes from the address `visitor`."""
        return httpx.Client(base_url=self.address, headers={"x-forwarded-for": visitor}, timeout=60)

    def memory(self) -> int:
        """Resident memory in bytes."""
        pages = int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGESIZE")

    def event(self, client: httpx.Client, number: int, data: list[Any], session: str, address: str = "") -> list[Any]:
        """Send an event of the page and read what comes of it; the statuses of a refusal instead of messages."""
        body = {"fn_index": number, "session_hash": session, "data": data}
        joined = client.post(f"/gradio_api/queue/join{address}", json=body)
        if joined.status_code != 200:
            return [{"status": joined.status_code, **joined.json()}]
        found = []
        with client.stream("GET", "/gradio_api/queue/data", params={"session_hash": session}) as stream:
            for line in stream.iter_lines():
                if line.startswith("data:"):
                    found.append(json.loads(line[5:]))
                    if found[-1]["msg"] == "close_stream":
                        break
        return found


@contextmanager
def public_site(library_home: Path, folder: Path, **settings: object) -> Iterator[PublicSite]:
    """Serve a copy of a library. The process has a home and a place for temporary files in `folder`."""
    for name in ("tmp", "user"):
        (folder / name).mkdir(parents=True)
    shutil.copytree(library_home, folder / "home", ignore=shutil.ignore_patterns("journal.db*"))
    chosen = {
        "home": folder / "home", "documents": ROOT / "eval" / "corpus", "port": free_port(), "metrics_port": free_port(),
        "trusted_proxies": "127.0.0.1", "admin_password": PASSWORD, "log_level": "INFO", "keep_questions": True, **settings,
    }  # fmt: skip
    own = {"TMPDIR": folder / "tmp", "HOME": folder / "user", "PYTHONPATH": ROOT}
    environment = {**os.environ, **{k: str(v) for k, v in own.items()}}
    environment |= {f"YOUJU_{k.upper()}": str(v) for k, v in chosen.items()}
    with (folder / "output").open("w") as errors:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.public_site"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, text=True, cwd=folder, env=environment,
        )  # fmt: skip
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "up\n", (folder / "output").read_text()
            yield PublicSite(int(str(chosen["port"])), int(str(chosen["metrics_port"])), folder, process)
        finally:
            process.kill()
            process.wait()


def settled(site: PublicSite, seconds: float = 0.3) -> None:
    """Give the site time to write what it has to write."""
    time.sleep(seconds)
    assert site.process.poll() is None


if __name__ == "__main__":
    main()
