"""The manifest of a generation: what it holds, and whether its files are still what was written."""

from __future__ import annotations

import hashlib
import json
import platform
import stat
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path

from index.errors import LibraryDamaged
from index.late import tokenizer_version
from index.view import persisted

SCHEMA = 5
_NAME = "manifest.json"
_DAMAGED = "文件库有文件缺失或损坏，请运行 sync 重建索引。"
# What has no part in turning files into a library.
_APART = {
    *("model", "training", "__pycache__", "lexicon.tsv", "llm", "doc_questions.py", "asking.py"),
    *("probe.py", "fallback.py", "archive.py", "watch.py"),
    *("stores.py", "servers.py", "chroma_server.py", "milvus_server.py"),
}


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a generation holds. `deleted` counts the vectors deleted since the vector index was last built whole.

    `versions["youju"]` is a hash of the indexing code; `files` maps each file to its size in bytes and its SHA-256.
    """

    generation: int
    created: str
    documents: int
    chunks: int
    sources: int
    deleted: int
    embedder: str
    dimensions: int
    schema: int
    versions: dict[str, str]
    files: dict[str, tuple[int, str]]

    @property
    def fingerprint(self) -> str:
        """A hash of all files: what a generation is called on a server, wherever its folder was restored to."""
        return hashlib.sha256(json.dumps(sorted(self.files.items())).encode()).hexdigest()[:16]

    def write(self, folder: Path) -> None:
        (folder / _NAME).write_text(json.dumps(asdict(self), ensure_ascii=False, indent=1), encoding="utf8")


def read_manifest(folder: Path) -> Manifest:
    """The manifest of a generation. Raises `LibraryDamaged` where there is none, or one of another layout."""
    try:
        values = json.loads((folder / _NAME).read_text(encoding="utf8"))
        if values["schema"] != SCHEMA:
            raise LibraryDamaged("文件库是另一个版本的程序建的，请运行 sync 重建索引。")
        return Manifest(**{**values, "files": {k: (int(v[0]), str(v[1])) for k, v in values["files"].items()}})
    except (OSError, ValueError, TypeError, KeyError, AttributeError, IndexError) as error:
        raise LibraryDamaged("文件库的清单读不出来，请运行 sync 重建索引。") from error


def verify(folder: Path, manifest: Manifest) -> None:
    """Compare every file with the manifest. Raises `LibraryDamaged`.

    Chroma does not check its files itself: from a damaged one it answers wrongly or ends the whole process. Sizes come first,
    since a torn Chroma file may claim hundreds of gigabytes: nothing is read then.
    """
    if any(_size(folder / name) != size for name, (size, _) in manifest.files.items()):
        raise LibraryDamaged(_DAMAGED)
    with ThreadPoolExecutor(2) as pool:  # hashing releases the interpreter's lock
        digests = pool.map(_sha256, (folder / name for name in manifest.files))
        whole = all(digest == kept for digest, (_, kept) in zip(digests, manifest.files.values(), strict=True))
    if not whole:
        raise LibraryDamaged(_DAMAGED)


def describe_files(folder: Path) -> dict[str, tuple[int, str]]:
    """Size and SHA-256 of each file below a folder, by its relative path."""
    paths = sorted(p for p in folder.rglob("*") if p.is_file() and p.suffix != ".lock" and p.name != _NAME)
    return {p.relative_to(folder).as_posix(): (p.stat().st_size, _sha256(p)) for p in paths if not _scratch(p, folder)}


def _scratch(path: Path, folder: Path) -> bool:
    """Whether Chroma makes this file anew at each opening."""
    return path.parent.parent == folder / "chroma" and not persisted(path.parent)


def versions() -> dict[str, str]:
    return {
        "python": platform.python_version(),
        **{name: version(name) for name in ("chromadb", "tantivy")},
        "youju": code_version(),
        "tokenizer": tokenizer_version(),
    }


@cache
def code_version() -> str:
    """Hash of the indexing code and its data: other code would read the same files differently, so a library is rebuilt."""
    digest = hashlib.sha256()
    for path in _code(Path(__file__).parent):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:8]


def _code(root: Path) -> Iterator[Path]:
    for path in sorted(root.rglob("*")):
        if path.is_file() and not _APART & set(path.relative_to(root).parts):
            yield path


def _size(path: Path) -> int:
    try:
        state = path.stat()
    except OSError:
        return -1
    return state.st_size if stat.S_ISREG(state.st_mode) else -1


def _sha256(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return ""
