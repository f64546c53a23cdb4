"""What a model writes as statements: JSON and lines, in pieces of any size, whole or cut."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.statements import MOST, Written, statements_of

TEXT = st.text(
    st.characters(categories=("Lo", "Nd"), include_characters='，。；：“”（）{}"\\'), min_size=1, max_size=40
).filter(str.strip)
STATEMENTS = st.lists(st.tuples(TEXT, st.lists(st.integers(1, 99), unique=True, max_size=4)), max_size=6)


def pieces(text: str, size: int) -> list[str]:
    return [text[i : i + size] for i in range(0, len(text), size)]


@given(STATEMENTS, st.integers(1, 50), st.sampled_from(["{}", "```json\n{}\n```", "  {}\n"]))
def test_json_is_read_in_pieces_of_any_size(statements: list[tuple[str, list[int]]], size: int, around: str) -> None:
    body = json.dumps({"statements": [{"text": t, "sources": s} for t, s in statements]}, ensure_ascii=False)
    read = list(statements_of(pieces(around.replace("{}", body), size)))
    assert read == [Written(t.strip(), tuple(s)) for t, s in statements]


@given(STATEMENTS, st.data())
def test_of_cut_json_the_whole_statements_are_read(
    statements: list[tuple[str, list[int]]], data: st.DataObject
) -> None:
    body = json.dumps({"statements": [{"text": t, "sources": s} for t, s in statements]}, ensure_ascii=False)
    cut = data.draw(st.integers(0, len(body)))
    read = list(statements_of([body[:cut]]))
    assert read == [Written(t.strip(), tuple(s)) for t, s in statements][: len(read)]
    assert all(json.dumps(w.text, ensure_ascii=False) in body[:cut] for w in read)


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("每月400元。[1]\n按月发放。[1][2]", [Written("每月400元。", (1,)), Written("按月发放。", (1, 2))]),
        ("1. 每月400元［1，3］。\n", [Written("每月400元。", (1, 3))]),
        ("- 每月400元【2】", [Written("每月400元", (2,))]),
        ("没有编号的话。", [Written("没有编号的话。", ())]),
        ('{"statements": []}', []),
        ('{"statements": [{"text": 5, "sources": [1]}, {"sources": [1]}, 7, {"text": "好。"}]}', [Written("好。", ())]),
        ('{"statements": [{"text": "好。[2]", "sources": [1, "3", true, 2]}]}', [Written("好。", (1, 2))]),
        ('{"answer": "好。"}', []),
        ("", []),
        ("```\n", []),
    ],
)
def test_what_is_read(text: str, read: list[Written]) -> None:
    assert list(statements_of([text])) == read
    assert list(statements_of(text)) == read  # letter by letter


def test_a_model_without_end_is_not_read_without_end() -> None:
    def endless() -> object:
        while True:
            yield "每月400元。[1]\n"

    assert len(list(statements_of(endless()))) == MOST  # type: ignore[arg-type]
