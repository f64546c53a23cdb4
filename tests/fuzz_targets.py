"""What is fuzzed: a stage each, given any bytes, with what must hold of whatever comes of them. Used with hypothesis and atheris."""

from __future__ import annotations

import signal
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from types import FrameType

from bot.answer import Answerer
from bot.find import Finder
from bot.records import Turn
from bot.settings import SAMPLE_DOCUMENTS, Settings
from bot.understand import understand
from index.documents import split_documents
from index.embed import load_embedder
from index.errors import UnreadableFile
from index.ingest import parse_document
from index.library import open_library
from index.read import read_file
from index.records import ParsedDocument, SourceFile
from index.repair import repair
from index.sync import sync

SECONDS = 10  # of the processor, for input of a few thousand characters
LONGEST_QUESTION = 2_000
Target = Callable[[bytes], None]


class TooSlow(AssertionError):
    """A stage that takes more than the length of its input explains."""


@contextmanager
def within(seconds: int = SECONDS) -> Iterator[None]:
    """Fail where more processor time is used: what else runs on the machine does not count."""

    def stop(_: int, __: FrameType | None) -> None:
        raise TooSlow(f"more than {seconds} s")

    before = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


READY: list[Answerer] = []  # one over the sample library, where there is one already


@cache
def answerer() -> Answerer:
    """Over the sample library, built once a process."""
    if READY:
        return READY[0]
    home = Path(tempfile.mkdtemp(prefix="youju-fuzz-"))
    embedder = load_embedder(None)
    sync([SAMPLE_DOCUMENTS], home, embedder, progress=False)
    return Answerer(open_library(home, embedder), Settings(home=home))


@cache
def finder() -> Finder:
    return Finder(answerer().library)


@cache
def place_for_files() -> Path:
    return Path(tempfile.mkdtemp(prefix="youju-fuzz-")) / "某.txt"


def lines_of(data: bytes) -> str:
    """Text as reading leaves it: decoded, one kind of line end, no control characters."""
    text = "\n".join(data.decode("utf8", "ignore").splitlines())
    return "".join(c for c in text if c >= " " or c in "\n\t")


def fuzz_read(data: bytes) -> None:
    """A sentence, or text with one kind of line end."""
    path = place_for_files()
    path.write_bytes(data)
    try:
        source = read_file(path)
    except UnreadableFile as error:
        assert str(error).endswith("。")
        return
    assert source.text.strip()
    assert source.text.splitlines() == source.text.split("\n") or source.text.endswith("\n")


def fuzz_repair(data: bytes) -> None:
    """As many lines as before; each repair tells of one of them, and of what it stood after."""
    text = lines_of(data)
    repaired = repair(text)
    count = text.count("\n") + 1
    assert repaired.text.count("\n") + 1 == count
    assert all(1 <= fix.line <= count for fix in repaired.fixes)
    assert all("\n" not in fix.before + fix.after for fix in repaired.fixes)


def fuzz_documents(data: bytes) -> None:
    """Every offset lies in the text, every chunk is a slice of it, the articles follow one another."""
    text = lines_of(data)
    source = SourceFile(Path("某.txt"), "0" * 64, "text/plain", "utf-8", text)
    for document in split_documents(source, repair(text)):
        check(parse_document(document))


def check(parsed: ParsedDocument) -> None:
    """What must hold of any document."""
    text = parsed.document.text
    assert parsed.document.id
    assert parsed.document.title
    assert all(text[c.start : c.end] == c.text != "" for c in parsed.chunks)
    assert all(0 <= a.start <= a.body <= a.end <= len(text) for a in parsed.articles)
    assert [a.ordinal for a in parsed.articles] == list(range(len(parsed.articles)))
    assert all(0 <= m.start < m.end <= len(text) for m in parsed.document.marks)
    assert all(0 <= g.position <= len(text) for g in parsed.document.gaps)
    assert all(0 <= t.start <= t.end <= len(text) for t in parsed.tables)
    assert all(0 <= a < b <= len(text) for t in parsed.tables for a, b in t.spans)


def fuzz_understand(data: bytes) -> None:
    """A question, alone or after another one; what it names is in the library."""
    text = data.decode("utf8", "ignore")[:LONGEST_QUESTION]
    own = answerer()
    known = {d.id for d in own.library.documents()}
    first, _, then = text.partition("\n")
    for asked, history in ((text, ()), (then, (Turn("user", first),))):
        question = understand(asked, names=own.names, known_places=own.places, speller=own.speller, history=history)
        assert question.text == asked
        assert known.issuperset((*question.documents, *question.doc_nos))
        assert all(1800 < year < 2200 for year in (*question.years, *question.versions))


def fuzz_find(data: bytes) -> None:
    """Sections in order, each a slice of its document."""
    found = finder().search(data.decode("utf8", "ignore")[:LONGEST_QUESTION])
    assert [c.label for c in found.sections] == list(range(1, len(found.sections) + 1))
    assert found.total >= len(found.sections)
    for citation in found.sections:
        text = answerer().library.document(citation.document_id).text
        assert text[citation.start : citation.end] == citation.quote


TARGETS: dict[str, Target] = {
    "read": fuzz_read,
    "repair": fuzz_repair,
    "documents": fuzz_documents,
    "understand": fuzz_understand,
    "find": fuzz_find,
}
