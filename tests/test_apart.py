"""Work in child processes: what hangs, swells, crashes or reaches out there costs that piece of work and nothing else."""

from __future__ import annotations

import gc
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from index.apart import Limits, apart
from index.errors import EmptyFile, UnprocessableFile, UnreadableFile
from index.read import read_file

HOARD: list[bytearray] = []
SHORT = Limits(seconds=1)


def spin(seconds: float) -> None:
    until = time.process_time() + seconds
    while time.process_time() < until:
        pass


def swell(size: int) -> int:
    return len(bytearray(size))


def hoard(size: int) -> int:
    HOARD.append(bytearray(size))
    return len(HOARD)


def crash(number: int) -> None:
    os.kill(os.getpid(), number)


def environment() -> dict[str, str]:
    return dict(os.environ)


def fault() -> None:
    raise KeyError("a fault of ours")


@pytest.mark.parametrize(
    ("work", "argument", "said"),
    [
        (time.sleep, 50, "超过 1 秒"),
        (spin, 50, "超过 1 秒"),
        (swell, 2 << 30, "内存过多"),
        (crash, signal.SIGSEGV, "意外中断"),
        (crash, signal.SIGKILL, "意外中断"),
        (crash, signal.SIGABRT, "意外中断"),
    ],
)
def test_a_limit_or_a_crash_refuses_and_the_next_work_is_done(
    work: Callable[[Any], Any], argument: Any, said: str
) -> None:
    began = time.monotonic()
    with pytest.raises(UnprocessableFile, match=said) as caught:
        apart(work, SHORT)(argument)
    assert str(caught.value).endswith("后再放入。")
    assert time.monotonic() - began < 30
    assert apart(swell)(1000) == 1000


def test_processor_time_is_limited_for_each_piece_of_work_alone() -> None:
    for _ in range(3):
        apart(spin, Limits(seconds=20))(0.2)
    pid = apart(os.getpid)()
    with pytest.raises(UnprocessableFile, match="超过 2 秒"):
        apart(spin, Limits(seconds=2))(60)
    assert apart(os.getpid)() != pid


def test_the_limits_are_those_promised() -> None:
    assert Limits() == Limits(seconds=60, memory=1 << 30)


def test_one_process_does_one_piece_of_work_after_another() -> None:
    assert apart(os.getpid)() == apart(os.getpid)() != os.getpid()


def test_a_process_that_keeps_much_memory_is_not_used_again() -> None:
    pid = apart(os.getpid)()
    assert apart(swell)(700 << 20) == 700 << 20
    assert apart(os.getpid)() == pid
    assert apart(hoard)(700 << 20) == 1
    assert apart(os.getpid)() != pid


def test_a_large_program_has_processes_of_their_own_size() -> None:
    held = bytearray(1 << 30)
    _renew()
    assert apart(os.getpid)() == apart(os.getpid)()
    assert len(held) == 1 << 30


def test_errors_for_users_come_through_as_they_are(tmp_path: Path) -> None:
    (tmp_path / "空.txt").touch()
    with pytest.raises(EmptyFile, match="文件是空的"):
        apart(read_file)(tmp_path / "空.txt")


def test_a_fault_of_ours_keeps_its_traceback() -> None:
    with pytest.raises(RuntimeError, match="a fault of ours") as caught:
        apart(fault)()
    assert not isinstance(caught.value, UnreadableFile)
    assert "in fault" in str(caught.value)


@pytest.mark.parametrize(
    ("work", "arguments"),
    [
        (socket.create_connection, (("127.0.0.1", 9), 1)),
        (socket.getaddrinfo, ("localhost", 80)),
        (subprocess.run, (["true"],)),
        (os.system, ("true",)),
        (os.fork, ()),
    ],
)
def test_it_reaches_nothing(work: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
    with pytest.raises(RuntimeError, match="PermissionError"):
        apart(work)(*arguments)


def test_it_writes_and_removes_nothing(tmp_path: Path) -> None:
    kept = tmp_path / "有"
    kept.write_text("x")
    for work, arguments in (
        (Path.write_text, (tmp_path / "无", "x")),
        (os.remove, (kept,)),
        (os.rename, (kept, tmp_path / "b")),
    ):
        with pytest.raises(RuntimeError):
            apart(work)(*arguments)
    assert kept.read_text() == "x"
    assert not (tmp_path / "无").exists() or (tmp_path / "无").stat().st_size == 0


def test_it_gets_no_settings_and_no_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("YOUJU_ADMIN_PASSWORD", "geheim")
    _renew()
    assert "geheim" not in apart(environment)().values()


def _renew() -> None:
    """End the process that waits, so that the next work starts one."""
    with pytest.raises(UnprocessableFile):
        apart(crash)(signal.SIGKILL)


def test_it_ends_with_the_program() -> None:
    code = (
        "import os, time; from index.apart import apart; import tests.test_apart as t\n"
        "print(apart(os.getpid)(), flush=True); os.kill(os.getpid(), 9)"
    )
    done = subprocess.run(["python3", "-c", code], capture_output=True, text=True, check=False, env=_python_here())
    pid = int(done.stdout)
    for _ in range(100):
        gc.collect()
        if (
            not Path(f"/proc/{pid}").exists()
            or "Z" in Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
        ):
            return
        time.sleep(0.1)
    pytest.fail("the child outlived the program")


def _python_here() -> dict[str, str]:
    import sys

    return {
        "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin",
        "PYTHONPATH": os.pathsep.join(p or "." for p in sys.path),
    }
