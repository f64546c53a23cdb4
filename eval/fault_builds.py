"""What builds outlive: killed at random and inside Chroma's flush, killed in the middle of an ingest, a second writer."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from eval.rules import version_told, write_rules
from index.embed import Embedder, load_embedder
from index.errors import LibraryError
from index.fallback import open_sound
from index.generation import writing
from index.library import Library, open_library
from index.sync import sync


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table."""

    requirement: str
    wanted: str
    reached: str


def build(home: Path, documents: Path, *, wait: bool = True) -> subprocess.Popen[bytes]:
    """Sync in a child process."""
    child = subprocess.Popen([sys.executable, "-m", "eval.fault_builds", str(home), str(documents)])
    if wait and child.wait():
        raise RuntimeError("a build that nobody killed failed")
    return child


def version_of(library: Library) -> set[int]:
    """The versions that all documents of a library tell, through the catalogue, words and vectors."""
    texts = [c.text for d in library.documents() for c in library.chunks_of(d.id) if "第一条" in c.path + c.text]
    found = library.chunks([i for i, _ in (*library.dense("公示内容", 5), *library.lexical([("公示", 1.0)], 5))])
    if len(found) < 10 or not library.whole():
        raise RuntimeError("a library that does not find")
    return {version_told(text) for text in texts}


def killed_builds(work: Path, embedder: Embedder, kills: int = 10) -> Iterator[Row]:
    """Requirements 1 and 6: each child is killed, the library is the old or the new one, whole."""
    for where in ("at random", "inside Chroma's flush"):
        home, documents = work / f"killed-{where[:2]}", work / f"documents-{where[:2]}"
        write_rules(documents)
        began = time.monotonic()
        build(home, documents)
        usual = time.monotonic() - began
        served, whole, new, tried = 0, 0, 0, 0
        while tried < kills:
            write_rules(documents, version=served + 1)
            child = build(home, documents, wait=False)
            flushed = _flushed(home, child) if "flush" in where else None
            time.sleep(random.uniform(0, 0.008) if flushed else random.uniform(0.3, 1) * usual)
            child.send_signal(signal.SIGKILL)
            if child.wait() != -signal.SIGKILL:
                served += 1  # it was faster: no kill
                continue
            tried += 1
            now = version_of(open_sound(home, embedder).library)
            whole += now in ({served}, {served + 1})
            new += now == {served + 1}
            served = max(now)
        yield Row(f"1, 6 builds killed {where}", f"{kills}/{kills}", f"{whole}/{kills} whole, {new} of them new")


def interrupted_ingest(work: Path, embedder: Embedder, kills: int = 10) -> Iterator[Row]:
    """Requirement 3: after kills the next sync ends where one that nobody killed does."""
    documents = work / "documents-ingest"
    write_rules(documents, 200)
    began = time.monotonic()
    build(work / "whole", documents)
    usual = time.monotonic() - began
    for _ in range(kills):
        child = build(work / "killed", documents, wait=False)
        time.sleep(random.uniform(0.2, 0.8) * usual)
        child.kill()
        child.wait()
    build(work / "killed", documents)
    whole, killed = (open_library(work / name, embedder) for name in ("whole", "killed"))
    ids = [[c.id for d in library.documents() for c in library.chunks_of(d.id)] for library in (whole, killed)]
    twice = len(ids[1]) - len(set(ids[1]))
    same = whole.documents() == killed.documents() and ids[0] == ids[1]
    yield Row(
        f"3 ingest of 200 documents killed {kills} times",
        "the ids of an uninterrupted run, 0 twice",
        f"{'the same' if same else 'other'} {len(ids[1])} ids, {twice} twice",
    )


def _flushed(home: Path, child: subprocess.Popen[bytes]) -> bool:
    """Wait until Chroma writes its index files in a folder being built; those that were copied into it are older."""
    began = time.time()
    while child.poll() is None:
        for path in (home / "generations").glob(".*/chroma/*/*"):
            with suppress(OSError):
                if path.stat().st_mtime > began:
                    return True
        time.sleep(0.0005)
    return False


def second_writer(work: Path, embedder: Embedder) -> Iterator[Row]:
    """Requirement 5: a second writer is refused in words, at once."""
    home, documents = work / "writer", work / "documents-writer"
    write_rules(documents, 3)
    build(home, documents)
    write_rules(documents, 3, version=1)
    with writing(home):
        began = time.monotonic()
        try:
            sync([documents], home, embedder, progress=False)
            said = ""
        except LibraryError as error:
            said = str(error)
        took = time.monotonic() - began
    library = open_library(home, embedder)
    chunks = [c for d in library.documents() for c in library.chunks_of(d.id)]
    vectors = [f"{library.document(c.document_id).title} {c.path} {c.indexed or c.text}" for c in chunks]
    hits = sum(c.id in dict(library.dense(v, 3)) for c, v in zip(chunks, vectors, strict=True))
    yield Row("5 second writer", "refused in ≤ 2 s; self-hit 100 %", f"{took:.2f} s, “{said}”; {hits}/{len(chunks)}")


def main() -> None:
    """Sync a folder into a home: what `build` runs in a process of its own."""
    home, documents = map(Path, sys.argv[1:3])
    sync([documents], home, load_embedder(None), progress=False, processes=1)


if __name__ == "__main__":
    main()
