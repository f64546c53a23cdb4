"""Nothing leaves the machine: start, sync, ask, find and pages, with an environment that invites traffic on purpose."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from time import monotonic, sleep
from urllib.error import URLError
from urllib.parse import quote
from urllib.request import ProxyHandler, build_opener

import pytest

from bot.settings import ROOT, SAMPLE_DOCUMENTS
from eval.corpus_files import pdf_bytes
from tests.network_hook import outside

ELSEWHERE = "192.0.2.7"  # reserved for examples: nobody's
SERVICE = f"http://{ELSEWHERE}:4318"
# What a user's shell may hold, and what would send something out where the program listened to it.
INVITING = {
    **dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"), SERVICE),
    **dict.fromkeys(("ANONYMIZED_TELEMETRY", "GRADIO_ANALYTICS_ENABLED", "GRADIO_SHARE"), "True"),
    **dict.fromkeys(("LANGSMITH_TRACING", "LANGCHAIN_TRACING_V2"), "true"),
    **dict.fromkeys(("LANGSMITH_ENDPOINT", "LANGCHAIN_ENDPOINT", "HF_ENDPOINT"), SERVICE),
    **dict.fromkeys(("CHROMA_OTEL_COLLECTION_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT"), SERVICE),
    **dict.fromkeys(("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE", "HF_HUB_DISABLE_TELEMETRY", "DO_NOT_TRACK"), "0"),
    "CHROMA_OTEL_GRANULARITY": "all",
    "LANGSMITH_API_KEY": "none",
    "ORT_DISABLE_TELEMETRY": "0",
}
PATIENCE = 240  # seconds until the page is there: it starts under a tracer on a shared machine
QUESTION = "学校午休可以收费吗"
END = "----"
# One process for three commands: most of their time goes into starting.
COMMANDS = f"""
from app import app
for words in (["sync", "--json"], ["ask", "{QUESTION}"], ["find", "午休"]):
    app(words, standalone_mode=False)
    print("{END}", flush=True)
"""
# An address in a trace; a local socket and one without a host are no way out.
_ADDRESS = re.compile(
    r'(?:connect|sendto|sendmsg|sendmmsg)\(.*?(?:inet_addr\("([^"]+)"\)|inet_pton\(AF_INET6, "([^"]+)")'
)


class Listener:
    """What the interpreters of a run told of themselves, and what compiled code asked of the system where it is traced."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.told: list[tuple[str, str, str]] = []
        shutil.copy(Path(__file__).with_name("network_hook.py"), folder / "sitecustomize.py")
        os.mkfifo(folder / "heard")
        self._pipe = os.open(folder / "heard", os.O_RDWR)  # both ends: no end of file between two processes
        self._traces = 0
        Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        with os.fdopen(self._pipe, encoding="utf8") as lines:
            for line in lines:
                event, host, program = line.rstrip("\n").split("\t")
                self.told.append((event, host, program))

    @property
    def left(self) -> list[tuple[str, str, str]]:
        return [(event, host, program) for event, host, program in self.told if outside(host)]

    def traced(self) -> list[str]:
        """The hosts that a system call named in any process of the runs."""
        texts = [path.read_text(encoding="utf8", errors="replace") for path in self.folder.glob("trace*")]
        return [m[1] or m[2] for text in texts for m in _ADDRESS.finditer(text)]

    def start(self, *words: str, cwd: Path, **environment: str) -> subprocess.Popen[str]:
        tracer: Sequence[str] = ()
        if STRACE:
            self._traces += 1
            calls = "trace=connect,sendto,sendmsg,sendmmsg"
            file = self.folder / f"trace{self._traces}"
            tracer = (STRACE, "-D", "-f", "-qq", "--seccomp-bpf", "-e", calls, "-o", file.as_posix())
        kept = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG")}
        path = os.pathsep.join((self.folder.as_posix(), ROOT.as_posix()))
        return subprocess.Popen(
            [*tracer, sys.executable, *words],
            cwd=cwd,
            env={**kept, **environment, "PYTHONPATH": path},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )


def _works(strace: str | None) -> str | None:
    """The tracer, where the machine lets it trace."""
    tried = strace and subprocess.run([strace, "-D", "--seccomp-bpf", "-f", "-o", "/dev/null", "true"], check=False)
    return strace if tried and tried.returncode == 0 else None


STRACE = _works(shutil.which("strace"))


@pytest.fixture(scope="module")
def listener(tmp_path_factory: pytest.TempPathFactory) -> Listener:
    return Listener(tmp_path_factory.mktemp("hook"))


