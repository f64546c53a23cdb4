"""The catalogue: documents, outlines, tables, chunks and source files in one SQLite file (the only importer of sqlite3)."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass, fields
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import quote

from index.errors import LibraryDamaged, LibraryError
from index.records import (
    Article,
    Chunk,
    Claim,
    Fix,
    Gap,
    Mark,
    ParsedDocument,
    Place,
    PolicyDocument,
    RelationKind,
    Table,
)
from index.relations import Relation

_SCHEMA = """
CREATE TABLE documents (id TEXT PRIMARY KEY, record TEXT NOT NULL, text TEXT NOT NULL);
CREATE TABLE articles (document_id TEXT NOT NULL, ordinal INTEGER NOT NULL, kind TEXT NOT NULL, level INTEGER NOT NULL,
  number TEXT NOT NULL, heading TEXT NOT NULL, path TEXT NOT NULL, responsible TEXT NOT NULL, start INTEGER NOT NULL,
  body INTEGER NOT NULL, end INTEGER NOT NULL, page INTEGER, PRIMARY KEY (document_id, ordinal)) WITHOUT ROWID;
CREATE TABLE tables (document_id TEXT PRIMARY KEY, tables TEXT NOT NULL);
CREATE TABLE chunks (id TEXT PRIMARY KEY, document_id TEXT NOT NULL, article INTEGER NOT NULL, path TEXT NOT NULL,
  text TEXT NOT NULL, indexed TEXT NOT NULL, responsible TEXT NOT NULL, start INTEGER NOT NULL, end INTEGER NOT NULL,
  tokens BLOB NOT NULL);
CREATE INDEX chunks_of ON chunks (document_id);
CREATE TABLE claims (document_id TEXT PRIMARY KEY, claims TEXT NOT NULL);
CREATE TABLE relations (kind TEXT NOT NULL, source TEXT NOT NULL, target TEXT NOT NULL, title TEXT NOT NULL, since TEXT,
  basis TEXT NOT NULL);
CREATE INDEX relations_from ON relations (source);
CREATE INDEX relations_to ON relations (target);
CREATE TABLE files (path TEXT PRIMARY KEY, size INTEGER NOT NULL, mtime INTEGER NOT NULL, sha256 TEXT NOT NULL,
  documents TEXT NOT NULL, reason TEXT NOT NULL, overrides TEXT NOT NULL);
