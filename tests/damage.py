"""Ways in which a file of an index is damaged."""

from __future__ import annotations

import os
from pathlib import Path


def truncate(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 16] = bytes(b ^ 0xFF for b in data[middle : middle + 16])
    path.write_bytes(data)


def swell(path: Path) -> None:
    os.truncate(path, 200 * 2**30)  # sparse: what a torn Chroma link list looks like


def empty(path: Path) -> None:
    os.truncate(path, 0)
