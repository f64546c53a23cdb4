"""The folder is the truth: adding, changing, removing, refusing, reposting; second writers (crashes: test_generation)."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from index.embed import Embedder
from index.errors import EmbedderMismatch, LibraryBusy, NoLibrary
from index.generation import current, writing
from index.library import open_library
from index.manifest import read_manifest
from index.sync import sync
from index.tokens import grams

NOTICE = """某县教育局关于班主任津贴的通知
各中小学：
一、标准
（一）津贴标准。班主任津贴每人每月{amount}元，由县财政局按月发放到个人账户。
二、时间
本通知自2025年1月1日起施行。
某县教育局
2024年12月1日
"""


class HashedGrams:
    """A real embedder without a model: grams hashed into 64 buckets."""

    def __init__(self, name: str = "hashed") -> None:
        self.name = name
        self.dimensions = 64

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        rows = np.full((len(texts), self.dimensions), 1e-6, dtype=np.float32)
        for row, text in zip(rows, texts, strict=True):
            for gram in grams(text):
                row[sum(gram.encode()) % self.dimensions] += 1
        return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True))


EMBEDDER: Embedder = HashedGrams()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "documents"
    path.mkdir()
    (path / "甲.txt").write_text(NOTICE.format(amount=300), encoding="utf8")
    (path / "乙.md").write_text(
        "# 某县学校食堂管理办法\n\n第一条 食堂应当公示菜谱。\n\n第二条 校长陪餐每周不少于一次。\n", encoding="utf8"
    )
    return path


def texts(home: Path) -> str:
    library = open_library(home, EMBEDDER)
    return "\n".join(c.text for d in library.documents() for c in library.chunks_of(d.id))


def test_add_change_remove(folder: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    first = sync([folder], home, EMBEDDER, progress=False)
    assert sorted(first.added) == ["乙.md", "甲.txt"]
    assert first.documents == 2
    (folder / "甲.txt").write_text(NOTICE.format(amount=450), encoding="utf8")
    (folder / "乙.md").unlink()
    second = sync([folder], home, EMBEDDER, progress=False)
    assert (second.changed, second.removed, second.documents) == (("甲.txt",), ("乙.md",), 1)
    assert "450元" in texts(home)
    assert "300元" not in texts(home)


def test_a_removed_document_is_found_nowhere(folder: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    sync([folder], home, EMBEDDER, progress=False)
    (folder / "甲.txt").unlink()
    sync([folder], home, EMBEDDER, progress=False)
    library = open_library(home, EMBEDDER)
    kept = {c.id for d in library.documents() for c in library.chunks_of(d.id)}
    assert {i for i, _ in library.dense("班主任津贴每月300元", 50)} <= kept
    assert library.lexical([("津贴", 1.0)], 50) == []


def test_unchanged_folder_builds_nothing(folder: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    first = sync([folder], home, EMBEDDER, progress=False)
    os.utime(folder / "甲.txt")
    again = sync([folder], home, EMBEDDER, progress=False)
    assert (again.unchanged, again.generation) == (2, first.generation)


def test_a_refused_file_is_named_and_the_others_go_on(folder: Path, tmp_path: Path) -> None:
    (folder / "空.txt").write_bytes(b"")
    report = sync([folder], tmp_path / "home", EMBEDDER, progress=False)
    assert [name for name, _ in report.quarantined] == ["空.txt"]
    assert report.documents == 2


def test_reposts_are_one_document_until_the_last_source_goes(folder: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    (folder / "转载.txt").write_bytes((folder / "甲.txt").read_bytes())
    assert sync([folder], home, EMBEDDER, progress=False).documents == 2
    sources = {s for d in open_library(home, EMBEDDER).documents() for s in d.sources}
    assert {"甲.txt", "转载.txt"} <= sources
    (folder / "甲.txt").unlink()
    assert sync([folder], home, EMBEDDER, progress=False).documents == 2
    assert "300元" in texts(home)
    (folder / "转载.txt").unlink()
    assert sync([folder], home, EMBEDDER, progress=False).documents == 1


@pytest.mark.parametrize("names", [("a.txt", "b.txt"), ("b.txt", "a.txt")])
def test_many_small_syncs_end_where_one_sync_does(tmp_path: Path, names: tuple[str, str]) -> None:
    folder = tmp_path / "documents"
    folder.mkdir()
    pages = {n: f"发布日期：2025-0{i}-01\n{NOTICE.format(amount=300)}" for i, n in enumerate(("a.txt", "b.txt"), 1)}
    for name in names:
        (folder / name).write_text(pages[name], encoding="utf8")
        sync([folder], tmp_path / "small", EMBEDDER, progress=False)
    sync([folder], tmp_path / "whole", EMBEDDER, progress=False)
    whole = open_library(tmp_path / "whole", EMBEDDER)
    assert open_library(tmp_path / "small", EMBEDDER).documents() == whole.documents()
    assert [d.sources for d in whole.documents()] == [("a.txt", "b.txt")]
    (folder / "a.txt").unlink()
    sync([folder], tmp_path / "small", EMBEDDER, progress=False)
    sync([folder], tmp_path / "rest", EMBEDDER, progress=False)
    assert (
        open_library(tmp_path / "small", EMBEDDER).documents() == open_library(tmp_path / "rest", EMBEDDER).documents()
    )


def test_an_unchanged_folder_loads_no_heavy_library(folder: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    sync([folder], home, EMBEDDER, progress=False)
    script = (
        "import sys; from pathlib import Path; from tests.test_sync import EMBEDDER; from index.sync import sync; "
        "sync([Path(sys.argv[1])], Path(sys.argv[2]), EMBEDDER, progress=False); "
        "print(sorted({'chromadb', 'torch', 'tantivy', 'sentence_transformers'} & sys.modules.keys()))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(folder), str(home)], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "['tantivy']"  # imported by this test module through index.library; nothing else


def test_vectors_and_texts_both_search_the_library(folder: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    sync([folder], home, EMBEDDER, progress=False)
    library = open_library(home, EMBEDDER)
    assert library.dense("食堂菜谱", 3) == library.dense(EMBEDDER.embed(["食堂菜谱"])[0], 3)
    assert library.embedder is EMBEDDER


def _is_file(handle: Path) -> bool:
    """Whether an open handle is of a file, not of a connection to a process that reads files."""
    try:
        return handle.readlink().is_absolute()
    except OSError:  # closed since it was listed
        return False


def test_reopening_leaves_no_open_files_behind(folder: Path, tmp_path: Path) -> None:
    handles = Path("/proc/self/fd")
    if not handles.is_dir():
        pytest.skip("open files are counted through /proc")
    home = tmp_path / "home"
    counts = []
    for amount in range(4):
        (folder / "甲.txt").write_text(NOTICE.format(amount=amount), encoding="utf8")
        sync([folder], home, EMBEDDER, progress=False)
        library = open_library(home, EMBEDDER)
        assert library.dense("班主任津贴", 1)
        del library
        gc.collect()
        counts.append(sum(_is_file(handle) for handle in handles.iterdir()))
    assert counts[-1] <= counts[1]


def test_another_model_is_refused_and_then_rebuilt(folder: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    sync([folder], home, EMBEDDER, progress=False)
    other = HashedGrams("other")
    with pytest.raises(EmbedderMismatch):
        open_library(home, other)
    sync([folder], home, other, progress=False)
    assert open_library(home, other).manifest.embedder == "other"


def test_tokens_of_another_tokenizer_are_refused_and_then_rebuilt(folder: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    sync([folder], home, EMBEDDER, progress=False)
    manifest = read_manifest(current(home))
    replace(manifest, versions=manifest.versions | {"tokenizer": "older"}).write(current(home))
    with pytest.raises(EmbedderMismatch):
        open_library(home, EMBEDDER)
    sync([folder], home, EMBEDDER, progress=False)
    assert open_library(home, EMBEDDER).manifest.generation == manifest.generation + 1


def test_no_library(tmp_path: Path) -> None:
    with pytest.raises(NoLibrary):
        open_library(tmp_path, EMBEDDER)


def test_a_second_writer_is_refused(tmp_path: Path, folder: Path) -> None:
    with writing(tmp_path / "home"), pytest.raises(LibraryBusy):
        sync([folder], tmp_path / "home", EMBEDDER, progress=False)


def test_an_open_library_keeps_its_generation(folder: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    sync([folder], home, EMBEDDER, progress=False)
    library = open_library(home, EMBEDDER)
    assert library.folder == current(home)
    (folder / "甲.txt").write_text(NOTICE.format(amount=999), encoding="utf8")
    sync([folder], home, EMBEDDER, progress=False)
    assert library.folder != current(home)
    assert any("300元" in c.text for d in library.documents() for c in library.chunks_of(d.id))
    assert library.dense("班主任津贴", 3)


def test_progress_is_told_file_by_file(folder: Path, tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    sync([folder], tmp_path / "home", EMBEDDER, progress=False, tell=lambda *step: told.append(step), processes=1)
    assert told == [(1, 2), (2, 2)]
