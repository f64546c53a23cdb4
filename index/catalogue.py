"""The catalogue: documents, outlines, tables, chunks and source files in one SQLite file (the only importer of sqlite3)."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import quote

from index.errors import LibraryDamaged, LibraryError
from index.records import Article, Chunk, Fix, Gap, Mark, ParsedDocument, Place, PolicyDocument, Table

_SCHEMA = """
CREATE TABLE documents (id TEXT PRIMARY KEY, record TEXT NOT NULL, text TEXT NOT NULL);
CREATE TABLE outlines (document_id TEXT PRIMARY KEY, articles TEXT NOT NULL, tables TEXT NOT NULL);
CREATE TABLE chunks (id TEXT PRIMARY KEY, document_id TEXT NOT NULL, article INTEGER NOT NULL, path TEXT NOT NULL,
  text TEXT NOT NULL, indexed TEXT NOT NULL, responsible TEXT NOT NULL, start INTEGER NOT NULL, end INTEGER NOT NULL);
CREATE INDEX chunks_of ON chunks (document_id);
CREATE TABLE files (path TEXT PRIMARY KEY, size INTEGER NOT NULL, mtime INTEGER NOT NULL, sha256 TEXT NOT NULL,
  documents TEXT NOT NULL, reason TEXT NOT NULL);
