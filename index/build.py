"""A library state and a change → the next generation: written, verified, published (ADR 1)."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from index.asked import Asked, note_asked
from index.catalogue import Catalogue, FileEntry
from index.disk import require_space
from index.embed import Embedder
from index.errors import LibraryDamaged, LibraryError
from index.generation import (
    UNWRITTEN,
    current,
    discard_leftovers,
    fill,
    new_folder,
    next_number,
    numbered,
    publish,
    recorded,
    tidy,
)
from index.late import passage_tokens
from index.manifest import SCHEMA, Manifest, describe_files, read_manifest, versions
from index.probe import finds_itself, remember
from index.records import Chunk, ParsedDocument
from index.relations import relate
from index.removed import note_removals

if TYPE_CHECKING:
    from index.stores import Server

Titled = tuple[str, Sequence[Chunk]]  # the title of a document and its chunks
_EMBED_BATCH = 4_000


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


def build(
    home: Path,
    base: Path | None,
    change: Change,
    embedder: Embedder,
    *,
    spares: Sequence[Path] = (),
    server: Server | None = None,
) -> Manifest:
    """Build, verify and publish the next generation from `base` and a change; `base` and `spares` stay. The lock must be held.

    Raises `LibraryDamaged` where the new generation fails verification and `LibraryError` where it cannot be written; the current
    one stays as it was, and nothing is left of the new one.
    """
    root = home / "generations"
    try:
        root.mkdir(parents=True, exist_ok=True)
        discard_leftovers(home)
        require_space(root, 2 * max(map(recorded, numbered(home)), default=0))
        number = next_number(home)
        with new_folder(home, number) as partial:
            if base is not None:
                shutil.copytree(
                    base, partial, ignore=shutil.ignore_patterns("manifest.json", "*.lock"), dirs_exist_ok=True
                )
            manifest = _write(partial, base, change, embedder, number)
            manifest.write(partial)
            fill(home, partial, server)
            note_removals(home, numbered(home), partial)
            publish(home, partial, spares=(*spares, *([base] if base else ())))
    except OSError as error:
        raise LibraryError(UNWRITTEN) from error
    remember(home, current(home))  # verified by this process as a probe would
    tidy(home, server)
    return manifest


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

    dense = DenseIndex(folder / "chroma", writable=True)
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
        if not same or ids != dense.ids() or not finds_itself(dense, sorted(ids)):
            raise LibraryDamaged("新建的索引没有通过核对，原来的文件库没有变动，请再试一次。")
    finally:
        dense.close()
