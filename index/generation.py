"""Generations: a library state is built in a new folder, verified, synced to disk, and made current in one step (ADR 1)."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from index.catalogue import Catalogue, FileEntry
from index.embed import Embedder
from index.errors import LibraryBusy, LibraryDamaged, NoLibrary
from index.records import ParsedDocument

KEPT = 2
SCHEMA = 1
_EMBED_BATCH = 4_000


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a generation holds; `files` maps each file in it to its size and SHA-256."""

    generation: int
    created: str
    documents: int
    chunks: int
    embedder: str
    schema: int
    versions: dict[str, str]
    files: dict[str, tuple[int, str]]


@dataclass(frozen=True, slots=True)
class Change:
    """The difference between two generations."""

    removed: tuple[str, ...]
    added: tuple[ParsedDocument, ...]
    files: tuple[FileEntry, ...]


@contextmanager
def writing(home: Path) -> Iterator[None]:
    """Hold the library's only write lock. Raises `LibraryBusy` at once where another process holds it."""
    home.mkdir(parents=True, exist_ok=True)
    with (home / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise LibraryBusy("另一个程序正在更新文件库，请等它结束后再试。") from error
        yield


def current(home: Path) -> Path:
    """The folder of the current generation. Raises `NoLibrary` where nothing has been built."""
    pointer = home / "CURRENT"
    if not pointer.exists():
        raise NoLibrary("还没有建立文件库，请先运行 sync。")
    folder = home / "generations" / pointer.read_text(encoding="utf8").strip()
    if not (folder / "manifest.json").exists():
        raise LibraryDamaged("文件库不完整，请重新运行 sync 重建索引。")
    return folder


def read_manifest(folder: Path) -> Manifest:
    """The manifest of a generation; each file's size is compared, which is cheap and catches truncation."""
    try:
        values = json.loads((folder / "manifest.json").read_text(encoding="utf8"))
        manifest = Manifest(**{**values, "files": {k: (v[0], v[1]) for k, v in values["files"].items()}})
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise LibraryDamaged("文件库的清单读不出来，请重新运行 sync 重建索引。") from error
    for name, (size, _) in manifest.files.items():
        path = folder / name
        # Chroma touches its own SQLite file when it opens it; everything else must be as it was.
        if not path.exists() or (path.stat().st_size != size and not name.startswith("chroma/")):
            raise LibraryDamaged("文件库有文件缺失或被改动，请重新运行 sync 重建索引。")
    return manifest


def build(home: Path, base: Path | None, change: Change, embedder: Embedder) -> Manifest:
    """Build, verify and publish the next generation from `base` and a change. The lock must be held."""
    root = home / "generations"
    root.mkdir(parents=True, exist_ok=True)
    number = max((int(p.name.split("-")[0]) for p in root.iterdir() if p.name[:1].isdigit()), default=0) + 1
    folder = root / f"{number:06d}-{os.urandom(3).hex()}"
    partial = folder.with_name(f".{folder.name}")
    _discard_leftovers(root)
    if base is None:
        partial.mkdir()
    else:
        shutil.copytree(base, partial, ignore=shutil.ignore_patterns("manifest.json", "*.lock"))
    counts = _write(partial, change, embedder)
    manifest = _manifest(partial, number, counts, embedder)
    (partial / "manifest.json").write_text(json.dumps(asdict(manifest), ensure_ascii=False, indent=1), encoding="utf8")
    _sync_tree(partial)
    partial.rename(folder)
    _publish(home, folder.name)
    _collect(root, folder.name)
    return manifest


def _write(folder: Path, change: Change, embedder: Embedder) -> tuple[int, int]:
    """Apply the change to the three stores; verify that they hold the same chunks. Returns documents and chunks."""
    from index.dense import DenseIndex
    from index.lexical import LexicalIndex, LexicalWriter

    catalogue = Catalogue(folder / "catalogue.db", writable=True)
    lexical = LexicalWriter(folder / "lexical")
    dense = DenseIndex(folder / "chroma")
    for document_id in change.removed:
        dense.delete(c.id for c in catalogue.chunks_of(document_id))
        catalogue.remove(document_id)
        lexical.delete(document_id)
    for batch in _batches(change.added):
        chunks = [c for parsed in batch for c in parsed.chunks]
        titles = {parsed.document.id: parsed.document.title for parsed in batch}
        for parsed in batch:
            catalogue.add(parsed)
            lexical.add(parsed.document.title, parsed.chunks)
        if chunks:
            texts = [f"{titles[c.document_id]} {c.path} {c.indexed or c.text}" for c in chunks]
            dense.add([c.document_id for c in chunks], [c.id for c in chunks], embedder.embed(texts))
    catalogue.set_files(change.files)
    lexical.commit()
    ids = catalogue.chunk_ids()
    if not ids == dense.ids() == LexicalIndex(folder / "lexical").ids():
        raise LibraryDamaged("新建的索引没有通过核对，原来的文件库没有变动，请再试一次。")
    documents = len(catalogue.documents())
    catalogue.close(commit=True)
    dense.close()
    return documents, len(ids)


def _batches(added: Sequence[ParsedDocument]) -> Iterator[list[ParsedDocument]]:
    batch: list[ParsedDocument] = []
    size = 0
    for parsed in added:
        batch.append(parsed)
        size += len(parsed.chunks)
        if size >= _EMBED_BATCH:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _manifest(folder: Path, number: int, counts: tuple[int, int], embedder: Embedder) -> Manifest:
    files = {}
    for path in sorted(p for p in folder.rglob("*") if p.is_file() and p.suffix != ".lock"):
        data = path.read_bytes()
        files[path.relative_to(folder).as_posix()] = (len(data), hashlib.sha256(data).hexdigest())
    return Manifest(
        generation=number,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        documents=counts[0],
        chunks=counts[1],
        embedder=embedder.name,
        schema=SCHEMA,
        versions={name: version(name) for name in ("chromadb", "tantivy")},
        files=files,
    )


def _sync_tree(folder: Path) -> None:
    for path in [*folder.rglob("*"), folder]:
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _publish(home: Path, name: str) -> None:
    fresh = home / "CURRENT.new"
    with fresh.open("w", encoding="utf8") as file:
        file.write(name)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(home / "CURRENT")
    _sync_tree(home / "generations" / name)


def _discard_leftovers(root: Path) -> None:
    """Remove half-built folders of builds that died."""
    for path in root.glob(".*"):
        shutil.rmtree(path)


def _collect(root: Path, name: str) -> None:
    """Keep the newest generations and the current one."""
    folders = sorted(p for p in root.iterdir() if p.is_dir() and not p.name.startswith("."))
    for path in folders[:-KEPT]:
        if path.name != name:
            shutil.rmtree(path)
