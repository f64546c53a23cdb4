"""Filters keep what their facets count, and a document's state follows its dates."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.facets import FACETS, Filters, in_state, marks_of, state
from bot.find import Finder
from index.library import Library
from index.places import place_of
from index.records import PolicyDocument
from tests.documents import document_of

TODAY, ALL = date(2026, 11, 21), 500
QUERIES = ("教师", "补助", "幼儿园", "条例", "2026年", "责任单位", "绵阳 教师", "托管 收费", "第五条", "学校")


@pytest.fixture(scope="module")
def finder(library: Library) -> Finder:
    return Finder(library)


def dated(**changes: object) -> PolicyDocument:
    return replace(document_of("正文", title="某市办法"), **changes)


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        (dated(validity="现行有效"), "in_force"),
        (dated(), "unstated"),
        (dated(validity="现行有效", expires=date(2025, 1, 1)), "expired"),
        (dated(validity="失效"), "expired"),
        (dated(effective=date(2027, 1, 1)), "not_yet"),
        (dated(period=(2021, 2025)), "period_over"),
        (dated(period=(2026, 2030)), "unstated"),
    ],
)
def test_the_state_of_a_document_on_a_day(document: PolicyDocument, expected: str) -> None:
    assert state(document, TODAY, superseded=False) == expected
    assert state(document, TODAY, superseded=True) == "superseded"


def test_what_is_not_known_to_be_over_is_in_force_for_a_query() -> None:
    assert in_state("unstated", "in_force")
    assert not in_state("expired", "in_force")
    assert not in_state("unstated", "expired")


@pytest.mark.parametrize(
    ("title", "kind", "level", "place", "expected"),
    [
        ("中华人民共和国教师法", "law", None, "国务院", "法律"),
        ("教师资格条例", "law", "行政法规", "国务院", "行政法规"),
        ("教师资格条例", "law", None, "国务院", "行政法规"),
        ("某省学前教育条例", "law", None, "浙江省", "地方性法规"),
        ("浙江省教育厅关于做好招生工作的通知", "policy", "地方规范性文件", "浙江省", "政策文件"),
        ("几点思考", "third_party", None, "浙江省", "参考资料"),
    ],
)
def test_the_kind_of_a_document(title: str, kind: str, level: str | None, place: str, expected: str) -> None:
    document = dated(title=title, kind=kind, level=level, place=place_of(place))
    assert marks_of(document).kind == expected


def test_a_notice_that_issues_measures_is_both() -> None:
    marks = marks_of(dated(title="某市教育局关于印发《某市教师交流办法（试行）》的通知"))
    assert marks.genres == {"办法", "通知"}


@pytest.mark.parametrize("query", QUERIES)
def test_each_facet_value_filters_to_its_count(query: str, finder: Finder) -> None:
    found = finder.search(query, k=ALL, on=TODAY)
    assert found.total == len(found.sections)
    assert set(found.facets) == set(FACETS)
    for name in ("place", "kind", "validity", "year"):
        for value, count in found.facets[name]:
            filters = Filters(**{name: int(value) if name == "year" else value})
            assert finder.search(query, filters, ALL, on=TODAY).total == count, (name, value)


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from((*QUERIES, "")),
    st.sampled_from(["", "三台县", "浙江省", "绵阳市", "永安市"]),
    st.sampled_from(["", "政策文件", "地方性法规", "办法", "法律"]),
    st.sampled_from(["", "现行有效", "未注明", "已被取代"]),
    st.sampled_from([None, 2019, 2024, 2026]),
)
def test_nothing_passes_a_filter_that_it_does_not_fit(
    finder: Finder, query: str, place: str, kind: str, validity: str, year: int | None
) -> None:
    found = finder.search(query, Filters(place, kind, validity, year), ALL, on=TODAY)
    for citation in found.sections:
        marks = marks_of(finder.library.document(citation.document_id))
        assert citation.place.endswith(place)
        assert not kind or kind in (marks.kind, *marks.genres)
        assert year in (None, marks.year)
    if validity and found.total:
        assert found.facets["validity"] == ((validity, found.total),)
