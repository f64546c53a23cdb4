"""What was removed does not answer again: not from an earlier generation, not after a fall back, until its file lies there again."""

from __future__ import annotations

from pathlib import Path

import pytest

from eval.damage import flip
from index.errors import LibraryDamaged
from index.fallback import open_sound
from index.generation import current, roll_back
from index.library import Library, open_library
from index.removed import removed, write_removed
from index.sync import sync
from tests.test_sync import EMBEDDER, NOTICE

CANTEEN = "# 某县学校食堂管理办法\n\n第一条 食堂应当公示菜谱。\n\n第二条 校长陪餐每周不少于一次。\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "documents"
    path.mkdir()
    (path / "甲.txt").write_text(NOTICE.format(amount=300), encoding="utf8")
    (path / "乙.md").write_text(CANTEEN, encoding="utf8")
    return path


@pytest.fixture
def home(folder: Path, tmp_path: Path) -> Path:
    """Two generations: the second one has another amount, and the canteen was removed."""
    home = tmp_path / "home"
    _sync(folder, home)
    (folder / "乙.md").unlink()
    (folder / "甲.txt").write_text(NOTICE.format(amount=450), encoding="utf8")
    _sync(folder, home)
    return home


def _sync(folder: Path, home: Path) -> None:
    sync([folder], home, EMBEDDER, progress=False)


def _said(library: Library) -> str:
    ids = [i for i, _ in library.dense("食堂公示菜谱", 50)] + [
        i for i, _ in library.lexical([("食", 1.0), ("津", 1.0)], 50)
    ]
    found = "".join(c.text for c in library.chunks(ids))
    told = "".join(c.text for d in library.documents() for c in library.chunks_of(d.id))
    return found + told + "".join(library.headings())


def test_a_fall_back_does_not_answer_from_what_was_removed(home: Path) -> None:
    assert len(removed(home)) == 1  # the notice was replaced, not removed
    flip(current(home) / "catalogue.db")
    library = open_sound(home, EMBEDDER).library
    assert library.manifest.generation == 1
    assert "300元" in _said(library)
    assert "食堂" not in _said(library) and "菜谱" not in _said(library)
    assert len(library.dense("食堂公示菜谱", 1)) == 1
    with pytest.raises(KeyError):
        library.document(min(removed(home)))


def test_going_back_by_hand_brings_back_what_was_removed_but_for_what_must_not_be_seen(home: Path) -> None:
    secret = removed(home)
    roll_back(home, keep_removed=secret)
    assert "食堂" not in _said(open_library(home, EMBEDDER))
    write_removed(home, ())
    assert "食堂" in _said(open_library(home, EMBEDDER))


def test_going_back_by_hand_empties_the_list(home: Path) -> None:
    roll_back(home)
    assert removed(home) == frozenset()
    assert "食堂" in _said(open_library(home, EMBEDDER))


def test_what_lies_in_the_folder_again_answers_again(folder: Path, home: Path) -> None:
    secret = removed(home)
    roll_back(home, keep_removed=secret)
    (folder / "乙.md").write_text(CANTEEN, encoding="utf8")
    _sync(folder, home)
    assert "食堂" in _said(open_library(home, EMBEDDER))
    assert removed(home) == frozenset()


def test_a_rebuild_from_nothing_knows_what_was_removed(folder: Path, home: Path) -> None:
    before = removed(home)
    (folder / "丙.md").write_text(CANTEEN.replace("食堂", "操场"), encoding="utf8")
    _sync(folder, home)
    (folder / "丙.md").unlink()
    (current(home) / "manifest.json").write_text("{}", encoding="utf8")
    _sync(folder, home)
    assert len(removed(home) - before) == 1 and before < removed(home)


def test_relations_forget_what_was_removed(tmp_path: Path, folder: Path) -> None:
    for year in (2019, 2025):
        (folder / f"{year}.txt").write_text(
            f"某县教师交流办法\n\n第一条 教师交流满{year - 2013}年。\n\n某县教育局\n{year}年3月1日\n", encoding="utf8"
        )
    _sync(folder, tmp_path / "home")
    library = open_library(tmp_path / "home", EMBEDDER)
    ids = {d.id: d for d in library.documents() if "交流" in d.title}
    relation = next(r for i in ids for r in library.relations(i))
    without_old = library.without([relation.target])
    assert [r.target for r in without_old.relations(relation.source)] == [""]
    assert library.without([relation.source]).relations(relation.target) == ()
    assert relation in library.relations(relation.source)


def test_a_list_that_cannot_be_read_is_damage(home: Path) -> None:
    (home / "REMOVED").write_bytes(b"\xff\xfe\xff")
    with pytest.raises(LibraryDamaged):
        open_library(home, EMBEDDER)
