"""Whether a generation can be opened at all, tried by a child process.

A torn Chroma segment may end the process that opens it, or take all its memory; hashes cannot tell where it was written torn. What was
tried once is remembered by its manifest, so a start tries nothing twice.
"""

from __future__ import annotations

import hashlib
import json
import os
import resource
import subprocess
import sys
from collections.abc import Sequence
from contextlib import closing, suppress
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from index.catalogue import Catalogue
from index.disk import replace_text
from index.errors import LibraryDamaged, LibraryUnproved
from index.manifest import Manifest, read_manifest
from index.tokens import grams

if TYPE_CHECKING:
    from index.stores import DenseStore

PATIENT = 120.0  # seconds a child may take where nobody waits for it
_NAME = "PROBED"
_REMEMBERED = 8
_SAMPLE = 8
_ROOT = Path(__file__).resolve().parent.parent
_BAD = 3
_MEMORY = 2_000_000_000  # bytes that a child may take besides four times the generation
_FILE = 100_000_000  # bytes by which a child may make a file larger than the largest of the generation
_CPU = 20  # seconds of processor time besides one for each 20 MB


def probe(home: Path, folder: Path, seconds: float = PATIENT) -> None:
    """Let a child open a generation whose files are as its manifest says, count and search; nothing where that was done before.

    Raises `LibraryDamaged` where the child does not manage, `LibraryUnproved` where it is not done in `seconds`.
    """
    if _fingerprint(folder) in _probed(home):
        return
    command = [sys.executable, "-m", "index.probe", str(folder.resolve())]
    try:
        done = subprocess.run(
            command, cwd=_ROOT, timeout=seconds, stdin=subprocess.DEVNULL, capture_output=True, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise LibraryUnproved("文件库没有在限定的时间内通过检查，请稍后再试。") from error
    if done.returncode:
        raise LibraryDamaged("文件库的索引打不开，请运行 sync 重建索引。")
    remember(home, folder)


def remember(home: Path, folder: Path) -> None:
    """Note that a generation can be opened; where that cannot be written it is tried again next time."""
    with suppress(OSError):
        kept = [line for line in _probed(home) if line != _fingerprint(folder)]
        replace_text(home / _NAME, "\n".join([*kept[-_REMEMBERED:], _fingerprint(folder)]))


def _probed(home: Path) -> list[str]:
    try:
        return (home / _NAME).read_text(encoding="utf8").split()
    except (OSError, UnicodeDecodeError):
        return []


def _fingerprint(folder: Path) -> str:
    """The hashes of all files, which the manifest names, and the libraries that read them."""
    readers = [version(name) for name in ("chromadb", "tantivy")]
    files = sorted(read_manifest(folder).files.items())
    return hashlib.sha256(json.dumps([readers, files]).encode()).hexdigest()


def try_stores(folder: Path, manifest: Manifest) -> None:
    """Open the three stores, compare their counts, and search by vector and by words. Raises `LibraryDamaged`."""
    from index.dense import DenseIndex
    from index.lexical import LexicalIndex

    catalogue, lexical = Catalogue(folder / "catalogue.db"), LexicalIndex(folder / "lexical")
    with closing(DenseIndex(folder / "chroma")) as dense:
        counts = {catalogue.chunk_count(), lexical.count(), dense.count()}
        same = counts == {manifest.chunks} and len(catalogue.documents()) == manifest.documents
        ids = sorted(catalogue.chunk_ids())
        for chunk in catalogue.chunks(ids[:1]):
            terms = [(term, 1.0) for term in grams(chunk.text)[:4]]
            same = same and (not terms or bool(lexical.search(terms, 1)))
        same = same and finds_itself(dense, ids)
    if not same:
        raise LibraryDamaged("文件库与清单不一致，请运行 sync 重建索引。")


def finds_itself(dense: DenseStore, ids: Sequence[str]) -> bool:
    """Whether a sample of vectors has itself, or an equal one, as the nearest; search is approximate, so not all need to."""
    sample = [v for v in dense.vectors(ids[:: max(1, len(ids) // _SAMPLE)]) if np.any(v)]
    found = sum(score > 0.999 for v in sample for _, score in dense.search(v, 1))
    return 4 * found >= 3 * len(sample)


def _limit(manifest: Manifest) -> None:
    """Bound what a torn file can make this process take: memory, processor time, the size of a file."""
    sizes = [size for size, _ in manifest.files.values()]
    total = sum(sizes)
    limits = (
        (resource.RLIMIT_DATA, _MEMORY + 4 * total),
        (resource.RLIMIT_CPU, _CPU + total // 20_000_000),
        (resource.RLIMIT_FSIZE, _FILE + max(sizes, default=0)),
        (resource.RLIMIT_CORE, 0),
    )
    for kind, limit in limits:
        with suppress(ValueError, OSError):
            resource.setrlimit(kind, (limit, limit))


def main() -> None:
    """The child: ends with 0 where the generation can be opened."""
    folder = Path(sys.argv[1])
    manifest = read_manifest(folder)
    _limit(manifest)
    try:
        try_stores(folder, manifest)
    except LibraryDamaged as error:
        sys.stderr.write(f"{error} {error.__cause__ or ''}\n")
        os._exit(_BAD)
    os._exit(0)  # without the end of a whole interpreter


if __name__ == "__main__":
    main()
