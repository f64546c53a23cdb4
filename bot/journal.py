"""Receipts, feedback and unanswered questions in a database by URL: SQLite by default, PostgreSQL for several servers (ADR 12).

The only importer of SQLAlchemy. Every call is one short transaction; what the database cannot do is a `JournalError`.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from bot.kept import Feedback, Receipt, Unanswered, receipt_of
from bot.messages import message
from index.errors import JournalError, SettingsError

MOST = 200_000  # rows of a table: a flood of questions must not fill the disk
_PRUNE_EVERY = 3600.0  # seconds
_TABLES = sa.MetaData()
# Times are ISO 8601 in UTC, so that they sort as text and every database keeps them alike.
_receipts = sa.Table(
    "youju_receipts",
    _TABLES,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("asked", sa.String(32), nullable=False, index=True),
    sa.Column("record", sa.JSON, nullable=False),
)
_feedback = sa.Table(
    "youju_feedback",
    _TABLES,
    sa.Column("receipt", sa.String(32), primary_key=True),
    sa.Column("given", sa.String(32), nullable=False, index=True),
    sa.Column("good", sa.Boolean, nullable=False),
    sa.Column("reasons", sa.JSON, nullable=False),
    sa.Column("remark", sa.Text, nullable=False),
)
_questions = sa.Table(
    "youju_questions",
    _TABLES,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("asked", sa.String(32), nullable=False, index=True),
    sa.Column("question", sa.Text, nullable=False),
    sa.Column("place", sa.String(100), nullable=False),
    sa.Column("outcome", sa.String(20), nullable=False),
)
_withheld = sa.Table("youju_withheld", _TABLES, sa.Column("document_id", sa.String(64), primary_key=True))


def default_url(home: Path) -> str:
    """The database of a home folder."""
    return sa.URL.create("sqlite", database=str(home / "journal.db")).render_as_string(hide_password=False)


class Journal:
    """One database, opened at its first use. Rows older than `days` are dropped now and then."""

    def __init__(self, url: str, days: int = 365) -> None:
        try:
            self._engine = _engine(url)
        except (ImportError, SQLAlchemyError) as error:
            raise SettingsError(message("journal_setting", file="receipt")) from error
        self.url, self.days = url, days
        self._lock = threading.Lock()
        self._ready = False
        self._pruned = float("-inf")

    def close(self) -> None:
        self._engine.dispose()

    def add_receipt(self, receipt: Receipt) -> None:
        self._prune()
        with self._transaction() as db:
            db.execute(sa.insert(_receipts).values(id=receipt.id, asked=_text(receipt.asked), record=receipt.values()))

    def receipt(self, receipt_id: str) -> Receipt | None:
        with self._transaction() as db:
            row = db.execute(sa.select(_receipts).where(_receipts.c.id == receipt_id)).first()
            return None if row is None else _receipt(row)

    def add_feedback(self, feedback: Feedback) -> bool:
        """Keep what was thought of a receipt in place of what was thought of it before; False where there is no such receipt."""
        values = {"receipt": feedback.receipt, "given": _text(feedback.given), "good": feedback.good}
        with self._transaction() as db:
            known = db.execute(sa.select(_receipts.c.id).where(_receipts.c.id == feedback.receipt)).first()
            if known is not None:
                db.execute(sa.delete(_feedback).where(_feedback.c.receipt == feedback.receipt))
                db.execute(
                    sa.insert(_feedback).values(**values, reasons=list(feedback.reasons), remark=feedback.remark)
                )
            return known is not None

    def feedback(self, limit: int = 1000) -> list[tuple[Feedback, Receipt]]:
        """The newest feedback with the answers that it is about."""
        query = (
            sa.select(_feedback, _receipts)
            .join(_receipts, _receipts.c.id == _feedback.c.receipt)
            .order_by(_feedback.c.given.desc(), _feedback.c.receipt)
        )
        with self._transaction() as db:
            return [
                (Feedback(r.receipt, _time(r.given), r.good, tuple(r.reasons), r.remark), _receipt(r))
                for r in db.execute(query.limit(limit))
            ]

    def add_question(self, question: str, place: str, outcome: str, asked: datetime) -> None:
        with self._transaction() as db:
            values = {"asked": _text(asked), "question": question, "place": place, "outcome": outcome}
            db.execute(sa.insert(_questions).values(**values))

    def questions(self, limit: int = 2000) -> list[Unanswered]:
        """The newest questions that found no answer."""
        query = sa.select(_questions).order_by(_questions.c.asked.desc(), _questions.c.id.desc()).limit(limit)
        with self._transaction() as db:
            return [Unanswered(r.id, _time(r.asked), r.question, r.place, r.outcome) for r in db.execute(query)]

    def drop_questions(self, ids: Sequence[int]) -> None:
        with self._transaction() as db:
            db.execute(sa.delete(_questions).where(_questions.c.id.in_(list(ids))))

    def withhold(self, document_ids: Sequence[str]) -> None:
        """Show no more of these documents on any receipt."""
        with self._transaction() as db:
            db.execute(sa.delete(_withheld).where(_withheld.c.document_id.in_(list(document_ids))))
            if document_ids:
                db.execute(sa.insert(_withheld), [{"document_id": i} for i in dict.fromkeys(document_ids)])

    def withheld(self) -> frozenset[str]:
        with self._transaction() as db:
            return frozenset(db.execute(sa.select(_withheld.c.document_id)).scalars())

    def prune(self, now: datetime, most: int = MOST) -> None:
        """Drop what is older than `days`, the oldest rows beyond `most`, and feedback whose receipt has gone."""
        eldest = _text(now - timedelta(days=self.days))
        with self._transaction() as db:
            for table in (_receipts, _questions):
                db.execute(sa.delete(table).where(table.c.asked < eldest))
                count = db.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()
                if count > most:
                    edge = sa.select(table.c.asked).order_by(table.c.asked.desc()).offset(most).limit(1)
                    db.execute(sa.delete(table).where(table.c.asked <= edge.scalar_subquery()))
            db.execute(sa.delete(_feedback).where(_feedback.c.receipt.not_in(sa.select(_receipts.c.id))))

    def _prune(self) -> None:
        with self._lock:
            due, self._pruned = time.monotonic() - self._pruned > _PRUNE_EVERY, time.monotonic()
        if due:
            self.prune(datetime.now(UTC))

    @contextmanager
    def _transaction(self) -> Iterator[sa.Connection]:
        try:
            self._prepare()
            with self._engine.begin() as connection:
                yield connection
        except (
            SQLAlchemyError,
            OSError,
            TypeError,
            KeyError,
            ValueError,
        ) as error:  # the latter: a record of another layout
            raise JournalError(message("journal_failed", file="receipt")) from error

    def _prepare(self) -> None:
        with self._lock:
            if self._ready:
                return
            if self._engine.dialect.name == "sqlite" and self._engine.url.database:
                Path(self._engine.url.database).parent.mkdir(parents=True, exist_ok=True)
            try:
                _TABLES.create_all(self._engine)
            except SQLAlchemyError:  # another server made them at the same moment
                _TABLES.create_all(self._engine)
            self._ready = True


def _engine(url: str) -> sa.Engine:
    local = sa.make_url(url).get_backend_name() == "sqlite"
    # A question must not wait long for a database that does not answer: it is answered without a receipt then.
    arguments = {"timeout": 5} if local else {"connect_timeout": 3}
    engine = sa.create_engine(
        url, json_serializer=partial(json.dumps, ensure_ascii=False), connect_args=arguments, pool_pre_ping=not local
    )
    if local:
        sa.event.listen(engine, "connect", _write_ahead)
    return engine


def _write_ahead(connection: Any, _: object) -> None:
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=NORMAL")


def _receipt(row: Any) -> Receipt:
    return receipt_of(row.id, _time(row.asked), row.record)


def _text(time_: datetime) -> str:
    return time_.astimezone(UTC).isoformat(timespec="microseconds")


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)