"""
_KEYS = (("documents", "id"), *((name, "document_id") for name in ("articles", "tables", "chunks", "claims")))
_ARTICLE = tuple(f.name for f in fields(Article))
_CHUNK = tuple(f.name for f in fields(Chunk))
_BATCH = 500


@dataclass(frozen=True, slots=True)
class FileEntry:
    """What is known of a source file: its documents, or the reason why it was refused; what was corrected of it by hand."""

    path: str
    size: int
    mtime: int
    sha256: str
    documents: tuple[str, ...]
    reason: str
    overrides: str = ""


def copy_database(source: Path, target: Path) -> None:
    """Copy an SQLite file as it is at one moment, while others write it. Raises `LibraryError`."""
    try:
        with (
            closing(sqlite3.connect(f"file:{quote(str(source))}?mode=ro", uri=True)) as old,
            closing(sqlite3.connect(target)) as new,
        ):
            old.backup(new)
    except sqlite3.Error as error:
        raise LibraryError("凭据的数据库读不出来，没有做备份。") from error


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

    def add(self, parsed: ParsedDocument, tokens: Sequence[bytes] = ()) -> None:
        """Store a document with its outline, tables and chunks, and the tokens of each chunk where there are any."""
        record = asdict(parsed.document)
        text = record.pop("text")
        articles = [_row(a, _ARTICLE) for a in parsed.articles]
        stored = tokens or [b""] * len(parsed.chunks)
        chunks = [(*_row(c, _CHUNK), t) for c, t in zip(parsed.chunks, stored, strict=True)]
        with self._writing():
            self._db.execute("INSERT INTO documents VALUES (?,?,?)", (parsed.document.id, _dump(record), text))
            self._db.executemany(f"INSERT INTO articles VALUES ({_marks(_ARTICLE)})", articles)
            if parsed.tables:
                tables = _dump([asdict(t) for t in parsed.tables])
                self._db.execute("INSERT INTO tables VALUES (?,?)", (parsed.document.id, tables))
            if parsed.claims:
                claims = _dump([asdict(c) for c in parsed.claims])
                self._db.execute("INSERT INTO claims VALUES (?,?)", (parsed.document.id, claims))
            self._db.executemany(f"INSERT INTO chunks VALUES ({_marks((*_CHUNK, 'tokens'))})", chunks)

    def remove(self, document_id: str) -> None:
        with self._writing():
            for table, column in _KEYS:
                self._db.execute(f"DELETE FROM {table} WHERE {column} = ?", (document_id,))

    def set_sources(self, document_id: str, sources: Sequence[str]) -> None:
        """Replace the file names of a stored document."""
        record = json.loads(self._all("SELECT record FROM documents WHERE id = ?", (document_id,))[0][0])
        with self._writing():
            updated = _dump({**record, "sources": list(sources)})
            self._db.execute("UPDATE documents SET record = ? WHERE id = ?", (updated, document_id))

    def set_files(self, entries: Iterable[FileEntry]) -> None:
        """Replace the list of source files."""
        rows = [(e.path, e.size, e.mtime, e.sha256, _dump(e.documents), e.reason, e.overrides) for e in entries]
        with self._writing():
            self._db.execute("DELETE FROM files")
            self._db.executemany("INSERT INTO files VALUES (?,?,?,?,?,?,?)", rows)

    def files(self) -> dict[str, FileEntry]:
        rows = self._all("SELECT * FROM files ORDER BY path")
        return {r[0]: FileEntry(r[0], r[1], r[2], r[3], tuple(json.loads(r[4])), r[5], r[6]) for r in rows}

    def documents(self, *, texts: bool = True) -> tuple[PolicyDocument, ...]:
        """All documents in order of their titles; without `texts` each has an empty one."""
        rows = self._all(f"SELECT record, {'text' if texts else 'NULL'} FROM documents")
        return tuple(sorted((_document(record, text or "") for record, text in rows), key=lambda d: (d.title, d.id)))

    def claims(self) -> Iterator[tuple[str, Claim]]:
        """What each document says of others, by document id."""
        for document_id, stored in self._all("SELECT document_id, claims FROM claims ORDER BY document_id"):
            for values in json.loads(stored):
                yield document_id, Claim(**{**values, "since": _day(values["since"])})

    def set_relations(self, relations: Iterable[Relation]) -> None:
        """Replace all relations."""
        rows = [(r.kind, r.source, r.target, r.title, r.since and r.since.isoformat(), r.basis) for r in relations]
        with self._writing():
            self._db.execute("DELETE FROM relations")
            self._db.executemany("INSERT INTO relations VALUES (?,?,?,?,?,?)", rows)

    def relations(self, kind: RelationKind) -> tuple[Relation, ...]:
        """All relations of a kind."""
        return tuple(map(_relation, self._all("SELECT * FROM relations WHERE kind = ? ORDER BY rowid", (kind,))))

    def relations_of(self, document_id: str) -> tuple[Relation, ...]:
        """What a document relates to and what relates to it."""
        rows = self._all("SELECT * FROM relations WHERE source = ?1 OR target = ?1 ORDER BY rowid", (document_id,))
        return tuple(map(_relation, rows))

    def articles(self, document_id: str) -> tuple[Article, ...]:
        rows = self._all("SELECT * FROM articles WHERE document_id = ? ORDER BY ordinal", (document_id,))
        return tuple(_article(r) for r in rows)

    def article(self, document_id: str, ordinal: int) -> Article:
        """One article. Raises KeyError where there is none."""
        rows = self._all("SELECT * FROM articles WHERE document_id = ? AND ordinal = ?", (document_id, ordinal))
        if not rows:
            raise KeyError(ordinal)
        return _article(rows[0])

    def tables(self, document_id: str) -> tuple[Table, ...]:
        rows = self._all("SELECT tables FROM tables WHERE document_id = ?", (document_id,))
        return tuple(Table(**_tuples(t)) for row in rows for t in json.loads(row[0]))

    def chunks(self, ids: Sequence[str]) -> list[Chunk]:
        """The chunks of these ids that exist, in the order asked for."""
        found = {r[0]: _chunk(r) for r in self._of_chunks(_CHUNK, ids)}
        return [found[i] for i in ids if i in found]

    def tokens(self, ids: Sequence[str]) -> dict[str, bytes]:
        """The tokens of these chunks, as they were stored."""
        return dict(self._of_chunks(("id", "tokens"), ids))

    def _of_chunks(self, columns: Sequence[str], ids: Sequence[str]) -> Iterator[Any]:
        for i in range(0, len(ids), _BATCH):
            part = tuple(ids[i : i + _BATCH])
            yield from self._all(f"SELECT {','.join(columns)} FROM chunks WHERE id IN ({_marks(part)})", part)

    def chunks_of(self, document_id: str) -> list[Chunk]:
        query = f"SELECT {','.join(_CHUNK)} FROM chunks WHERE document_id = ? ORDER BY start, id"
        return [_chunk(r) for r in self._all(query, (document_id,))]

    def document_count(self) -> int:
        return int(self._all("SELECT count(*) FROM documents")[0][0])

    def headings(self, without: Collection[str] = ()) -> list[str]:
        """Every heading once, of all documents but some."""
        query = "SELECT DISTINCT heading FROM articles WHERE heading != ''"
        if without:
            query += f" AND document_id NOT IN ({_marks(tuple(without))})"
        return [row[0] for row in self._all(query, tuple(without))]

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


def _row(record: Article | Chunk, names: Sequence[str]) -> tuple[Any, ...]:
    values = (getattr(record, name) for name in names)
    return tuple(_dump(v) if isinstance(v, tuple) else v for v in values)


def _marks(values: Sequence[Any]) -> str:
    return ",".join("?" * len(values))


def _article(row: tuple[Any, ...]) -> Article:
    document_id, ordinal, kind, level, number, heading, path, responsible, start, body, end, page = row
    outline = (document_id, ordinal, kind, level, number, heading, path)
    return Article(*outline, _names(responsible), start, body, end, page)


def _chunk(row: tuple[Any, ...]) -> Chunk:
    chunk_id, document_id, article, path, text, indexed, responsible, start, end = row
    return Chunk(chunk_id, document_id, article, path, text, indexed, _names(responsible), start, end)


def _names(array: str) -> tuple[str, ...]:
    return tuple(json.loads(array)) if array != "[]" else ()


def _relation(row: tuple[Any, ...]) -> Relation:
    kind, source, target, title, since, basis = row
    return Relation(kind, source, target, title, _day(since), basis)


def _document(record: str, text: str) -> PolicyDocument:
    values: dict[str, Any] = json.loads(record)
    values |= {key: _day(values[key]) for key in ("written", "published", "effective", "expires")}
    place = values["place"]
    values["place"] = Place(tuple(place["path"]), place["adcode"]) if place else None
    values |= {
        "fixes": tuple(Fix(**f) for f in values["fixes"]),
        "marks": tuple(Mark(**m) for m in values["marks"]),
        "gaps": tuple(Gap(**g) for g in values["gaps"]),
    }
    values |= {k: tuple(v) for k, v in values.items() if isinstance(v, list)}
    return PolicyDocument(**{**values, "text": text})


def _day(stored: str | None) -> date | None:
    return date.fromisoformat(stored) if stored else None


def _tuples(values: dict[str, Any]) -> dict[str, Any]:
    """JSON arrays back to (nested) tuples."""
    return {k: _tuple(v) for k, v in values.items()}


def _tuple(value: Any) -> Any:
    return tuple(_tuple(v) for v in value) if isinstance(value, list) else value


def _dump(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=lambda d: d.isoformat())
