"""Folders → library: the folders are the truth; what was added, changed or removed there is applied as one generation."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from time import perf_counter

from index.asking import Told, add_questions
from index.build import Change, build
from index.catalogue import Catalogue, FileEntry
from index.doc_questions import Asker
from index.embed import Embedder
from index.errors import LibraryError, UnreadableFile
from index.generation import current, fill, tidy, writing
from index.manifest import Manifest, read_manifest, verify, versions
from index.overrides import Override, by_path, fingerprint
from index.parse import PROCESSES, Reading, Tell, digest, parse_each
from index.read.scan import SCANNED, installed
from index.records import ParsedDocument
from index.removed import removed
from index.stores import Server


@dataclass(frozen=True, slots=True)
class SyncReport:
    """What a sync did, by file name; `quarantined` gives each refused file with its reason.

    Where a language model was asked: how many articles have questions of its, how many lack them, and what went wrong.
    """

    added: tuple[str, ...]
    changed: tuple[str, ...]
    removed: tuple[str, ...]
    unchanged: int
    quarantined: tuple[tuple[str, str], ...]
    generation: int
    documents: int
    chunks: int
    seconds: float
    asked: int = 0
    unasked: int = 0
    model_failure: str = ""


@dataclass(frozen=True, slots=True)
class Base:
    """The generation to build on, and what is known of the files in it by path."""

    folder: Path
    manifest: Manifest
    files: dict[str, FileEntry]


def sync(
    folders: Iterable[Path],
    home: Path,
    embedder: Embedder,
    *,
    progress: bool = True,
    max_bytes: int = 20_000_000,
    tell: Tell | None = None,
    processes: int = PROCESSES,
    asker: Asker | None = None,
    server: Server | None = None,
) -> SyncReport:
    """Bring the library in `home` up to date with the folders. Raises `LibraryBusy` where another sync is running.

    The result depends on the folders alone: many small syncs end where one sync of everything does. Files are read in up to
    `processes` processes beside this one. With an `asker` a language model then writes questions about the articles that have
    none; whatever it does, the library is up to date before. A `server` holds the library when this returns, also where nothing changed.
    """
    from index.read import collect_files, readable

    began = perf_counter()
    folders = list(folders)
    with writing(home):
        base = _base(home, embedder)
        known = base.files if base else {}
        paths = {readable(p): p for p in collect_files(folders)}
        overrides = by_path(folders)
        fresh = _fresh(paths, known, overrides, removed(home))
        gone = [name for name in known if name not in paths]
        if base and not fresh and not gone:
            fill(home, base.folder, server)
            tidy(home, server)
            manifest, entries = base.manifest, known
        else:
            kept = {name: known[name] for name in paths if name not in fresh}
            reading = Reading(max_bytes, progress, overrides, tell, processes)
            change = _change(base, kept, fresh, reading) if base else _everything(fresh, reading)
            manifest = build(home, base.folder if base else None, change, embedder, server=server)
            entries = {entry.path: entry for entry in change.files}
        told = Told(0, 0, "", manifest)
        if asker is not None:
            told = add_questions(
                home, embedder, asker, fresh=base is None or manifest is not base.manifest, server=server
            )
    return SyncReport(
        added=_names(n for n in fresh if n not in known),
        changed=_names(n for n in fresh if n in known),
        removed=_names(gone),
        unchanged=len(paths) - len(fresh),
        quarantined=tuple(sorted((_name(e.path), e.reason) for e in entries.values() if e.reason)),
        generation=told.manifest.generation,
        documents=told.manifest.documents,
        chunks=told.manifest.chunks,
        seconds=perf_counter() - began,
        asked=told.asked,
        unasked=told.unasked,
        model_failure=told.failure,
    )


def _fresh(
    paths: Mapping[str, Path],
    known: Mapping[str, FileEntry],
    overrides: Mapping[str, tuple[Override, ...]],
    hidden: frozenset[str],
) -> dict[str, Path]:
    """The files to be read: new, changed, corrected, or with a `hidden` document, which answers again as it lies there again."""
    return {
        n: p
        for n, p in paths.items()
        if not _same(p, known.get(n), fingerprint(overrides.get(n, ()))) or hidden & set(known[n].documents)
    }


def _names(paths: Iterable[str]) -> tuple[str, ...]:
    return tuple(_name(path) for path in paths)


def _name(path: str) -> str:
    """A file's name to show: what shows nothing, or turns the order of what is shown, is left out."""
    return "".join(c for c in Path(path).name if c.isprintable())


