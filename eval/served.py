"""The program as visitors get it: served by a process of its own on a free port of the loopback."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

from bot.settings import ROOT

PATIENCE = 180  # seconds to wait for the server


@dataclass(frozen=True, slots=True)
class Served:
    """A running server: its address, its process, its log."""

    address: str
    pid: int

    def json(self, path: str) -> Any:
        return json.loads(self.text(path))

    def text(self, path: str) -> str:
        with urlopen(f"{self.address}{path}", timeout=60) as response:
            return str(response.read().decode("utf8"))

    def post(self, path: str, body: object) -> int:
        """Send JSON; the status of the answer."""
        headers = {"content-type": "application/json"}
        try:
            with urlopen(Request(f"{self.address}{path}", json.dumps(body).encode(), headers), timeout=60) as response:
                return int(response.status)
        except HTTPError as refused:
            return refused.code

    def memory(self) -> dict[str, float]:
        """Resident memory now (`VmRSS`), of it not backed by files (`RssAnon`), and the most so far (`VmHWM`), in MiB."""
        status = Path(f"/proc/{self.pid}/status").read_text(encoding="utf8")
        return {name: int(kb) / 1024 for name, kb in re.findall(r"(VmRSS|RssAnon|VmHWM):\s+(\d+) kB", status)}

    def processor(self) -> float:
        """Processor seconds used so far by the server itself."""
        values = Path(f"/proc/{self.pid}/stat").read_text(encoding="utf8").rsplit(")", 1)[1].split()
        return (int(values[11]) + int(values[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def served(home: Path, settings: Mapping[str, str] | None = None) -> Iterator[Served]:
    """Serve the library in `home`; `settings` are environment variables. Raises `SystemExit` where the server does not start."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, str(ROOT / "app.py"), "serve", "--host", "127.0.0.1", "--port", str(port)]
    environment = {**os.environ, "YOUJU_HOME": str(home.resolve()), **(settings or {})}
    server = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL)
    address = f"http://127.0.0.1:{port}"
    try:
        _wait(address, server)
        yield Served(address, server.pid)
    finally:
        server.terminate()
        server.wait()


def _wait(address: str, server: subprocess.Popen[bytes]) -> None:
    for _ in range(PATIENCE * 10):
        if server.poll() is not None:
            sys.exit("the page's server ended before it had begun")
        try:
            with urlopen(f"{address}/healthz", timeout=5):
                return
        except (URLError, ConnectionError):
            time.sleep(0.1)
    sys.exit(f"the page's server was not there after {PATIENCE} s")