"""
_BATCH = 500


@dataclass(frozen=True, slots=True)
class FileEntry:
    """What is known of a source file: its documents, or the reason why it was refused."""

    path: str
    size: int
    mtime: int
    sha256: str
    documents: tuple[str, ...]
    reason: str


def intact(path: Path) -> bool:
    """Whether an SQLite file (Chroma's own one too) is sound; opening it rolls back what a killed process left unfinished."""
    try:
        with closing(sqlite3.connect(f"file:{quote(str(path))}?mode=rw", uri=True)) as db:
            return bool(db.execute("PRAGMA quick_check(1)").fetchone() == ("ok",))
    except sqlite3.Error:
        return False


class Catalogue:
    """One catalogue file. Safe to share between threads; a reader never writes."""

    def __init__(self, path: Path, *, writable: bool = False) -> None:
        self._lock = threading.Lock()
        new = not path.exists()
        try:
            if writable:
                self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
                if new:
                    self._db.executescript(_SCHEMA)
                self._db.execute("BEGIN")
            else:
                self._db = sqlite3.connect(
                    f"file:{quote(str(path))}?mode=ro&immutable=1", uri=True, check_same_thread=False
                )
        except sqlite3.Error as error:
            raise LibraryDamaged("文件库的目录打不开，请重新运行 sync 重建索引。") from error

    def close(self, *, commit: bool = False) -> None:
        if commit:
            with self._writing():
                self._db.execute("COMMIT")
        self._db.close()

    def add(self, parsed: ParsedDocument) -> None:
        """Store a document with its outline, tables and chunks."""
        record = asdict(parsed.document)
        text = record.pop("text")
        with self._writing():
            self._db.execute("INSERT INTO documents VALUES (?,?,?)", (parsed.document.id, _dump(record), text))
            outline = (_dump([asdict(a) for a in parsed.articles]), _dump([asdict(t) for t in parsed.tables]))
            self._db.execute("INSERT INTO outlines VALUES (?,?,?)", (parsed.document.id, *outline))
            rows = [tuple(_dump(v) if isinstance(v, tuple) else v for v in asdict(c).values()) for c in parsed.chunks]
            self._db.executemany("INSERT INTO chunks VALUES (?,?,?,?,?,?,?,?,?)", rows)

    def remove(self, document_id: str) -> None:
        with self._writing():
            for table, column in (("documents", "id"), ("outlines", "document_id"), ("chunks", "document_id")):
                self._db.execute(f"DELETE FROM {table} WHERE {column} = ?", (document_id,))

    def set_files(self, entries: Iterable[FileEntry]) -> None:
        """Replace the list of source files."""
        rows = [(e.path, e.size, e.mtime, e.sha256, _dump(e.documents), e.reason) for e in entries]
        with self._writing():
            self._db.execute("DELETE FROM files")
            self._db.executemany("INSERT INTO files VALUES (?,?,?,?,?,?)", rows)

    def files(self) -> dict[str, FileEntry]:
        rows = self._all("SELECT * FROM files ORDER BY path")
        return {r[0]: FileEntry(r[0], r[1], r[2], r[3], tuple(json.loads(r[4])), r[5]) for r in rows}

    def documents(self) -> tuple[PolicyDocument, ...]:
        """All documents in order of their titles."""
        found = (_document(record, text) for record, text in self._all("SELECT record, text FROM documents"))
        return tuple(sorted(found, key=lambda d: (d.title, d.id)))

    def articles(self, document_id: str) -> tuple[Article, ...]:
        rows = self._all("SELECT articles FROM outlines WHERE document_id = ?", (document_id,))
        return tuple(Article(**_tuples(a)) for row in rows for a in json.loads(row[0]))

    def tables(self, document_id: str) -> tuple[Table, ...]:
        rows = self._all("SELECT tables FROM outlines WHERE document_id = ?", (document_id,))
        return tuple(Table(**_tuples(t)) for row in rows for t in json.loads(row[0]))

    def chunks(self, ids: Sequence[str]) -> list[Chunk]:
        """The chunks of these ids that exist, in the order asked for."""
        found: dict[str, Chunk] = {}
        for i in range(0, len(ids), _BATCH):
            part = ids[i : i + _BATCH]
            marks = ",".join("?" * len(part))
            found |= {r[0]: _chunk(r) for r in self._all(f"SELECT * FROM chunks WHERE id IN ({marks})", tuple(part))}
        return [found[i] for i in ids if i in found]

    def chunks_of(self, document_id: str) -> list[Chunk]:
        rows = self._all("SELECT * FROM chunks WHERE document_id = ? ORDER BY start, id", (document_id,))
        return [_chunk(r) for r in rows]

    def headings(self) -> list[str]:
        """Every step of every heading path once."""
        paths = (row[0] for row in self._all("SELECT DISTINCT path FROM chunks"))
        return list(dict.fromkeys(step for path in paths for step in path.split(" / ") if step))

    def chunk_count(self) -> int:
        return int(self._all("SELECT count(*) FROM chunks")[0][0])

    def chunk_ids(self) -> set[str]:
        return {r[0] for r in self._all("SELECT id FROM chunks")}

    @contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            with self._lock:
                yield
        except sqlite3.Error as error:
            raise LibraryError("索引写不进目录，请检查磁盘空间和文件夹权限后再试；原来的文件库没有变动。") from error

    def _all(self, query: str, values: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
        try:
            with self._lock:
                return self._db.execute(query, values).fetchall()
        except sqlite3.Error as error:
            raise LibraryDamaged("文件库的目录读不出来，请重新运行 sync 重建索引。") from error


def _chunk(row: tuple[Any, ...]) -> Chunk:
    chunk_id, document_id, article, path, text, indexed, responsible, start, end = row
    return Chunk(chunk_id, document_id, article, path, text, indexed, tuple(json.loads(responsible)), start, end)


def _document(record: str, text: str) -> PolicyDocument:
    values: dict[str, Any] = json.loads(record)
    for key in ("written", "published", "effective", "expires"):
        values[key] = date.fromisoformat(values[key]) if values[key] else None
    place = values["place"]
    values["place"] = Place(tuple(place["path"]), place["adcode"]) if place else None
    values |= {
        "fixes": tuple(Fix(**f) for f in values["fixes"]),
        "marks": tuple(Mark(**m) for m in values["marks"]),
        "gaps": tuple(Gap(**g) for g in values["gaps"]),
    }
    values |= {k: tuple(v) for k, v in values.items() if isinstance(v, list)}
    return PolicyDocument(**{**values, "text": text})


def _tuples(values: dict[str, Any]) -> dict[str, Any]:
    """JSON arrays back to (nested) tuples."""
    return {k: _tuple(v) for k, v in values.items()}


def _tuple(value: Any) -> Any:
    return tuple(_tuple(v) for v in value) if isinstance(value, list) else value


def _dump(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=lambda d: d.isoformat())
