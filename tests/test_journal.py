"""The journal over SQLite, and over a real PostgreSQL where one is installed: what is kept comes back, what fails is a sentence."""

from __future__ import annotations

import socket
import sqlite3
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from bot.journal import _TABLES, Journal, default_url
from bot.kept import Feedback, Receipt, Source
from bot.records import Statement
from bot.settings import ROOT, Settings
from index.errors import JournalError, SettingsError
from tests.postgres import Server

NOW = datetime(2026, 11, 25, 8, 30, tzinfo=UTC)
SOURCE = Source(
    1, "d1", "《办法》", "第一条", "a1", "三台县", "三教〔2026〕1号", (("施行", "2026-01-01"),), "现行有效", "每月300元。", 3, 10, "甲.txt"
)  # fmt: skip


def receipt(name: str, asked: datetime = NOW) -> Receipt:
    statements = (Statement("每月300元。", (1,), "《办法》"),)
    return Receipt(
        name, asked, "问题“一”？", "", "三台县", "", "answered", "", statements, (SOURCE,), "3", "2026-11-24", 5
    )


@pytest.fixture(params=["sqlite", "postgres"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A new database of either kind."""
    if request.param == "sqlite":
        return default_url(tmp_path / "home")
    server: Server = request.getfixturevalue("postgres")
    return server.url(server.fresh())


@pytest.fixture
def journal(address: str) -> Iterator[Journal]:
    opened = Journal(address)
    yield opened
    opened.close()


def test_a_receipt_comes_back_as_it_was(journal: Journal) -> None:
    journal.add_receipt(receipt("r1"))
    assert journal.receipt("r1") == receipt("r1")
    assert journal.receipt("none") is None
    assert journal.receipt("'; DROP TABLE youju_receipts; --") is None


def test_feedback_needs_a_receipt_and_the_last_word_counts(journal: Journal) -> None:
    journal.add_receipt(receipt("r1"))
    first = Feedback("r1", NOW, False, ("expired", "wrong_place"), "不是我们县")
    assert journal.add_feedback(first)
    assert journal.feedback() == [(first, receipt("r1"))]
    second = Feedback("r1", NOW + timedelta(seconds=1), True, (), "")
    assert journal.add_feedback(second)
    assert journal.feedback() == [(second, receipt("r1"))]
    assert not journal.add_feedback(Feedback("r2", NOW, True, (), ""))


def test_unanswered_questions_are_listed_newest_first_and_dropped(journal: Journal) -> None:
    journal.add_question("校车谁出钱", "三台县", "not_found", NOW)
    journal.add_question("校服多少钱", "", "elsewhere", NOW + timedelta(seconds=1))
    kept = journal.questions()
    assert [(q.question, q.place, q.outcome) for q in kept] == [
        ("校服多少钱", "", "elsewhere"),
        ("校车谁出钱", "三台县", "not_found"),
    ]
    journal.drop_questions([kept[0].id])
    journal.drop_questions([0, -1, 10**30])
    assert [q.question for q in journal.questions()] == ["校车谁出钱"]


def test_what_is_old_is_pruned_with_its_feedback(journal: Journal) -> None:
    old = NOW - timedelta(days=400)
    journal.prune(NOW)
    journal.add_receipt(receipt("first"))  # the first one looks for old rows
    for name, asked in (("old", old), ("new", NOW)):
        journal.add_receipt(receipt(name, asked))
        journal.add_feedback(Feedback(name, asked, True, (), ""))
        journal.add_question(name, "", "not_found", asked)
    journal.prune(NOW)
    assert journal.receipt("old") is None
    assert journal.receipt("first") is not None
    assert [f.receipt for f, _ in journal.feedback()] == ["new"]
    assert [q.question for q in journal.questions()] == ["new"]


def test_no_table_grows_beyond_its_bound(journal: Journal) -> None:
    for second in range(6):
        journal.add_receipt(receipt(f"r{second}", NOW + timedelta(seconds=second)))
    journal.prune(NOW, most=4)
    assert [journal.receipt(f"r{i}") is not None for i in range(6)] == [False, False, True, True, True, True]


def test_documents_are_withheld_once_and_for_all(journal: Journal) -> None:
    journal.withhold(["d1", "d2", "d1"])
    journal.withhold(["d2"])
    journal.withhold([])
    assert journal.withheld() == {"d1", "d2"}


def test_many_threads_write_at_once(journal: Journal) -> None:
    def write(at: int) -> None:
        for i in range(5):
            journal.add_receipt(receipt(f"t{at}-{i}"))

    threads = [threading.Thread(target=write, args=(at,)) for at in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(journal.receipt(f"t{at}-{i}") is not None for at in range(6) for i in range(5))


def test_servers_may_keep_the_same_thing_at_the_same_moment(address: str) -> None:
    servers = [Journal(address) for _ in range(3)]
    servers[0].add_receipt(receipt("r1"))
    failed: list[JournalError] = []

    def work(at: int, server: Journal) -> None:
        for i in range(15):
            try:
                server.add_feedback(Feedback("r1", NOW, bool(i % 2), (), f"{at}"))
                server.withhold([f"d{i}", f"e{i}"][:: 1 if at % 2 else -1])
            except JournalError as error:
                failed.append(error)

    threads = [threading.Thread(target=work, args=each) for each in enumerate(servers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert len(servers[0].feedback()) == 1 and len(servers[0].withheld()) == 30
    for server in servers:
        server.close()


_WRITER = """
import sys
from datetime import UTC, datetime
from bot.journal import Journal
from bot.kept import Feedback, Receipt
journal, now = Journal(sys.argv[1]), datetime.now(UTC)
for i in range(50):
    name = f"{sys.argv[2]}{i}"
    journal.add_receipt(Receipt(name, now, "校车谁出钱", "", "", "", "not_found", "没有找到", (), (), "1", "", 1))
    journal.add_question("校车谁出钱", "", "not_found", now)
    journal.add_feedback(Feedback(name, now, True, (), ""))
"""


def test_two_processes_make_and_write_one_database(address: str) -> None:
    command = [sys.executable, "-c", _WRITER, address]
    writers = [subprocess.Popen([*command, name], cwd=ROOT, stderr=subprocess.PIPE) for name in "ab"]
    assert [writer.communicate()[1] for writer in writers] == [b"", b""]
    journal = Journal(address)
    assert len(journal.questions()) == 100
    assert {r.id for _, r in journal.feedback()} == {f"{name}{i}" for name in "ab" for i in range(50)}
    journal.close()


def test_tables_that_another_process_makes_in_step_cost_nothing(tmp_path: Path) -> None:
    """Each table is made by somebody else between the look for it and its making."""
    address, made = f"sqlite:///{tmp_path / 'journal.db'}", set[str]()
    other = sa.create_engine(address)

    def make(table: sa.Table, _: sa.Connection, **__: object) -> None:
        if table.name not in made:
            made.add(table.name)
            table.create(other)

    for table in _TABLES.sorted_tables:
        sa.event.listen(table, "before_create", make)
    try:
        journal = Journal(address)
        journal.add_question("校车谁出钱", "", "not_found", datetime.now(UTC))
        assert len(journal.questions()) == 1
        journal.close()
    finally:
        for table in _TABLES.sorted_tables:
            sa.event.remove(table, "before_create", make)
        other.dispose()
    assert made == set(_TABLES.tables)


def test_a_journal_of_the_first_releases_goes_on(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "journal.db") as old:
        old.executescript((Path(__file__).parent / "cases" / "journal.sql").read_text(encoding="utf8"))
    old.close()
    journal = Journal(default_url(tmp_path))
    assert journal.receipt("old") == receipt("old")
    assert journal.feedback() == [(Feedback("old", NOW, False, ("expired",), "旧"), receipt("old"))]
    assert [q.question for q in journal.questions()] == ["校车谁出钱"]
    assert journal.withheld() == {"d9"}
    journal.add_feedback(Feedback("old", NOW, True, (), ""))
    journal.add_receipt(receipt("new"))
    assert [f.good for f, _ in journal.feedback()] == [True]
    journal.withhold(["d9", "d10"])
    assert journal.withheld() == {"d9", "d10"}
    journal.close()


def test_the_local_database_is_written_ahead(tmp_path: Path) -> None:
    journal = Journal(default_url(tmp_path / "new" / "home"))
    journal.add_receipt(receipt("r1"))
    assert (tmp_path / "new" / "home" / "journal.db-wal").exists()
    journal.close()


WRONG = [
    "nonsense", "nothing://x", "sqlite+nothing:///x.db", "mysql://u:geheim@h/x", "postgresql+psycopg2://u:geheim@h/x",
    "postgresql://u:geheim/x", "postgresql://u:geheim@h:port/x", "sqlite://", "sqlite:///:memory:", "sqlite:///x.db?timeout=x",
]  # fmt: skip


@pytest.mark.parametrize("url", WRONG)
def test_an_address_that_cannot_work_is_a_setting_to_correct(url: str) -> None:
    with pytest.raises(SettingsError, match="YOUJU_JOURNAL_URL") as told:
        Journal(url)
    assert "geheim" not in "".join(traceback.format_exception(told.value))


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_a_password_in_the_address_is_not_shown(scheme: str) -> None:
    pytest.importorskip("psycopg")
    url = f"{scheme}://u:geheim@127.0.0.1:1/x"
    settings = Settings(journal_url=url)  # type: ignore[arg-type]
    journal = Journal(url)
    assert settings.journal_url is not None and settings.journal_url.get_secret_value() == url
    for shown in (str(settings), repr(settings), settings.model_dump_json(), str(journal.url), repr(vars(journal))):
        assert "geheim" not in shown


def test_a_database_that_cannot_be_written_is_told_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("a file where the folder should be", encoding="utf8")
    journal = Journal(default_url(tmp_path / "home"))
    for call in (lambda: journal.add_receipt(receipt("r1")), lambda: journal.receipt("r1"), journal.feedback):
        with pytest.raises(JournalError, match=r"数据库暂时不能用.*。$") as told:
            call()
        assert str(tmp_path) not in str(told.value)


def test_a_record_of_another_layout_is_told_too(tmp_path: Path) -> None:
    journal = Journal(default_url(tmp_path))
    journal.add_receipt(receipt("r1"))
    journal.close()
    with sqlite3.connect(tmp_path / "journal.db") as database:
        database.execute("UPDATE youju_receipts SET record = '{}'")
    database.close()
    with pytest.raises(JournalError):
        Journal(default_url(tmp_path)).receipt("r1")


def test_the_address_is_never_empty(tmp_path: Path) -> None:
    assert Settings(home=tmp_path, journal_url=None).journal_url is None
    assert default_url(tmp_path).endswith("/journal.db")


def test_what_fails_at_once_is_told_once_and_without_the_password(caplog: pytest.LogCaptureFixture) -> None:
    pytest.importorskip("psycopg")
    journal = Journal("postgresql://u:geheim@127.0.0.1:1/x")
    for _ in range(3):
        with pytest.raises(JournalError, match=r"^凭据和评价的数据库暂时不能用，") as told:
            journal.add_receipt(receipt("r1"))
        assert "geheim" not in "".join(traceback.format_exception(told.value))
    assert len(caplog.messages) == 1
    assert caplog.messages[0].startswith("the journal fails (writing): OperationalError: connection failed")
    assert "geheim" not in caplog.text and "问题" not in caplog.text


def test_a_wrong_password_is_told_and_not_shown(postgres: Server, caplog: pytest.LogCaptureFixture) -> None:
    url = postgres.url(password="geheim")
    with pytest.raises(JournalError) as told:
        Journal(url).receipt("r1")
    assert "password authentication failed" in caplog.text
    assert "geheim" not in caplog.text + "".join(traceback.format_exception(told.value))


def test_an_error_does_not_repeat_what_was_asked(journal: Journal, caplog: pytest.LogCaptureFixture) -> None:
    journal.add_receipt(receipt("r1"))
    with pytest.raises(JournalError) as told:
        journal.add_receipt(receipt("r1"))
    shown = caplog.text + "".join(traceback.format_exception(told.value))
    assert "IntegrityError" in shown and "问题" not in shown and "三台县" not in shown


def test_a_database_that_went_away_is_used_again(postgres: Server, caplog: pytest.LogCaptureFixture) -> None:
    journal = Journal(postgres.url(postgres.fresh()))
    journal.add_receipt(receipt("r1"))
    postgres.stop()
    try:
        for _ in range(3):
            with pytest.raises(JournalError):
                journal.add_receipt(receipt("r2"))
    finally:
        postgres.start()
    journal.add_receipt(receipt("r3"))
    assert [journal.receipt(f"r{i}") is not None for i in (1, 2, 3)] == [True, False, True]
    assert [m.partition(":")[0] for m in caplog.messages] == [
        "the journal fails (writing)",
        "the journal works again (writing)",
    ]
    journal.close()


def test_nobody_waits_long_for_a_server_that_says_nothing() -> None:
    pytest.importorskip("psycopg")
    with socket.create_server(("127.0.0.1", 0)) as mute:
        journal = Journal(f"postgresql://u:geheim@127.0.0.1:{mute.getsockname()[1]}/x", seconds=0.3)
        waited = []
        for _ in range(3):
            began = time.monotonic()
            with pytest.raises(JournalError):
                journal.add_receipt(receipt("r1"))
            waited.append(time.monotonic() - began)
    assert waited[0] < 1.5
    assert max(waited[1:]) < 0.1


def test_nobody_waits_long_for_a_lock(postgres: Server, caplog: pytest.LogCaptureFixture) -> None:
    import psycopg

    url = postgres.url(postgres.fresh())
    journal = Journal(url, seconds=0.4, rest=0.2)
    with pytest.raises(JournalError), psycopg.connect(url) as holder:
        journal.receipt("r1")
        holder.execute("LOCK TABLE youju_receipts")
        journal.receipt("r1")
    with pytest.raises(JournalError):  # it rests, though the lock has gone
        journal.receipt("r1")
    time.sleep(0.25)
    assert journal.receipt("r1") is None
    assert caplog.messages == ["the journal fails (reading): TimeoutError", "the journal works again (reading)"]
    journal.close()


def test_pruning_reads_the_receipts_once(postgres: Server) -> None:
    schema = postgres.fresh()
    journal = Journal(postgres.url(schema, options="-cwork_mem=64kB"), seconds=2)
    assert journal.receipt("none") is None
    row = "left(md5(g::text), 16), '2026-11-25T08:30:00.000000+00:00'"
    postgres.execute(
        f"INSERT INTO youju_receipts SELECT {row}, '{{}}' FROM generate_series(1, 20000) g",
        f"INSERT INTO youju_feedback SELECT {row}, true, '[]', '' FROM generate_series(1, 20001) g",
        "ANALYZE youju_receipts, youju_feedback",
        schema=schema,
    )
    journal.prune(NOW)
    assert postgres.execute("SELECT count(*) FROM youju_feedback", schema=schema) == [(20_000,)]
    journal.close()


def test_the_library_of_the_database_is_loaded_when_it_is_opened() -> None:
    code = "import sys, app, bot.shelf, bot.receipts, bot.feedback; sys.exit('sqlalchemy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0
