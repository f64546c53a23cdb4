"""`python -m eval.faults`: what the index outlives, as the table of docs/reliability.md.

Builds killed at random and inside Chroma's flush, damaged generations, disk faults, questions while generations are swapped, backups.
Takes minutes; the tests hold small versions of each part.
"""

from __future__ import annotations

import gc
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from statistics import quantiles
from typing import TYPE_CHECKING, Annotated, Any

import typer

from eval.arguments import repeated
from eval.damage import DAMAGES, files_up_to, somebody_else
from eval.rules import version_told, write_rules
from index.archive import backup, restore
from index.embed import Embedder, load_embedder
from index.errors import LibraryError
from index.fallback import open_sound
from index.generation import current, writing
from index.library import Library, open_library
from index.removed import removed
from index.sync import sync

if TYPE_CHECKING:
    from bot.shelf import Shelf

CASES = Path(__file__).with_name("cases.jsonl")
SAMPLES = Path(__file__).with_name("corpus")
_FIRST = 100  # 元
_NOTICE = "某县教育局关于班主任津贴的通知\n各中小学：\n一、标准\n（一）津贴标准。班主任津贴每人每月{amount}元，由县财政局按月发放。\n某县教育局\n2024年12月1日\n"
_ASKED = (
    ("某县班主任津贴每人每月多少元", None),
    ("学校午休可以收费吗", "60元"),
    ("德清县随迁子女什么时候报名", "2026年6月20日"),
)


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table."""

    requirement: str
    wanted: str
    reached: str


Part = Callable[[Path, Embedder], Iterator[Row]]


def _build(home: Path, documents: Path, *, wait: bool = True) -> subprocess.Popen[bytes]:
    """Sync in a child process."""
    child = subprocess.Popen([sys.executable, "-m", "eval.faults", "build", str(home), str(documents)])
    if wait and child.wait():
        raise RuntimeError("a build that nobody killed failed")
    return child


def _version(library: Library) -> set[int]:
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
        _build(home, documents)
        usual = time.monotonic() - began
        served, whole, new, tried = 0, 0, 0, 0
        while tried < kills:
            write_rules(documents, version=served + 1)
            child = _build(home, documents, wait=False)
            flushed = _flushed(home, child) if "flush" in where else None
            time.sleep(random.uniform(0, 0.008) if flushed else random.uniform(0.3, 1) * usual)
            child.send_signal(signal.SIGKILL)
            if child.wait() != -signal.SIGKILL:
                served += 1  # it was faster: no kill
                continue
            tried += 1
            now = _version(open_sound(home, embedder).library)
            whole += now in ({served}, {served + 1})
            new += now == {served + 1}
            served = max(now)
        yield Row(f"1, 6 builds killed {where}", f"{kills}/{kills}", f"{whole}/{kills} whole, {new} of them new")


def interrupted_ingest(work: Path, embedder: Embedder, kills: int = 10) -> Iterator[Row]:
    """Requirement 3: after kills the next sync ends where one that nobody killed does."""
    documents = work / "documents-ingest"
    write_rules(documents, 200)
    began = time.monotonic()
    _build(work / "whole", documents)
    usual = time.monotonic() - began
    for _ in range(kills):
        child = _build(work / "killed", documents, wait=False)
        time.sleep(random.uniform(0.2, 0.8) * usual)
        child.kill()
        child.wait()
    _build(work / "killed", documents)
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


def damaged_generations(work: Path, embedder: Embedder) -> Iterator[Row]:
    """Requirement 2: the previous generation answers within ten seconds, and this process lives."""
    home, documents = work / "damaged", work / "documents-damaged"
    for version in (0, 1):
        write_rules(documents, version=version)
        _build(home, documents)
    good, slowest = 0, 0.0
    for name, damage in DAMAGES.items():
        copy = work / "damaged-copy"
        shutil.copytree(home, copy)
        damage(current(copy))
        began = time.monotonic()
        opened = open_sound(copy, embedder)
        slowest = max(slowest, time.monotonic() - began)
        right = opened.trouble != "" and _version(opened.library) == {0}
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
    _build(home, documents)
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
        right = _version(library) == {0}
        if copy.exists():  # also after a new start
            right &= _version(open_sound(copy, embedder).library) == {0}
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


def second_writer(work: Path, embedder: Embedder) -> Iterator[Row]:
    """Requirement 5: a second writer is refused in words, at once."""
    home, documents = work / "writer", work / "documents-writer"
    write_rules(documents, 3)
    _build(home, documents)
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


def swaps(work: Path, _: Embedder, questions: int = 10_000, builds: int = 10) -> Iterator[Row]:
    """Requirement 4: questions to a running shelf while another process publishes generations."""
    from bot.settings import Settings
    from bot.shelf import Shelf

    home, documents = work / "swaps", work / "documents-swaps"
    shutil.copytree(SAMPLES, documents)
    notice = documents / "津贴.txt"
    notice.write_text(_NOTICE.format(amount=_FIRST), encoding="utf8")
    _build(home, documents)
    shelf = Shelf(Settings(home=home, documents=documents))
    newest = [_FIRST]
    idle = _asked(shelf, 600, newest)[2]

    def publish() -> None:
        for amount in range(_FIRST + 1, _FIRST + 1 + builds):
            notice.write_text(_NOTICE.format(amount=amount), encoding="utf8")
            newest.append(amount)
            _build(home, documents)
            deadline = time.monotonic() + 60
            while _served(shelf) != amount and time.monotonic() < deadline:
                time.sleep(0.1)

    builder = threading.Thread(target=publish)
    builder.start()
    count, wrong, errors, during, after = 0, 0, 0, list[float](), list[float]()
    while builder.is_alive() or count < questions:
        times = during if builder.is_alive() else after
        found = _asked(shelf, 60, newest)
        count, wrong, errors = count + 60, wrong + found[0], errors + found[1]
        times += found[2]
    builder.join()
    p95, calm = _p95(during), _p95(idle)
    reached = (
        f"{count} over {_served(shelf) - _FIRST} swaps: {wrong} wrong, {errors} errors; p95 {p95:.0f} ms while building"
    )
    yield Row(
        "4 questions during swaps",
        "≥ 10,000 over ≥ 10: 0 wrong, 0 errors; p95 ≤ 3× idle",
        f"{reached} ({len(during)} questions), {calm:.0f} ms idle ({p95 / calm:.1f}×)",
    )


def _served(shelf: Shelf) -> int:
    """The amount in the generation that is served: each one tells the next."""
    return int(shelf.answerer.info.generation) - 1 + _FIRST


def _asked(shelf: Shelf, count: int, newest: Sequence[int]) -> tuple[int, int, list[float]]:
    """Ask so many questions: how many were answered wrongly, how many failed, milliseconds each.

    Right is what was served when a question began, or anything that was published before it ended.
    """
    wrong, errors, times = 0, 0, list[float]()
    for number in range(count):
        question, expected = _ASKED[number % len(_ASKED)]
        low, began = _served(shelf), time.perf_counter()
        try:
            answer = shelf.answerer.ask(question).text
        except Exception as error:
            print(f"error: {error!r}", file=sys.stderr)
            errors += 1
            continue
        times.append((time.perf_counter() - began) * 1000)
        right = expected in answer if expected else any(f"{n}元" in answer for n in range(low, newest[-1] + 1))
        if not right:
            print(f"wrong: {question} {answer!r}", file=sys.stderr)
        wrong += not right
    return wrong, errors, times


def _p95(times: Sequence[float]) -> float:
    return quantiles(times, n=20)[18]


def backups(work: Path, embedder: Embedder) -> Iterator[Row]:
    """Requirements 25 and 17: a restored library finds the same; what was removed does not come back by a fall back."""
    home, documents = work / "backup", work / "documents-backup"
    shutil.copytree(SAMPLES, documents)
    _build(home, documents)
    saved = work / "saved.tar"
    backup(home, saved, {})
    restore(saved, work / "restored", embedder.name, {})
    asked = [json.loads(line)["question"] for line in CASES.read_text(encoding="utf8").splitlines()[:100]]
    old, new = open_library(home, embedder), open_library(work / "restored", embedder)
    same = sum(
        old.dense(q, 10) == new.dense(q, 10)
        and old.lexical([(c, 1.0) for c in q], 10) == new.lexical([(c, 1.0) for c in q], 10)
        for q in asked
    )
    yield Row("25 restored backup", "identical top-10 for 100/100", f"{same}/{len(asked)}")
    gone = next(documents.iterdir())
    gone.unlink()
    _build(home, documents)
    DAMAGES["truncated segment" if next(current(home).glob("chroma/*/*.pickle"), None) else "missing manifest"](
        current(home)
    )
    opened = open_sound(home, embedder)
    found = {c.document_id for q in asked for c in opened.library.chunks([i for i, _ in opened.library.dense(q, 50)])}
    again = len(removed(home) & (found | {d.id for d in opened.library.documents()}))
    yield Row("17 removed documents after a fall back", "0 answer", f"{again} of {len(removed(home))}")


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
    """Command-line entry; `build` is run by the script itself."""
    if sys.argv[1:2] == ["build"]:
        home, documents = map(Path, sys.argv[2:4])
        sync([documents], home, load_embedder(None), progress=False, processes=1)
    else:
        sys.argv[1:] = repeated(sys.argv[1:], "--part")
        typer.run(faults)


if __name__ == "__main__":
    main()
