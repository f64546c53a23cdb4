"""The journal over SQLite, and over a real PostgreSQL where one is installed: what is kept comes back, what fails is a sentence."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.journal import Journal, default_url
from bot.kept import Feedback, Receipt, Source
from bot.records import Statement
from bot.settings import Settings
from index.errors import JournalError, SettingsError
from tests.browser import free_port

NOW = datetime(2026, 11, 25, 8, 30, tzinfo=UTC)
SOURCE = Source(
    1, "d1", "《办法》", "第一条", "a1", "三台县", "三教〔2026〕1号", (("施行", "2026-01-01"),), "现行有效", "每月300元。", 3, 10, "甲.txt"
)  # fmt: skip


def receipt(name: str, asked: datetime = NOW) -> Receipt:
    statements = (Statement("每月300元。", (1,), "《办法》"),)
    return Receipt(
        name, asked, "问题“一”？", "", "三台县", "", "answered", "", statements, (SOURCE,), "3", "2026-11-24", 5
    )


@pytest.fixture(scope="module")
def postgres() -> Iterator[str]:
    """A PostgreSQL of our own on a free port, in a folder of its own."""
    pytest.importorskip("psycopg")
    if shutil.which("initdb") is None or shutil.which("pg_ctl") is None:
        pytest.skip("PostgreSQL is not installed")
    with tempfile.TemporaryDirectory() as folder:
        port, as_user = free_port(), []
        if os.getuid() == 0:  # PostgreSQL refuses to run as root
            shutil.chown(folder, "nobody")
            as_user = ["setpriv", "--reuid=nobody", "--clear-groups"]

        def run(*command: str) -> None:
            subprocess.run([*as_user, *command], check=True, stdout=subprocess.DEVNULL, cwd=folder)

        run("initdb", "-D", f"{folder}/data", "-U", "youju", "-A", "trust", "-E", "UTF8", "--locale=C")
        options = f"-c listen_addresses=127.0.0.1 -c port={port} -c unix_socket_directories={folder}"
        run("pg_ctl", "-D", f"{folder}/data", "-w", "-l", f"{folder}/log", "-o", options, "start")
        try:
            yield f"postgresql+psycopg://youju@127.0.0.1:{port}/postgres"
        finally:
            run("pg_ctl", "-D", f"{folder}/data", "-m", "immediate", "stop")


@pytest.fixture(params=["sqlite", "postgres"])
def journal(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Journal]:
    url = default_url(tmp_path / "home") if request.param == "sqlite" else request.getfixturevalue("postgres")
    opened = Journal(url)
    yield opened
    opened.prune(NOW + timedelta(days=10_000))
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
    assert [q.question for q in journal.questions()] == ["校车谁出钱"]


def test_what_is_old_is_pruned_with_its_feedback(journal: Journal) -> None:
    old = NOW - timedelta(days=400)
    journal.prune(NOW)
    for name, asked in (("old", old), ("new", NOW)):
        journal.add_receipt(receipt(name, asked))
        journal.add_feedback(Feedback(name, asked, True, (), ""))
        journal.add_question(name, "", "not_found", asked)
    journal.prune(NOW)
    assert journal.receipt("old") is None
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
    assert journal.withheld() >= {"d1", "d2"}


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


def test_two_servers_share_one_database(journal: Journal) -> None:
    other = Journal(journal.url)
    journal.add_receipt(receipt("shared"))
    assert other.receipt("shared") == receipt("shared")
    other.close()


def test_the_local_database_is_written_ahead(tmp_path: Path) -> None:
    journal = Journal(default_url(tmp_path / "new" / "home"))
    journal.add_receipt(receipt("r1"))
    assert (tmp_path / "new" / "home" / "journal.db-wal").exists()
    journal.close()


@pytest.mark.parametrize("url", ["nonsense", "nothing://x", "sqlite+nothing:///x.db"])
def test_an_address_that_cannot_work_is_a_setting_to_correct(url: str) -> None:
    with pytest.raises(SettingsError, match="YOUJU_JOURNAL_URL"):
        Journal(url)


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
    subprocess.run(["python3", "-c", "import sqlite3,sys;d=sqlite3.connect(sys.argv[1]);d.execute('UPDATE youju_receipts SET record=?',('{}',));d.commit()", tmp_path / "journal.db"], check=True)  # fmt: skip
    with pytest.raises(JournalError):
        Journal(default_url(tmp_path)).receipt("r1")


def test_the_address_is_never_empty(tmp_path: Path) -> None:
    assert Settings(home=tmp_path, journal_url=None).journal_url is None
    assert default_url(tmp_path).endswith("/journal.db")
