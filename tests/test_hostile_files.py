"""Hostile files, made by `tests.hostile.make_files`: each is refused with its sentence or read exactly, and harms nothing."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from eval.corpus_files import pdf_bytes
from index.apart import apart
from index.errors import EmptyFile, FileTooLarge, UnreadableFile
from index.ingest import parse_apart
from index.library import open_library
from index.read import collect_files, media_type, read_file
from index.read.scan import SCANNED, UNREAD, installed
from index.sync import sync
from tests.canary import listening
from tests.hostile import make_files
from tests.hostile.make_files import NAMES, PLAIN, READ, REFUSED
from tests.hostile.packages import pdf_that_swells
from tests.test_sync import EMBEDDER

FILES = {name: sentence for sentence, files in REFUSED.items() for name in files} | dict.fromkeys(READ, "")


@pytest.fixture(scope="module")
def canary() -> Iterator[list[str]]:
    """Connections made to the address in the hostile files while the tests of this module run."""
    with listening() as (address, hits), pytest.MonkeyPatch.context() as patch:
        patch.setattr(make_files, "URL", f"{address}/x")
        yield hits


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory, canary: list[str]) -> tuple[Path, dict[str, str]]:
    folder = tmp_path_factory.mktemp("hostile") / "资料"
    return folder, make_files.make_files(folder)


def test_the_set_is_large_and_says_why() -> None:
    assert len(FILES) >= 60
    assert all(sentence.endswith("。") and "请" in sentence for sentence in REFUSED)


@pytest.mark.parametrize("name", FILES)
def test_each_file_is_refused_with_its_sentence_or_read_exactly(
    hostile: tuple[Path, dict[str, str]], canary: list[str], name: str
) -> None:
    path = hostile[0] / name
    if FILES[name]:
        with pytest.raises(UnreadableFile) as caught:
            apart(read_file)(path)
        assert str(caught.value) == FILES[name]
    else:
        assert apart(read_file)(path).text == READ[name][1]
    assert canary == []


def test_a_library_of_hostile_files_holds_the_good_ones(
    hostile: tuple[Path, dict[str, str]], canary: list[str], tmp_path: Path
) -> None:
    folder, said = hostile
    before = _everything_below(tmp_path.parent, but=tmp_path) | _everything_below(Path.cwd(), but=tmp_path)
    home = tmp_path / "home"
    report = sync([folder], home, EMBEDDER, progress=False)
    refused = {name: UNREAD if sentence == SCANNED and installed() else sentence for name, sentence in said.items()}
    assert sorted(report.quarantined) == sorted((name, sentence) for name, sentence in refused.items() if sentence)
    good = {name for name, sentence in said.items() if not sentence}
    library = open_library(home, EMBEDDER)
    documents = library.documents()
    assert {source for d in documents for source in d.sources} == good
    assert report.documents == len(documents)
    assert all("root:" not in library.document(d.id).text for d in documents)
    assert all(c.isprintable() for d in documents for c in d.title)
    assert canary == []
    assert _everything_below(tmp_path.parent, but=tmp_path) | _everything_below(Path.cwd(), but=tmp_path) == before
    assert sync([folder], home, EMBEDDER, progress=False).generation == report.generation


def _everything_below(folder: Path, but: Path) -> set[str]:
    """Files and their sizes, without caches of Python and of the test tools."""
    found = (p for p in folder.rglob("*") if not re.search(r"cache|\.hypothesis|\.venv|\.git\b", p.as_posix()))
    return {f"{p} {p.lstat().st_size}" for p in found if not p.is_relative_to(but) and not p.is_dir()}


def test_memory_of_the_program_hardly_grows(hostile: tuple[Path, dict[str, str]]) -> None:
    sizes = []
    with Path("/proc/self/clear_refs").open("w") as peak:
        peak.write("5")
    before = _memory("VmRSS")
    for path in collect_files([hostile[0]]):
        try:
            sizes.append(len(parse_apart(path)))
        except UnreadableFile:
            sizes.append(0)
    assert sum(map(bool, sizes)) >= len(READ)
    assert _memory("VmHWM") - before <= 100_000


def _memory(name: str) -> int:
    """Kilobytes."""
    found = re.search(rf"{name}:\s+(\d+)", Path("/proc/self/status").read_text())
    return int(found[1]) if found else 0


@pytest.mark.parametrize("name", ["炸弹.docx", "小份炸弹.docx", "重叠炸弹.docx", "太多条目.docx", "套娃.zip"])
def test_a_bomb_is_refused_within_a_second(hostile: tuple[Path, dict[str, str]], name: str) -> None:
    began = time.process_time()
    with pytest.raises(UnreadableFile):
        media_type(hostile[0] / name)
    assert time.process_time() - began < 1


@pytest.mark.parametrize(
    ("data", "characters"),
    [(PLAIN.encode() * 37_800, 1_663_200), (b"1" * 1_000_000, 1_000_000), (pdf_bytes([PLAIN] * 1000), 43_000)],
    ids=["one line of 5 MB", "a number of 1 MB", "a PDF of many pages"],
)
def test_a_large_file_is_read_whole(tmp_path: Path, data: bytes, characters: int) -> None:
    (tmp_path / "大.txt").write_bytes(data)
    (parsed,) = parse_apart(tmp_path / "大.txt")
    assert len(parsed.document.text) >= characters


def test_a_file_of_nothing_but_damage_is_refused(tmp_path: Path) -> None:
    (tmp_path / "问号.txt").write_text("?" * 20_000)
    with pytest.raises(EmptyFile, match="没有文字"):
        parse_apart(tmp_path / "问号.txt")


def test_a_page_that_swells_in_memory_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.pdf").write_bytes(pdf_that_swells(600_000_000))
    with pytest.raises(UnreadableFile):
        parse_apart(tmp_path / "x.pdf")


def test_the_size_cap_holds_to_the_byte(tmp_path: Path) -> None:
    path = tmp_path / "大.txt"
    line = (PLAIN + "\n").encode()
    path.write_bytes((line * (20_000_000 // len(line) + 1))[:20_000_001])
    with pytest.raises(FileTooLarge, match="20 MB"):
        read_file(path)


@pytest.mark.parametrize("name", [*NAMES, "密码.txt", "管道.txt", "零.txt", "自己.txt"])
def test_no_name_leads_out_of_the_folder_or_waits(hostile: tuple[Path, dict[str, str]], name: str) -> None:
    folder = hostile[0].resolve()
    assert folder / name in collect_files([folder])
    try:
        assert PLAIN in read_file(folder / name).text
    except UnreadableFile as error:
        assert str(error) == hostile[1][name]


@pytest.mark.parametrize("name", ["a\0.txt", "x" * 300 + ".txt", "\udcff.txt", "\ud800.txt"])
def test_a_name_that_no_disk_takes_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(UnreadableFile):
        read_file(tmp_path / name)


def test_a_device_is_not_opened() -> None:
    with pytest.raises(UnreadableFile, match="普通文件"):
        read_file(Path("/dev/zero"))
    with pytest.raises(UnreadableFile, match="普通文件"):
        read_file(Path(os.devnull))
