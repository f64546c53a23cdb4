"""An address on this machine that nobody has a reason to visit: a visit proves that something was followed or fetched."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def listening() -> Iterator[tuple[str, list[str]]]:
    """The address, and a list that grows by each connection made to it."""
    hits: list[str] = []
    closing = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)

        def listen() -> None:
            while not closing.is_set():
                try:
                    connection, _ = server.accept()
                except TimeoutError:
                    continue
                hits.append("hit")
                connection.close()

        thread = threading.Thread(target=listen)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.getsockname()[1]}", hits
        finally:
            closing.set()
            thread.join()
