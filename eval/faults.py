"""`python -m eval.faults`: what the index outlives, as the table of docs/reliability.md.

Builds killed at random and inside Chroma's flush, damaged generations, disk faults, questions while generations are swapped, backups.
Takes minutes; the tests hold small versions of each part.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated

import typer

from eval.arguments import repeated
from eval.fault_builds import Row, interrupted_ingest, killed_builds, second_writer
from eval.fault_disks import backups, damaged_generations, disk_faults
from eval.fault_swaps import swaps
from index.embed import Embedder, load_embedder

Part = Callable[[Path, Embedder], Iterator[Row]]
PARTS: dict[str, Part] = {
    "kills": killed_builds,
    "ingest": interrupted_ingest,
    "damage": damaged_generations,
    "disk": disk_faults,
    "writer": second_writer,
    "backup": backups,
    "swaps": swaps,
}


def faults(
    part: Annotated[list[str] | None, typer.Option(help=f"only these parts: {', '.join(PARTS)}")] = None,
) -> None:
    """Run the parts and print their table."""
    embedder = load_embedder(None)
    print("| requirement | wanted | reached | seconds |\n|---|---|---|---|", flush=True)
    for name in part or PARTS:
        with tempfile.TemporaryDirectory(prefix="youju-faults-") as work:
            began = time.monotonic()
            for row in PARTS[name](Path(work), embedder):
                print(
                    f"| {row.requirement} | {row.wanted} | {row.reached} | {time.monotonic() - began:.0f} |", flush=True
                )


def main() -> None:
    """Command-line entry."""
    sys.argv[1:] = repeated(sys.argv[1:], "--part")
    typer.run(faults)


if __name__ == "__main__":
    main()
