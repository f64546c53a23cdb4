"""Receipts, feedback and unanswered questions in a database by URL: SQLite by default, PostgreSQL for several servers (ADR 12, 18).

The only importer of SQLAlchemy. Every call is one short transaction; what the database cannot do is a `JournalError`.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, Literal, TypeVar

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import OperationalError, SQLAlchemyError

from bot.kept import Feedback, Receipt, Unanswered, receipt_of
from bot.messages import message
from bot.patience import Outages, Patience, Resting
from index.errors import JournalError, SettingsError

MOST = 200_000  # rows of a table: a flood of questions must not fill the disk
SECONDS = 4.0  # how long a question waits for its receipt at most
REST = 15.0  # seconds in which nobody waits for a database that has just kept somebody waiting
_PRUNE_EVERY = 3600.0  # seconds
_LARGEST_ID = 2**31 - 1  # of PostgreSQL's integers
_DRIVERS = {
    "sqlite": "sqlite",
    "sqlite+pysqlite": "sqlite",
    **dict.fromkeys(("postgres", "postgresql", "postgresql+psycopg"), "postgresql+psycopg"),
}
_INSERTS = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}
_T = TypeVar("_T")
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
    """One database, opened at its first use. Rows older than `days` are dropped now and then.

    No call takes longer than `seconds`, and after one that did none is tried for `rest` seconds. What is written late is written
    all the same, but nobody has been told of it.
    """

    def __init__(self, url: str | sa.URL, days: int = 365, *, seconds: float = SECONDS, rest: float = REST) -> None:
        self.url, self.days = _address(url), days
        self._engine = _engine(self.url, seconds)
        self._insert: Any = _INSERTS[self._engine.dialect.name]
        self._patience = Patience(seconds, rest)
        self._outages = Outages("journal")  # reading may work where writing does not
        self._lock, self._preparing = threading.Lock(), threading.Lock()
        self._ready = False
        self._pruned = float("-inf")

    def close(self) -> None:
        self._engine.dispose()

    def add_receipt(self, receipt: Receipt) -> None:
        with suppress(JournalError):  # another server may be pruning at the same moment
            self._prune()
        values = {"id": receipt.id, "asked": _text(receipt.asked), "record": receipt.values()}
        self._do("writing", lambda db: db.execute(sa.insert(_receipts).values(**values)))

    def receipt(self, receipt_id: str) -> Receipt | None:
        query = sa.select(_receipts).where(_receipts.c.id == receipt_id)
        return next(iter(self._do("reading", lambda db: [_receipt(row) for row in db.execute(query)])), None)

    def add_feedback(self, feedback: Feedback) -> bool:
        """Keep what was thought of a receipt in place of what was thought of it before; False where there is no such receipt."""
        values = {"given": _text(feedback.given), "good": feedback.good, "remark": feedback.remark}
        values |= {"reasons": list(feedback.reasons)}
        kept = self._insert(_feedback).values(receipt=feedback.receipt, **values)

        def keep(db: sa.Connection) -> bool:
            known = db.execute(sa.select(_receipts.c.id).where(_receipts.c.id == feedback.receipt)).first()
            if known is not None:
                db.execute(kept.on_conflict_do_update(index_elements=[_feedback.c.receipt], set_=values))
            return known is not None

        return self._do("writing", keep)

    def feedback(self, limit: int = 1000) -> list[tuple[Feedback, Receipt]]:
        """The newest feedback with the answers that it is about."""
        query = (
            sa.select(_feedback, _receipts)
            .join(_receipts, _receipts.c.id == _feedback.c.receipt)
            .order_by(_feedback.c.given.desc(), _feedback.c.receipt)
            .limit(limit)
        )

        def pair(row: Any) -> tuple[Feedback, Receipt]:
            given = Feedback(row.receipt, _time(row.given), row.good, tuple(row.reasons), row.remark)
            return given, _receipt(row)

        return self._do("reading", lambda db: [pair(row) for row in db.execute(query)])

    def add_question(self, question: str, place: str, outcome: str, asked: datetime) -> None:
        values = {"asked": _text(asked), "question": question, "place": place, "outcome": outcome}
        self._do("writing", lambda db: db.execute(sa.insert(_questions).values(**values)))

    def questions(self, limit: int = 2000) -> list[Unanswered]:
        """The newest questions that found no answer."""
        query = sa.select(_questions).order_by(_questions.c.asked.desc(), _questions.c.id.desc()).limit(limit)

        def unanswered(row: Any) -> Unanswered:
            return Unanswered(row.id, _time(row.asked), row.question, row.place, row.outcome)

        return self._do("reading", lambda db: [unanswered(row) for row in db.execute(query)])

    def drop_questions(self, ids: Sequence[int]) -> None:
        known = [i for i in ids if 0 < i <= _LARGEST_ID]
        self._do("writing", lambda db: db.execute(sa.delete(_questions).where(_questions.c.id.in_(known))))

    def withhold(self, document_ids: Sequence[str]) -> None:
        """Show no more of these documents on any receipt."""
        # In one order, or two servers may wait for each other.
        rows = [{"document_id": i} for i in sorted(set(document_ids))]
        if rows:
            added = self._insert(_withheld).values(rows).on_conflict_do_nothing()
            self._do("writing", lambda db: db.execute(added))

    def withheld(self) -> frozenset[str]:
        query = sa.select(_withheld.c.document_id)
        return self._do("reading", lambda db: frozenset(db.execute(query).scalars()))

    def prune(self, now: datetime, most: int = MOST) -> None:
        """Drop what is older than `days`, the oldest rows beyond `most`, and feedback whose receipt has gone."""
        eldest = _text(now - timedelta(days=self.days))
        # Not `NOT IN`: PostgreSQL reads all receipts again for each row once they do not fit its working memory.
        about = sa.exists().where(_receipts.c.id == _feedback.c.receipt)

        def drop(db: sa.Connection) -> None:
            for table in (_receipts, _questions):
                db.execute(sa.delete(table).where(table.c.asked < eldest))
                count = db.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()
                if count > most:
                    edge = sa.select(table.c.asked).order_by(table.c.asked.desc()).offset(most).limit(1)
                    db.execute(sa.delete(table).where(table.c.asked <= edge.scalar_subquery()))
            db.execute(sa.delete(_feedback).where(~about))

        self._do("writing", drop)

    def _prune(self) -> None:
        with self._lock:
            due, self._pruned = time.monotonic() - self._pruned > _PRUNE_EVERY, time.monotonic()
        if due:
            self.prune(datetime.now(UTC))

    def _do(self, use: Literal["reading", "writing"], work: Callable[[sa.Connection], _T]) -> _T:
        """What `work` gives, in one transaction. Raises `JournalError`."""
        try:
            done = self._patience.run(partial(self._transact, work))
        except (SQLAlchemyError, OSError) as error:
            self._outages.failed(use, self._reason(error))
            raise JournalError(message("journal_failed", file="receipt")) from error
        except (Resting, TypeError, KeyError, ValueError) as error:  # the last three: a record of another layout
            raise JournalError(message("journal_failed", file="receipt")) from error
        self._outages.worked(use)
        return done

    def _transact(self, work: Callable[[sa.Connection], _T]) -> _T:
        self._prepare()
        with self._engine.begin() as connection:
            return work(connection)

    def _reason(self, error: Exception) -> str:
        """A failure for the log: its kind, and of an unreachable database what it says. Other errors may quote what was asked."""
        lines = str(error.orig).splitlines() if isinstance(error, OperationalError) else []
        reason = ": ".join([type(error).__name__, *lines[:1]])
        return reason.replace(self.url.password, "***") if self.url.password else reason

    def _prepare(self) -> None:
        with self._preparing:
            if self._ready:
                return
            if self._engine.dialect.name == "sqlite":
                Path(str(self._engine.url.database)).parent.mkdir(parents=True, exist_ok=True)
            self._engine.connect().close()  # a database that cannot be reached is not tried twice
            for left in reversed(range(len(_TABLES.tables) + 1)):
                try:
                    _TABLES.create_all(self._engine)
                    break
                except SQLAlchemyError:  # another server made one of them at the same moment: one fewer is missing
                    if not left:
                        raise
            self._ready = True


def _address(url: str | sa.URL) -> sa.URL:
    """A URL that can work. Raises `SettingsError`, which repeats nothing of it: it may hold a password."""
    try:
        address = sa.make_url(url)
    except (SQLAlchemyError, ValueError):
        raise SettingsError(message("journal_setting", file="receipt")) from None
    driver = _DRIVERS.get(address.drivername)
    # Each connection to a database in memory would be a database of its own.
    if driver is None or (driver == "sqlite" and address.database in (None, "", ":memory:")):
        raise SettingsError(message("journal_setting", file="receipt"))
    return address.set(drivername=driver)


def _engine(url: sa.URL, seconds: float) -> sa.Engine:
    """Raises `SettingsError` where the driver is missing or an option is wrong."""
    local = url.get_backend_name() == "sqlite"
    # Connections end by themselves a little before or after nobody waits for them any more.
    options = {"timeout": 3} if local else {"connect_timeout": 3, "tcp_user_timeout": 10_000, "keepalives_idle": 10}
    try:
        engine = sa.create_engine(
            url,
            json_serializer=partial(json.dumps, ensure_ascii=False),
            connect_args={name: value for name, value in options.items() if name not in url.query},
            pool_pre_ping=not local,
            pool_timeout=seconds,
            hide_parameters=True,  # an error must not repeat what was asked
        )
    except (ImportError, SQLAlchemyError, ValueError, TypeError):
        raise SettingsError(message("journal_setting", file="receipt")) from None
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
