"""What documents say of others: labelled sentences and titles, among them what is no repeal and no ground."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.claims import claims_of
from index.records import Claim
from tests.documents import document_of

CASES: dict[str, Any] = json.loads((Path(__file__).parent / "cases" / "relations.json").read_text(encoding="utf8"))


def claims(text: str, kind: str) -> list[Claim]:
    return [c for c in claims_of(document_of(f"甲乙丙丁\n{text}", title="甲乙丙丁")) if c.kind == kind]


def repealed(text: str) -> set[str]:
    return {f"{c.title} {c.number}".rstrip() for c in claims(text, "supersedes")}


@pytest.mark.parametrize("case", CASES["repeals"], ids=lambda case: case["text"])
def test_repeals(case: dict[str, Any]) -> None:
    assert repealed(case["text"]) == set(case["repealed"])
    if "since" in case:
        assert [str(c.since) for c in claims(case["text"], "supersedes")] == [case["since"]]


@pytest.mark.parametrize("case", CASES["known_failures"], ids=lambda case: case["why"])
def test_known_failures(case: dict[str, Any]) -> None:
    if repealed(case["text"]) == set(case["repealed"]):
        pytest.fail("is right now: move it to the other cases")
    pytest.xfail(case["why"])


@pytest.mark.parametrize("case", CASES["bases"], ids=lambda case: case["text"])
def test_grounds(case: dict[str, Any]) -> None:
    assert [c.title for c in claims(case["text"], "based_on")] == case["titles"]


@pytest.mark.parametrize("case", CASES["titles"], ids=lambda case: case["title"])
def test_titles(case: dict[str, Any]) -> None:
    found = claims_of(document_of(case["title"], title=case["title"]))
    assert [[c.kind, c.title] for c in found] == case["claims"]


def test_each_text_is_named_once_with_its_sentence() -> None:
    twice = "《甲办法》同时废止。\n附则\n《甲办法》同时废止。"
    (claim,) = claims(twice, "supersedes")
    assert claim.basis == "《甲办法》同时废止"


def test_what_a_notice_issues_is_not_its_ground() -> None:
    title = "某局关于印发《某县课后服务办法》的通知"
    text = f"{title}\n根据《甲法》，现将《某县课后服务办法》印发给你们，现就有关事项通知如下。"
    found = [(c.kind, c.title) for c in claims_of(document_of(text, title=title))]
    assert found == [("based_on", "甲法"), ("issues", "某县课后服务办法")]


def test_a_third_party_claims_nothing() -> None:
    assert claims_of(replace(document_of("《甲办法》同时废止。"), kind="third_party")) == ()


@given(st.text(alphabet="《》〈〉甲乙（）、，。和根据制定本办法同时废止：\n1.〔2019〕8号", max_size=80))
def test_any_text_is_read(text: str) -> None:
    assert all((c.title or c.number) and len(c.basis) <= 200 for c in claims_of(document_of(text)))
