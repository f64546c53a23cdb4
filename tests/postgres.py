"""A PostgreSQL of our own for tests: in a folder of its own, on a free port of this machine, with a password."""

from __future__ import annotations

import itertools
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from tests.browser import free_port

PASSWORD = "ge:heim/@%"  # with everything that has a meaning in a URL
_ENCODED = "ge%3Aheim%2F%40%25"
_DEBIAN = Path("/usr/lib/postgresql")


class Server:
    """One PostgreSQL with user `youju`, and as many empty schemas as are asked for."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, free_port()
        self._number = itertools.count(1)
        self._as_user: list[str] = []
        if os.getuid() == 0:  # PostgreSQL refuses to run as root
            shutil.chown(folder, "nobody")
            self._as_user = ["setpriv", "--reuid=nobody", "--clear-groups"]
        password = folder / "password"
        password.write_text(PASSWORD, encoding="utf8")
        options = ["-U", "youju", "-A", "scram-sha-256", "-E", "UTF8", "--locale=C", "--no-sync"]
        self._run("initdb", *options, f"--pwfile={password}")
        self.start()

    def url(self, schema: str = "public", password: str = _ENCODED, options: str = "") -> str:
        chosen = quote(f"-csearch_path={schema} {options}".strip())
        return f"postgresql://youju:{password}@127.0.0.1:{self.port}/postgres?options={chosen}"

    def fresh(self) -> str:
        """A new, empty schema: as good as a database of its own, and made in a moment."""
        name = f"journal{next(self._number)}"
        self.execute(f"CREATE SCHEMA {name}")
        return name

    def execute(self, *statements: str, schema: str = "public") -> list[tuple[Any, ...]]:
        """Run statements; returns the rows of the last, if it has any."""
        import psycopg

        with psycopg.connect(self.url(schema), autocommit=True) as connection:
            for statement in statements:
                done = connection.execute(statement.encode())
            return done.fetchall() if done.description else []

    def start(self) -> None:
        options = f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={self.folder} -c fsync=off"
        self._run("pg_ctl", "-w", "-l", str(self.folder / "log"), "-o", options, "start")

    def stop(self) -> None:
        self._run("pg_ctl", "-m", "immediate", "stop")

    def _run(self, program: str, *arguments: str) -> None:
        command = [*self._as_user, _program(program), "-D", str(self.folder / "data"), *arguments]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd=self.folder)


def _program(name: str) -> str:
    """Where a program of PostgreSQL lies; Debian keeps them off the path. The test is skipped where there is none."""
    found = shutil.which(name) or next(map(str, sorted(_DEBIAN.glob(f"*/bin/{name}"), reverse=True)), None)
    if found is None:
        pytest.skip("PostgreSQL is not installed")
    return found


@contextmanager
def running() -> Iterator[Server]:
    """A server that is stopped and removed afterwards."""
    pytest.importorskip("psycopg")
    _program("initdb")
    with tempfile.TemporaryDirectory() as folder:
        server = Server(Path(folder))
        try:
            yield server
        finally:
            server.stop()
