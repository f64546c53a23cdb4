"""Section look-up finds the sections that each kind of query means, first where it says so, and nothing where there is none."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.find import Filters, Finder
from index.embed import load_embedder
from index.library import Library, open_library
from index.sync import sync

CASES: dict[str, list[dict[str, Any]]] = json.loads(
    Path(__file__).with_name("cases").joinpath("find.json").read_text(encoding="utf8")
)
OWN = [pytest.param(case, id=f"{kind}: {case['query']}") for kind in CASES if kind != "shared" for case in CASES[kind]]
SHARED = [pytest.param(case, id=case["query"]) for case in CASES["shared"]]
TODAY, ALL, NEAR = date(2026, 11, 21), 500, 10


@pytest.fixture(scope="module")
def finder(library: Library) -> Finder:
    return Finder(library)


@pytest.fixture(scope="module")
def shared_finder(pages: Path, laws: Path, tmp_path_factory: pytest.TempPathFactory) -> Finder:
    home = tmp_path_factory.mktemp("shared_home")
    embedder = load_embedder(None)
    sync([pages, laws], home, embedder, progress=False)
    return Finder(open_library(home, embedder))


def test_the_cases_cover_the_kinds_of_look_up() -> None:
    own = {kind: cases for kind, cases in CASES.items() if kind != "shared"}
    assert len(own) >= 15
    assert all(len(cases) >= 3 for cases in own.values())
    assert sum(map(len, own.values())) >= 60
    assert len(CASES["shared"]) >= 12


@pytest.mark.parametrize("case", OWN)
def test_what_is_looked_up_is_found(case: dict[str, Any], finder: Finder) -> None:
    _check(case, finder)


@pytest.mark.parametrize("case", SHARED)
def test_what_is_looked_up_in_real_documents_is_found(case: dict[str, Any], shared_finder: Finder) -> None:
    _check(case, shared_finder)


ODD = st.text("教基晋〔〕[]()（）第条款项章号二三三、12021 \"“”’责任单位财政局有效条例浙江省，/-*%'", max_size=24)


@settings(max_examples=150, deadline=None)
@given(ODD | st.text(max_size=40))
def test_whatever_is_typed_is_answered(finder: Finder, query: str) -> None:
    found = finder.search(query, on=TODAY)
    assert len(found.sections) <= found.total
    assert all(found.sections[i].label == i + 1 for i in range(len(found.sections)))
    for c in found.sections:
        assert finder.library.document(c.document_id).text[c.start : c.end] == c.quote
    assert finder.show(query, on=TODAY)
    assert finder.show("浙教示〔2026〕21号", query, on=TODAY)


def _check(case: dict[str, Any], finder: Finder) -> None:
    day = date.fromisoformat(case["on"]) if "on" in case else TODAY
    found = finder.search(case["query"], Filters(**case.get("filters", {})), ALL, on=day)
    places = [(c.title, c.path) for c in found.sections]
    if case.get("nothing"):
        assert not places, f"found {places[:3]}"
        assert not found.total
        return
    assert places, "found nothing"
    for place, wanted in zip(places, case.get("top", ()), strict=False):
        assert _is(place, wanted), f"{wanted} is not where {places[:5]} stand"
    for wanted in case.get("has", ()):
        assert any(_is(place, wanted) for place in places[:NEAR]), f"{wanted} is not among {places[:NEAR]}"
    for document in case.get("never", ()):
        assert not [p for p in places if document in p[0]], f"{document} is found"
    if "only" in case:
        assert not [p for p in places if not any(document in p[0] for document in case["only"])]
    if "total" in case:
        assert found.total == case["total"], places
    if "quote" in case:
        assert case["quote"] in found.sections[0].quote
    states = [name for name, _ in found.facets["validity"]]
    if "state" in case:
        assert states == [case["state"]]
    assert case.get("without") not in states
    for document, remark in case.get("remarks", {}).items():
        assert any(remark in r for c in found.sections if document in c.title for r in c.remarks)


def _is(place: tuple[str, str], wanted: list[str]) -> bool:
    document, section = wanted
    return document in place[0] and (place[1].endswith(section) if section else not place[1])
