from __future__ import annotations

from pathlib import Path

import pytest

from bot.lexicon import BUILTIN, Group, Lexicon, load_lexicon, read_groups
from index.errors import LexiconError


@pytest.fixture
def small() -> Lexicon:
    return Lexicon(
        [
            Group(("津贴", "补贴"), ("补助的钱",), "pay", 1.0),
            Group(("班主任津贴",), ("当班主任的钱",), "pay", 1.0),
            Group(("入学",), ("念书", "上学"), "enrolment", 1.0),
            Group(("就读",), ("念书",), "enrolment", 1.0),
        ]
    )


def test_longest_term_wins(small: Lexicon) -> None:
    assert [m.term for m in small.matches("班主任津贴多少")] == ["班主任津贴"]


def test_ambiguous_term_keeps_all_its_groups_at_less_weight(small: Lexicon) -> None:
    expanded = small.expand("娃念书")
    assert set(expanded) == {"入学", "就读"}
    assert all(weight < 1 for weight in expanded.values())


def test_typed_terms_are_not_expanded_to_themselves(small: Lexicon) -> None:
    assert set(small.expand("补贴")) == {"津贴"}


def test_builtin_lexicon_knows_lay_words() -> None:
    expanded = load_lexicon().expand("外地打工的孩子上学")
    assert any("随迁子女" in term or "务工" in term for term in expanded)


@pytest.mark.parametrize(
    ("text", "line", "word"),
    [
        ("津贴\t补贴\tpay\n只有一列\n", 2, "1 列"),
        ("# 注释\n津贴\t \tpay\n", 2, "空"),
        ("a\tb\tc\td\n", 1, "4 列"),
        ("津贴\t补贴\tpay\n\n津贴\t补贴\tpay\n", 3, "第 1 行相同"),
        ("\t补贴\tpay\n", 1, "空"),
        ("津贴\t|\tpay\n", 1, "空"),
    ],
)
def test_errors_name_the_line(tmp_path: Path, text: str, line: int, word: str) -> None:
    path = tmp_path / "own.tsv"
    path.write_text(text, encoding="utf8")
    with pytest.raises(LexiconError, match=f"第 {line} 行") as caught:
        read_groups(path)
    assert word in str(caught.value)


def test_a_byte_order_mark_and_comments_are_no_terms(tmp_path: Path) -> None:
    path = tmp_path / "own.tsv"
    path.write_text("\ufeff# 本校用语\n\n津贴|补贴\t当班主任的钱\n", encoding="utf8")
    assert read_groups(path) == [Group(("津贴", "补贴"), ("当班主任的钱",), "", 1.0)]


def test_another_encoding_is_told_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "own.tsv"
    path.write_bytes(b"# own\n" + "津贴\t补贴\tpay\n".encode("gb18030"))
    with pytest.raises(LexiconError, match="第 2 行不是 UTF-8"):
        read_groups(path)


def test_general_topics_count_less() -> None:
    assert {g.weight for g in read_groups(BUILTIN) if g.topic == "general"} == {0.25}


def test_own_file_is_added(tmp_path: Path) -> None:
    path = tmp_path / "own.tsv"
    path.write_text("课后服务费\t晚托班的钱\tpay\n", encoding="utf8")
    assert "课后服务费" in load_lexicon(path).expand("晚托班的钱谁收")


def test_missing_file_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(LexiconError) as caught:
        read_groups(tmp_path / "none.tsv")
    assert str(tmp_path) not in str(caught.value)
