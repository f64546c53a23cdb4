"""Generations: a library state is built in a new folder, verified, synced to disk, and made current in one step (ADR 1)."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from index.asked import Asked, note_asked
from index.catalogue import Catalogue, FileEntry
from index.embed import Embedder
from index.errors import LibraryBusy, LibraryDamaged, LibraryError, NoLibrary
from index.late import passage_tokens
from index.manifest import SCHEMA, Manifest, describe_files, read_manifest, verify, versions
from index.records import Chunk, ParsedDocument
from index.relations import relate

if TYPE_CHECKING:
    from index.dense import DenseIndex

Titled = tuple[str, Sequence[Chunk]]  # the title of a document and its chunks
KEPT = 2
_EMBED_BATCH = 4_000
_SAMPLE = 8
_SPARE = 50_000_000  # bytes that stay free besides the copy of a generation


@dataclass(frozen=True, slots=True)
class Change:
    """The difference between two generations. `added` may come while files are parsed; the rest is whole when it is used up.

    `reposted`: documents that turned out to have more sources than they were added with. `asked`: documents of the earlier
    generation that are searched by other questions from now on.
    """

    removed: tuple[str, ...]
    added: Iterable[ParsedDocument]
    files: Sequence[FileEntry]
    reposted: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    asked: Mapping[str, Asked] = field(default_factory=dict)


@contextmanager
def writing(home: Path) -> Iterator[None]:
    """Hold the library's only write lock. Raises `LibraryBusy` at once where another process holds it."""
    home.mkdir(parents=True, exist_ok=True)
    with (home / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise LibraryBusy("另一个程序正在更新文件库，请等它结束后再试。") from error
        yield


def current(home: Path) -> Path:
    """The folder of the current generation. Raises `NoLibrary` where nothing has been built."""
    pointer = home / "CURRENT"
    if not pointer.exists():
        raise NoLibrary("还没有建立文件库，请先运行 sync。")
    name = pointer.read_text(encoding="utf8").strip()
    folder = home / "generations" / name
    if not name or Path(name).name != name or not folder.is_dir():
        raise LibraryDamaged("文件库不完整，请重新运行 sync 重建索引。")
    return folder


def build(home: Path, base: Path | None, change: Change, embedder: Embedder, *, kept: int = KEPT) -> Manifest:
    """Build, verify and publish the next generation from `base` and a change; `kept` stay. The lock must be held.

    Raises `LibraryDamaged` where the new generation fails verification and `LibraryError` where it cannot be written; the current
    one stays as it was.
    """
    root = home / "generations"
    try:
        root.mkdir(parents=True, exist_ok=True)
        _discard_leftovers(home)
        _require_space(root, base)
        number = max((_number(p) for p in root.iterdir()), default=0) + 1
        folder = root / f"{number:06d}-{os.urandom(3).hex()}"
        partial = folder.with_name(f".{folder.name}")
        if base is None:
            partial.mkdir()
        else:
            shutil.copytree(base, partial, ignore=shutil.ignore_patterns("manifest.json", "*.lock"))
        manifest = _write(partial, base, change, embedder, number)
        manifest.write(partial)
        _sync_tree(partial)
        partial.rename(folder)
        _fsync(root)  # the folder must be on disk before CURRENT names it
        _publish(home, folder.name)
        _collect(root, folder.name, kept)
    except OSError as error:
        raise LibraryError("索引写不进磁盘，请检查磁盘空间和文件夹权限后再试；原来的文件库没有变动。") from error
    return manifest


def roll_back(home: Path, generation: int | None = None) -> Manifest:
    """Make an earlier intact generation current again: the one of this number, else the newest. Raises `NoLibrary` without one.

    The next sync starts from it, so what the folders hold by then comes back in.
    """
    with writing(home):
        for folder, manifest in earlier(home):
            if generation not in (None, manifest.generation):
                continue
            try:
                verify(folder, manifest)
            except LibraryDamaged:
                continue
            _publish(home, folder.name)
            return manifest
    raise NoLibrary("没有更早的文件库可以退回，请运行 sync 重建索引。")


def earlier(home: Path) -> list[tuple[Path, Manifest]]:
    """The generations before the current one that are still there and can be read, newest first; their files are not checked."""
    now = (home / "CURRENT").read_text(encoding="utf8").strip() if (home / "CURRENT").exists() else ""
    found = []
    for folder in sorted((p for p in (home / "generations").glob("[0-9]*") if p.name < now), reverse=True):
        with suppress(LibraryDamaged):
            found.append((folder, read_manifest(folder)))
    return found


def _write(folder: Path, base: Path | None, change: Change, embedder: Embedder, number: int) -> Manifest:
    """Apply the change to the three stores of a folder, verify them, and describe the result."""
    before = read_manifest(base) if base else None
    catalogue = Catalogue(folder / "catalogue.db", writable=True)
    gone = [c.id for document_id in change.removed for c in catalogue.chunks_of(document_id)]
    deleted = (before.deleted if before else 0) + len(gone)
    _write_vectors(folder, gone, _write_texts(folder, catalogue, change), embedder)
    ids = catalogue.chunk_ids()
    if 2 * deleted > len(ids):  # slots of deleted vectors are never used again, so the index is built anew now and then
        shutil.rmtree(folder / "chroma")
        _write_vectors(folder, [], ((d.title, catalogue.chunks_of(d.id)) for d in catalogue.documents()), embedder)
        deleted = 0
    catalogue.set_relations(relate(catalogue.documents(texts=False), catalogue.claims()))
    documents = catalogue.document_count()
    catalogue.close(commit=True)
    _verify_stores(folder, ids)
    return Manifest(
        generation=number,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        documents=documents,
        chunks=len(ids),
        sources=len(change.files),
        deleted=deleted,
        embedder=embedder.name,
        dimensions=before.dimensions if before else embedder.dimensions,
        schema=SCHEMA,
        versions=versions(),
        files=describe_files(folder),
    )


def _write_texts(folder: Path, catalogue: Catalogue, change: Change) -> Iterator[Titled]:
    """Write the texts of a change; each chunk goes on to the vectors, which another thread adds in the meantime."""
    from index.lexical import LexicalWriter

    lexical = LexicalWriter(folder / "lexical")
    for document_id in change.removed:
        catalogue.remove(document_id)
        lexical.delete(document_id)
    for parsed in change.added:
        catalogue.add(parsed, [tokens.tobytes() for tokens in passage_tokens(parsed.chunks)])
        lexical.add(parsed.document.title, parsed.chunks)
        yield parsed.document.title, parsed.chunks
    titles = {d.id: d.title for d in catalogue.documents(texts=False)} if change.asked else {}
    for document_id, asked in change.asked.items():
        lexical.delete(document_id)
        lexical.add(titles[document_id], catalogue.chunks_of(document_id), asked.texts)
    note_asked(folder, change.removed, change.asked)
    for document_id, sources in change.reposted.items():
        catalogue.set_sources(document_id, sources)
    catalogue.set_files(change.files)
    lexical.commit()


def _write_vectors(folder: Path, gone: Sequence[str], added: Iterable[Titled], embedder: Embedder) -> None:
    from index.dense import DenseIndex

    dense = DenseIndex(folder / "chroma")
    titled = ((title, chunk) for title, chunks in added for chunk in chunks)
    with closing(dense), ThreadPoolExecutor(1) as adding:  # Chroma works outside the interpreter's lock
        last: Future[None] = adding.submit(dense.delete, gone)
        while batch := list(islice(titled, _EMBED_BATCH)):
            vectors = embedder.embed([f"{title} {c.path} {c.indexed or c.text}" for title, c in batch])
            last.result()
            last = adding.submit(dense.add, [c.document_id for _, c in batch], [c.id for _, c in batch], vectors)
        last.result()


def _verify_stores(folder: Path, ids: set[str]) -> None:
    """Open the stores as a reader will: all three hold the same chunks, and vectors are found by themselves."""
    from index.dense import DenseIndex
    from index.lexical import LexicalIndex

    dense = DenseIndex(folder / "chroma")
    try:
        same = ids == Catalogue(folder / "catalogue.db").chunk_ids() == LexicalIndex(folder / "lexical").ids()
        if not same or ids != dense.ids() or not _finds_itself(dense, sorted(ids)):
            raise LibraryDamaged("新建的索引没有通过核对，原来的文件库没有变动，请再试一次。")
    finally:
        dense.close()


def _finds_itself(dense: DenseIndex, ids: Sequence[str]) -> bool:
    """Whether a sample of vectors has itself, or an equal one, as the nearest; search is approximate, so half is enough."""
    sample = [v for v in dense.vectors(ids[:: max(1, len(ids) // _SAMPLE)]) if np.any(v)]
    found = sum(score > 0.999 for v in sample for _, score in dense.search(v, 1))
    return 2 * found >= len(sample)


def _number(folder: Path) -> int:
    head = folder.name.split("-")[0]
    return int(head) if head.isdigit() else 0


def _require_space(root: Path, base: Path | None) -> None:
    size = sum(p.stat().st_size for p in base.rglob("*") if p.is_file()) if base else 0
    if shutil.disk_usage(root).free < 2 * size + _SPARE:
        raise LibraryError("磁盘空间不够建立新的索引，请腾出空间后再试；原来的文件库没有变动。")


def _sync_tree(folder: Path) -> None:
    for path in [*folder.rglob("*"), folder]:
        _fsync(path)


def _fsync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _publish(home: Path, name: str) -> None:
    fresh = home / "CURRENT.new"
    fresh.write_text(name, encoding="utf8")
    _fsync(fresh)
    fresh.replace(home / "CURRENT")
    _fsync(home)


def _discard_leftovers(home: Path) -> None:
    """Remove the folders of builds that died: half built, or newer than the current one and never published."""
    pointer = home / "CURRENT"
    now = pointer.read_text(encoding="utf8").strip() if pointer.exists() else ""
    known = bool(now) and (home / "generations" / now).is_dir()
    for path in (home / "generations").iterdir():
        if path.is_dir() and (path.name.startswith(".") or (known and path.name > now)):
            shutil.rmtree(path)


def _collect(root: Path, name: str, kept: int) -> None:
    """Keep the newest generations, the one just published among them."""
    for path in sorted(p for p in root.glob("[0-9]*") if p.name != name)[: -kept + 1]:
        shutil.rmtree(path)
