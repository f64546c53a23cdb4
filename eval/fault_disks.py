"""What generations outlive: damage, broken disks, a backup and its return, removed documents after a fall back."""

from __future__ import annotations

import gc
import json
import os
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from bot.settings import ROOT, SAMPLE_DOCUMENTS
from eval.damage import DAMAGES, files_up_to, somebody_else
from eval.fault_builds import Row, build, version_of
from eval.rules import write_rules
from index.archive import backup, restore
from index.embed import Embedder
from index.errors import LibraryError
from index.fallback import open_sound
from index.generation import current
from index.library import open_library
from index.removed import removed
from index.sync import sync

_ASKED = ROOT / "eval" / "cases.jsonl"


def damaged_generations(work: Path, embedder: Embedder) -> Iterator[Row]:
    """Requirement 2: the previous generation answers within ten seconds, and this process lives."""
    home, documents = work / "damaged", work / "documents-damaged"
    for version in (0, 1):
        write_rules(documents, version=version)
        build(home, documents)
    good, slowest = 0, 0.0
    for name, damage in DAMAGES.items():
        copy = work / "damaged-copy"
        shutil.copytree(home, copy)
        damage(current(copy))
        began = time.monotonic()
        opened = open_sound(copy, embedder)
        slowest = max(slowest, time.monotonic() - began)
        right = opened.trouble != "" and version_of(opened.library) == {0}
        good += right
        if not right:
            print(f"not outlived: {name}", file=sys.stderr)
        del opened
        gc.collect()
        shutil.rmtree(copy)
    wanted = f"{len(DAMAGES)}/{len(DAMAGES)} within 10 s"
    yield Row("2 damaged generations", wanted, f"{good}/{len(DAMAGES)}, the slowest {slowest:.1f} s")


def disk_faults(work: Path, embedder: Embedder) -> Iterator[Row]:
    """Requirements 2 and 25: a sentence for the writer, the old library for readers, nothing half written."""
    home, documents = work / "disk", work / "documents-disk"
    write_rules(documents)
    build(home, documents)
    write_rules(documents, version=1)
    work.chmod(0o755)
    for path in home.rglob("*.json"):
        path.chmod(0o644)  # tantivy lets only its own user read them
    faults: dict[str, Callable[[Path], Any]] = {
        "full disk": lambda h: _refused(h, documents, embedder, files_up_to(200_000)),
        "read-only folder": lambda h: _refused(h, documents, embedder, somebody_else()),
        "no pointer": lambda h: (h / "CURRENT").unlink(),
        "garbage in the pointer": lambda h: (h / "CURRENT").write_bytes(os.urandom(40)),
        "vanished folder": shutil.rmtree,
    }
    good = 0
    for name, fault in faults.items():
        copy = work / "disk-copy"
        shutil.copytree(home, copy)
        before = sorted((copy / "generations").rglob("*"))
        library = open_sound(copy, embedder).library
        fault(copy)
        right = version_of(library) == {0}
        if copy.exists():  # also after a new start
            right &= version_of(open_sound(copy, embedder).library) == {0}
            right &= sorted((copy / "generations").rglob("*")) == before
        good += right
        if not right:
            print(f"not outlived: {name}", file=sys.stderr)
        shutil.rmtree(copy, ignore_errors=True)
    yield Row("2, 25 disk faults", "5/5", f"{good}/{len(faults)}")


def _refused(home: Path, documents: Path, embedder: Embedder, fault: Any) -> None:
    with fault:
        try:
            sync([documents], home, embedder, progress=False, processes=1)
        except LibraryError:
            return
    raise RuntimeError("a build on a broken disk went well")


def backups(work: Path, embedder: Embedder) -> Iterator[Row]:
    """Requirements 25 and 17: a restored library finds the same; what was removed does not come back by a fall back."""
    home, documents = work / "backup", work / "documents-backup"
    shutil.copytree(SAMPLE_DOCUMENTS, documents)
    build(home, documents)
    saved = work / "saved.tar"
    backup(home, saved, {})
    restore(saved, work / "restored", embedder.name, {})
    asked = [json.loads(line)["question"] for line in _ASKED.read_text(encoding="utf8").splitlines()[:100]]
    old, new = open_library(home, embedder), open_library(work / "restored", embedder)
    same = sum(
        old.dense(q, 10) == new.dense(q, 10)
        and old.lexical([(c, 1.0) for c in q], 10) == new.lexical([(c, 1.0) for c in q], 10)
        for q in asked
    )
    yield Row("25 restored backup", "identical top-10 for 100/100", f"{same}/{len(asked)}")
    gone = next(documents.iterdir())
    gone.unlink()
    build(home, documents)
    DAMAGES["truncated segment"](current(home))
    opened = open_sound(home, embedder)
    found = {c.document_id for q in asked for c in opened.library.chunks([i for i, _ in opened.library.dense(q, 50)])}
    again = len(removed(home) & (found | {d.id for d in opened.library.documents()}))
    yield Row("17 removed documents after a fall back", "0 answer", f"{again} of {len(removed(home))}")