def _base(home: Path, embedder: Embedder) -> Base | None:
    """What can be built on: not a damaged library, nor one of another model or made by other indexing code."""
    try:
        folder = current(home)
        manifest = read_manifest(folder)
        same_code = all(manifest.versions.get(part) == versions()[part] for part in ("youju", "tokenizer"))
        if manifest.embedder != embedder.name or not same_code:
            return None
        verify(folder, manifest)
        catalogue = Catalogue(folder / "catalogue.db")
        try:
            return Base(folder, manifest, catalogue.files())
        finally:
            catalogue.close()
    except LibraryError:
        return None


def _same(path: Path, known: FileEntry | None, overrides: str) -> bool:
    if known is None or known.overrides != overrides or (known.reason == SCANNED and installed()):
        return False
    try:
        state = path.lstat()
        if (state.st_size, state.st_mtime_ns) == (known.size, known.mtime):
            return True
        return state.st_size == known.size and digest(path) == known.sha256
    except (OSError, UnreadableFile):
        return False


def _everything(fresh: dict[str, Path], reading: Reading) -> Change:
    """All documents, each as soon as the first of its files is parsed; which files repost it is known at the end."""
    done = parse_each([fresh[name] for name in sorted(fresh)], reading)
    files: list[FileEntry] = []
    reposted: dict[str, tuple[str, ...]] = {}

    def added() -> Iterator[ParsedDocument]:
        told: set[str] = set()
        for parsed in done:
            files.append(parsed.entry)
            for document in parsed.documents:
                if document.document.id not in told:
                    told.add(document.document.id)
                    yield _with_sources(document, [parsed.entry.path])
        reposted.update({i: _unique(paths) for i, paths in _sources(files).items() if len(paths) > 1})

    return Change((), added(), files, reposted)


def _change(base: Base, kept: dict[str, FileEntry], fresh: dict[str, Path], reading: Reading) -> Change:
    """The documents to take out and to put in. A repost is one document, told by the first of its files."""
    parsed = {p.entry.path: p for p in parse_each(list(fresh.values()), reading)}
    before = _sources(base.files.values())
    while True:
        entries = kept | {name: p.entry for name, p in parsed.items()}
        sources = _sources(entries.values())
        touched = {i: names for i, names in sources.items() if names[0] in parsed or names != before.get(i)}
        first = {names[0] for names in touched.values()} - parsed.keys()
        if not first:
            break
        parsed |= {p.entry.path: p for p in parse_each([Path(name) for name in sorted(first)], reading)}
    told = {(name, d.document.id): d for name, p in parsed.items() for d in reversed(p.documents)}
    added = tuple(_with_sources(told[names[0], i], names) for i, names in sorted(touched.items()))
    removed = tuple(i for i in before if i not in sources or i in touched)
    return Change(removed, added, tuple(entries[name] for name in sorted(entries)))


def _sources(entries: Iterable[FileEntry]) -> dict[str, tuple[str, ...]]:
    """The paths that hold each document, sorted."""
    found: dict[str, dict[str, None]] = {}
    for entry in sorted(entries, key=lambda e: e.path):
        for document_id in entry.documents:
            found.setdefault(document_id, {})[entry.path] = None
    return {document_id: tuple(paths) for document_id, paths in found.items()}


def _with_sources(parsed: ParsedDocument, paths: Sequence[str]) -> ParsedDocument:
    return replace(parsed, document=replace(parsed.document, sources=_unique(paths)))


def _unique(paths: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(_names(paths)))