@pytest.fixture(scope="module")
def visit(listener: Listener, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What start, sync, ask, find and the pages gave, by name."""
    home = tmp_path_factory.mktemp("visit")
    documents = home / "documents"
    documents.mkdir()
    for name in ("浙江省校园午休管理办法.md", "德清县2026年义务教育招生入学通知.txt"):
        shutil.copy(SAMPLE_DOCUMENTS / name, documents)
    (documents / "值班通知.pdf").write_bytes(pdf_bytes(["# 关于值班的通知", "各学校：", "值班人员每班补助80元。"]))
    ours = {"YOUJU_HOME": (home / "data").as_posix(), "YOUJU_DOCUMENTS": documents.as_posix()}
    environment = {**INVITING, **ours}
    run = listener.start("-c", COMMANDS, cwd=home, **environment)
    said, _ = run.communicate(timeout=PATIENCE)
    assert run.returncode == 0, said
    given = dict(zip(("sync", "ask", "find"), said.split(END), strict=False))
    with _served(listener, home, environment) as address:
        asked = quote(QUESTION)
        paths = (
            "/",
            "/en",
            "/config",
            f"/api/ask?q={asked}",
            f"/api/find?q={asked}",
            "/documents",
            "/healthz",
            "/chat.js",
        )
        given |= {path: _got(address + path) for path in paths}
        document = re.findall(r'href="(/documents/\w+)', given["/documents"])[0]
        given[document] = _got(address + document)
    return given


@contextmanager
def _served(listener: Listener, home: Path, environment: dict[str, str]) -> Iterator[str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    server = listener.start((ROOT / "app.py").as_posix(), "serve", "--port", port, cwd=home, **environment)
    address = f"http://127.0.0.1:{port}"
    try:
        until = monotonic() + PATIENCE
        while not _answers(f"{address}/healthz"):
            assert server.poll() is None and monotonic() < until, "the page did not start"
            sleep(0.5)
        yield address
    finally:
        server.terminate()
        server.communicate(timeout=PATIENCE)


def _got(address: str) -> str:
    """A page, asked for without the environment's proxies."""
    return str(build_opener(ProxyHandler({})).open(address, timeout=60).read().decode())


def _answers(address: str) -> bool:
    try:
        return bool(_got(address))
    except (URLError, ConnectionError, TimeoutError):
        return False


def test_all_of_it_worked(visit: dict[str, str]) -> None:
    assert json.loads(visit["sync"])["documents"] == 3
    assert "每生每月不超过60元" in visit["ask"]
    assert "午休" in visit["find"]
    assert all(visit.values())


def test_nothing_was_sent_or_looked_up_outside(visit: dict[str, str], listener: Listener) -> None:
    assert listener.left == []


def test_every_process_was_heard(visit: dict[str, str], listener: Listener) -> None:
    """The program twice, the processes that read files, and a connection over the loopback."""
    programs = [program for event, _, program in listener.told if event == "began"]
    assert sum("from app" in program or "app.py" in program for program in programs) == 2
    assert any("index.apart" in program for program in programs)
    assert any(event == "socket.connect" for event, _, _ in listener.told)


@pytest.mark.skipif(not STRACE, reason="strace is not here, or may not trace")
def test_compiled_code_sent_nothing_outside(visit: dict[str, str], listener: Listener) -> None:
    hosts = listener.traced()
    assert hosts, "nothing was traced"
    assert [host for host in hosts if outside(host)] == []


@pytest.mark.parametrize(
    ("words", "event"),
    [
        (f"import socket; socket.create_connection(('{ELSEWHERE}', 9), 1)", "socket.getaddrinfo"),
        (f"import socket; socket.socket().connect(('{ELSEWHERE}', 9))", "socket.connect"),
        (f"import socket; socket.socket(type=socket.SOCK_DGRAM).sendto(b'x', ('{ELSEWHERE}', 9))", "socket.sendto"),
        ("import socket; socket.gethostbyname('somewhere.invalid')", "socket.gethostbyname"),
        ("import urllib.request as r; r.urlopen('http://somewhere.invalid/')", "socket.getaddrinfo"),
    ],
)
def test_the_hook_hears_what_would_go_out(tmp_path: Path, words: str, event: str) -> None:
    listener = Listener(tmp_path)
    run = listener.start("-c", words, cwd=tmp_path)
    said, _ = run.communicate(timeout=60)
    until = monotonic() + 10
    while not listener.left and monotonic() < until:
        sleep(0.05)
    assert run.returncode == 1
    assert "ConnectionRefusedError" in said or "URLError" in said or "urlopen error" in said
    assert event in {e for e, _, _ in listener.left}


@pytest.mark.skipif(not STRACE, reason="strace is not here, or may not trace")
def test_the_tracer_hears_compiled_code(tmp_path: Path) -> None:
    """A connection made without Python's sockets; over UDP, so that nothing is really sent."""
    listener = Listener(tmp_path)
    native = (
        "import ctypes, socket; c = ctypes.CDLL(None); fd = c.socket(2, 2, 0);"
        f"a = bytes((2, 0, 0, 9)) + socket.inet_aton('{ELSEWHERE}') + bytes(8); print(c.connect(fd, a, 16))"
    )
    run = listener.start("-c", native, cwd=tmp_path)
    run.communicate(timeout=60)
    assert listener.left == []
    until = monotonic() + 10
    while ELSEWHERE not in listener.traced() and monotonic() < until:
        sleep(0.05)
    assert ELSEWHERE in listener.traced()
