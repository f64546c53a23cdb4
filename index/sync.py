"""Folders → library: the folders are the truth; what was added, changed or removed there is applied as one generation."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from time import perf_counter

from rich.progress import track

from index.catalogue import Catalogue, FileEntry
from index.embed import Embedder
from index.errors import LibraryError, NoLibrary, UnreadableFile
from index.generation import Change, build, current, read_manifest, writing
from index.records import ParsedDocument

_POOL_FROM = 40  # starting worker processes costs more than parsing fewer files
_WORKERS = 2


@dataclass(frozen=True, slots=True)
class SyncReport:
    """What a sync did, by file name; `quarantined` gives each refused file with its reason."""

    added: tuple[str, ...]
    changed: tuple[str, ...]
    removed: tuple[str, ...]
    unchanged: int
    quarantined: tuple[tuple[str, str], ...]
    generation: int
    documents: int
    chunks: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Parsed:
    """One file as parsed: its documents, or why it was refused."""

    entry: FileEntry
    documents: tuple[ParsedDocument, ...]


def sync(
    folders: Iterable[Path], home: Path, embedder: Embedder, *, progress: bool = True, max_bytes: int = 20_000_000
) -> SyncReport:
    """Bring the library in `home` up to date with the folders. Raises `LibraryBusy` where another sync is running."""
    from index.read import collect_files

    began = perf_counter()
    with writing(home):
        base, known = _known(home, embedder)
        paths = {p.resolve().as_posix(): p for p in collect_files(folders)}
        fresh = {name: path for name, path in paths.items() if not _same(path, known.get(name))}
        gone = [name for name in known if name not in paths]
        if base is not None and not fresh and not gone:
            manifest = read_manifest(base)
            added: list[str] = []
            changed: list[str] = []
            entries = known
        else:
            parsed = _parse_all(list(fresh.values()), max_bytes, progress=progress)
            added = [n for n in fresh if n not in known]
            changed = [n for n in fresh if n in known]
            entries = {n: e for n, e in known.items() if n in paths} | {p.entry.path: p.entry for p in parsed}
            manifest = build(home, base, _change(base, known, entries, parsed), embedder)
    refused = [(Path(e.path).name, e.reason) for e in entries.values() if e.reason]
    return SyncReport(
        added=_names(added),
        changed=_names(changed),
        removed=_names(gone),
        unchanged=len(paths) - len(fresh),
        quarantined=tuple(sorted(refused)),
        generation=manifest.generation,
        documents=manifest.documents,
        chunks=manifest.chunks,
        seconds=perf_counter() - began,
    )


def _names(paths: Sequence[str]) -> tuple[str, ...]:
    return tuple(Path(p).name for p in paths)


def _known(home: Path, embedder: Embedder) -> tuple[Path | None, dict[str, FileEntry]]:
    """The generation to build on with its files; none where there is none, it is damaged, or it has another model."""
    try:
        base = current(home)
        if read_manifest(base).embedder != embedder.name:
            return None, {}
        catalogue = Catalogue(base / "catalogue.db")
    except (NoLibrary, LibraryError):
        return None, {}
    try:
        return base, catalogue.files()
    finally:
        catalogue.close()


def _same(path: Path, known: FileEntry | None) -> bool:
    if known is None:
        return False
    state = path.stat()
    if (state.st_size, state.st_mtime_ns) == (known.size, known.mtime):
        return True
    return state.st_size == known.size and hashlib.sha256(path.read_bytes()).hexdigest() == known.sha256


def _parse_all(paths: Sequence[Path], max_bytes: int, *, progress: bool) -> list[Parsed]:
    jobs = [(p, max_bytes) for p in paths]
    if len(jobs) < _POOL_FROM:
        return [_parse(job) for job in track(jobs, "读取文件", disable=not progress)]
    with ProcessPoolExecutor(_WORKERS) as pool:
        return list(track(pool.map(_parse, jobs, chunksize=8), "读取文件", total=len(jobs), disable=not progress))


def _parse(job: tuple[Path, int]) -> Parsed:
    from index.ingest import parse_file

    path, max_bytes = job
    state = path.stat()
    digest = hashlib.sha256(path.read_bytes()).hexdigest() if state.st_size <= max_bytes else ""
    entry = FileEntry(path.resolve().as_posix(), state.st_size, state.st_mtime_ns, digest, (), "")
    try:
        documents = tuple(parse_file(path, max_bytes=max_bytes))
    except UnreadableFile as error:
        return Parsed(replace(entry, reason=str(error)), ())
    return Parsed(replace(entry, documents=tuple(d.document.id for d in documents)), documents)


def _change(
    base: Path | None, known: dict[str, FileEntry], entries: dict[str, FileEntry], parsed: Sequence[Parsed]
) -> Change:
    """The documents to take out and to put in. A repost is one document with all its source files."""
    sources: dict[str, list[str]] = {}
    for name in sorted(entries):
        for document_id in entries[name].documents:
            sources.setdefault(document_id, []).append(Path(name).name)
    before: dict[str, list[str]] = {}
    for name in sorted(known):
        for document_id in known[name].documents:
            before.setdefault(document_id, []).append(Path(name).name)
    fresh = {d.document.id: d for p in sorted(parsed, key=lambda p: p.entry.path, reverse=True) for d in p.documents}
    moved = [i for i in sources if i in before and i not in fresh and sources[i] != before[i]]
    kept = {d.document.id: d for d in _stored(base, moved)}
    removed = [i for i in before if i not in sources or i in fresh or i in kept]
    added = [_with_sources(d, sources[i]) for i, d in sorted({**kept, **fresh}.items())]
    return Change(tuple(removed), tuple(added), tuple(entries.values()))


def _stored(base: Path | None, ids: Sequence[str]) -> list[ParsedDocument]:
    if base is None or not ids:
        return []
    catalogue = Catalogue(base / "catalogue.db")
    try:
        return [
            ParsedDocument(d, catalogue.articles(d.id), catalogue.tables(d.id), tuple(catalogue.chunks_of(d.id)))
            for d in catalogue.documents()
            if d.id in set(ids)
        ]
    finally:
        catalogue.close()


def _with_sources(parsed: ParsedDocument, sources: Sequence[str]) -> ParsedDocument:
    return replace(parsed, document=replace(parsed.document, sources=tuple(dict.fromkeys(sources))))
