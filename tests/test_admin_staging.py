"""Uploads before they enter: names that stay names, files that are read and shown, corrections that come along."""

from __future__ import annotations

import io
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.admin.holdings import Holdings
from bot.admin.staging import LONGEST_NAME, Staging, safe_name
from bot.settings import SAMPLE_DOCUMENTS, Settings
from bot.site import BadInput
from index.overrides import NAME, correct, read_overrides
from index.read import collect_files
from tests.small_site import ENROL, NAP
from tests.test_overrides import TITLE
from tests.test_sync import NOTICE

LIMIT = 100_000


@pytest.fixture
def staging(tmp_path: Path) -> Staging:
    return Staging(tmp_path / "home" / "staging", LIMIT)


def put(staging: Staging, name: str, data: bytes) -> str:
    return staging.put(name, io.BytesIO(data), set())


def read_all(staging: Staging) -> None:
    staging.read(lambda *_: None)


HOSTILE = [
    "../../etc/passwd", "..\\..\\windows\\system32\\x.txt", "/etc/passwd", "C:\\x\\通知.txt", "a/../../b.txt", "..", ".", "", "   ",
    "\0", "\n", ".hidden.txt", "~$通知.docx", "通知.txt\0.exe", "con:aux.txt", "a\u202egnp.txt", "x" * 5000 + ".txt", "长" * 300 + ".docx",
    "....//....//x.txt", "%2e%2e%2fx.txt", "通知 .txt.", NAME, NAME.upper(), ".." + NAME, "a/" + NAME, "\u2024\u2024/x.txt",
]  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_stays_inside(staging: Staging, name: str) -> None:
    try:
        kept = put(staging, name, NOTICE.format(amount=300).encode())
    except BadInput as error:
        assert str(error).endswith("。")
        assert staging.names() == []
        return
    assert staging.names() == [kept]
    assert (staging.folder / kept).resolve().parent == staging.folder.resolve()
    assert collect_files([staging.folder]) == [staging.folder / kept]


@given(st.text(max_size=300))
def test_a_safe_name_is_one_visible_part_that_a_disk_takes(written: str) -> None:
    name = safe_name(written)
    assert "/" not in name and "\\" not in name and not name.startswith((".", "~$"))
    assert name == "" or Path(name).name == name
    assert name.isprintable()
    assert len(name.encode()) <= LONGEST_NAME
    assert safe_name(name) == name
    assert name == unicodedata.normalize("NFC", name) or name == ""


def test_the_second_file_of_one_name_is_not_taken(staging: Staging) -> None:
    taken: set[str] = set()
    staging.put("一/通知.txt", io.BytesIO(b"a"), taken)
    with pytest.raises(BadInput, match="同名"):
        staging.put("二/通知.txt", io.BytesIO(b"b"), taken)
    assert (staging.folder / "通知.txt").read_bytes() == b"a"


def test_a_file_over_the_cap_is_not_taken(staging: Staging) -> None:
    put(staging, "a.txt", b"x" * LIMIT)
    with pytest.raises(BadInput, match="超过"):
        put(staging, "b.txt", b"x" * (LIMIT + 1))
    assert staging.names() == ["a.txt"]


def test_a_file_is_shown_as_it_was_read(staging: Staging) -> None:
    put(staging, NAP, (SAMPLE_DOCUMENTS / NAP).read_bytes())
    assert staging.preview(NAP) is None
    assert staging.unread() == [NAP]
    read_all(staging)
    found = staging.preview(NAP)
    assert found is not None
    assert (found.kind, found.refused, len(found.documents)) == ("文本文件", "", 1)
    assert found.documents[0].document.doc_no == "浙教示〔2026〕21号"
    assert staging.unread() == []


@pytest.mark.parametrize(
    ("name", "data"),
    [("空.txt", b""), ("图.png", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"), ("坏.docx", b"PK\x03\x04" + b"x" * 50), ("旧.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600)],
)  # fmt: skip
def test_a_file_that_cannot_be_read_says_why(staging: Staging, name: str, data: bytes) -> None:
    put(staging, name, data)
    read_all(staging)
    found = staging.preview(name)
    assert found is not None
    assert found.refused.endswith("。")
    assert found.documents == ()


