"""Placed as `sitecustomize.py` on a PYTHONPATH: tells a pipe beside it of every connection and name look-up, and stops outside ones.

Every interpreter started with that path loads it, the child processes that read files included. It tells by a pipe, since those
may write no file. What compiled code does without Python is not heard here: that is what `strace` is for.
"""

from __future__ import annotations

import ipaddress
import os
import sys
from pathlib import Path

PIPE = Path(__file__).with_name("heard")
_ADDRESSED = ("socket.connect", "socket.sendto", "socket.sendmsg")  # (socket, address)
_NAMED = ("socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr", "socket.getnameinfo")


def outside(host: object) -> bool:
    """Whether a host, by name or number, is not this machine's loopback.

    >>> [outside(host) for host in ("localhost", "127.0.0.9", "::1", None, "192.0.2.1", "somewhere.invalid")]
    [False, False, False, False, True, True]
    """
    name = host.decode() if isinstance(host, bytes) else str(host or "localhost")
    if name == "localhost":
        return False
    try:
        number = ipaddress.ip_address(name.partition("%")[0])
    except ValueError:
        return True
    return not (number.is_loopback or number.is_unspecified)


def _host(event: str, args: tuple[object, ...]) -> object:
    target = args[1] if event in _ADDRESSED else args[0]
    if isinstance(target, tuple):
        return target[0]
    return None if event in _ADDRESSED else target  # what is connected to without a host is on this machine


def _listen() -> None:
    pipe = os.open(PIPE, os.O_WRONLY)
    program = " ".join(" ".join(sys.orig_argv[1:4]).split())[:200]
    os.write(pipe, f"began\tlocalhost\t{program}\n".encode())

    def heard(event: str, args: tuple[object, ...]) -> None:
        if event in _ADDRESSED or event in _NAMED:
            host = _host(event, args)
            os.write(pipe, f"{event}\t{host or 'localhost'}\t{program}\n".encode())
            if outside(host):
                raise ConnectionRefusedError(f"{event} to {host!r}")

    sys.addaudithook(heard)


if __name__ == "sitecustomize":
    _listen()