def test_a_file_uploaded_again_is_read_again(staging: Staging) -> None:
    put(staging, "甲.txt", NOTICE.format(amount=300).encode())
    read_all(staging)
    put(staging, "甲.txt", NOTICE.format(amount=400).encode())
    assert staging.unread() == ["甲.txt"]
    read_all(staging)
    found = staging.preview("甲.txt")
    assert found is not None
    assert "400元" in found.documents[0].document.text


def test_corrections_come_along_and_are_forgotten_with_their_file(staging: Staging, tmp_path: Path) -> None:
    into = tmp_path / "documents"
    into.mkdir()
    correct(into, ["甲.txt"], TITLE, {"validity": "已废止", "doc_no": "某教〔2020〕1号"})
    for name in ("甲.txt", "乙.txt"):
        put(staging, name, NOTICE.format(amount=300).encode())
    read_all(staging)
    correct(staging.folder, ["甲.txt", "乙.txt"], TITLE, {"doc_no": "某教〔2026〕1号"})
    assert staging.names() == ["乙.txt", "甲.txt"]
    found = staging.corrected("甲.txt")
    assert found is not None
    assert found.documents[0].document.doc_no == "某教〔2026〕1号"
    staging.admit(["甲.txt"], into)
    staging.discard(["乙.txt"])
    assert (into / "甲.txt").exists() and not (into / "乙.txt").exists()
    assert [(o.file, dict(o.values)) for o in read_overrides(into)] == [
        ("甲.txt", {"validity": "已废止", "doc_no": "某教〔2026〕1号"})
    ]
    assert staging.names() == [] and read_overrides(staging.folder) == ()
    assert sorted(p.name for p in into.iterdir()) == [NAME, "甲.txt"]


def holdings(tmp_path: Path, **settings: object) -> Holdings:
    return Holdings(Settings(home=tmp_path / "home", **settings))  # type: ignore[arg-type]


def test_the_samples_are_never_changed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fixed = holdings(tmp_path, documents=SAMPLE_DOCUMENTS)
    for call in (fixed.own_folder, fixed.fixed, lambda: fixed.remove(ENROL)):
        with pytest.raises(BadInput, match="示例文件不能改动"):
            call()
    assert (SAMPLE_DOCUMENTS / ENROL).exists()
    assert not fixed.has(ENROL)
    monkeypatch.chdir(tmp_path)
    assert holdings(tmp_path).own_folder() == Path("documents")
    assert (tmp_path / "documents").is_dir()


def test_a_removed_file_lies_in_the_trash_and_comes_back(tmp_path: Path) -> None:
    folder = tmp_path / "documents"
    (folder / "下级").mkdir(parents=True)
    (folder / "下级" / "甲.txt").write_text("甲", encoding="utf8")
    held = holdings(tmp_path, documents=folder)
    held.remove("下级/甲.txt")
    assert not (folder / "下级" / "甲.txt").exists()
    removed = held.removed()
    assert [r.name for r in removed] == ["下级/甲.txt"]
    (folder / "下级" / "甲.txt").write_text("新", encoding="utf8")
    with pytest.raises(BadInput, match="没有放回"):
        held.put_back(removed[0])
    (folder / "下级" / "甲.txt").unlink()
    held.put_back(removed[0])
    assert (folder / "下级" / "甲.txt").read_text(encoding="utf8") == "甲"
    assert held.removed() == []


@pytest.mark.parametrize(
    "name", ["../outside.txt", "/etc/hostname", "", ".", "link.txt", "nothing.txt", "a/../../outside.txt"]
)
def test_no_name_reaches_outside_the_folder(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "documents"
    folder.mkdir()
    (tmp_path / "outside.txt").write_text("秘", encoding="utf8")
    (folder / "link.txt").symlink_to(tmp_path / "outside.txt")
    with pytest.raises(BadInput, match="没有找到这个文件"):
        holdings(tmp_path, documents=folder).remove(name)
    assert (tmp_path / "outside.txt").exists()
