"""Repairs found again in the finished text."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.documents import split_documents
from index.marks import Locator, changed_spans, marks_of
from index.records import Fix, SourceFile
from index.repair import repair

TEXT = st.text(alphabet="甲乙丙丁“”（） ，。12", max_size=30)


def test_a_repaired_character_is_marked_and_widths_are_not() -> None:
    fixes = (
        Fix("widths", 1, "巴南府发〔202120,試行", "巴南府发〔202120，試行", "proved"),
        Fix("twins", 1, "巴南府发〔202120，試行", "巴南府发〔2021〕20号，試行", "inferred"),
        Fix("script", 1, "巴南府发〔2021〕20号，試行", "巴南府发〔2021〕20号，试行", "proved"),
        Fix("cut_off", 1, "x", "x", "damaged"),
    )
    text = "通知\n巴南府发〔2021〕20号，试行"
    marks = marks_of(fixes, text, ["巴南府发〔2021〕20号，试行"])
    assert [(text[m.start : m.end], m.name, m.original, m.confidence) for m in marks] == [
        ("〕", "twins", "", "inferred"),
        ("号", "twins", "", "inferred"),
    ]


def test_a_later_step_carries_the_span() -> None:
    fixes = (
        Fix("shift", 2, "?。┥罨o改革", "（一）深化教育供給改革", "inferred"),
        Fix("script", 2, "（一）深化教育供給改革", "（一）深化教育供给改革", "proved"),
    )
    text = "标题\n二、改革举措\n（一）深化教育供给改革"
    marks = marks_of(fixes, text, ["", "（一）深化教育供给改革"])
    assert "".join(text[m.start : m.end] for m in marks) == "（一）深化教育供给"


def test_text_that_was_only_moved_is_not_marked() -> None:
    fixes = (
        Fix("page_breaks", 1, "依法施教，办出", "依法施教，办出特色。", "inferred"),
        Fix("page_breaks", 3, "特色。", "", "inferred"),
    )
    assert marks_of(fixes, "标题\n依法施教，办出特色。", ["依法施教，办出特色。", "", ""]) == ()


def test_a_span_is_found_by_its_surroundings_where_the_line_was_cut_up() -> None:
    line = "某通知的标题晋教〔2021〕5号各学校：请执行。"
    locator = Locator.of("某通知的标题\n晋教〔2021〕5号\n各学校：\n请执行。")
    found = locator.find(line, line.index("〕"), line.index("〕") + 1)
    assert found is not None and locator.text[slice(*found)] == "〕"
    assert Locator.of("别的文字").find(line, 6, 12) is None


@given(TEXT, TEXT)
def test_changed_spans_lie_in_the_line_in_order(before: str, after: str) -> None:
    spans = changed_spans(before, after)
    assert all(0 <= start < end <= len(after) for start, end, _ in spans)
    assert all(first[1] <= second[0] for first, second in pairwise(spans))
    assert changed_spans(after, after) == []


def test_marks_of_the_pages_are_what_the_repair_put_there() -> None:
    pages = Path(__file__).parent.parent.parent / "shared" / "corpus" / "pages"
    if not pages.exists():
        pytest.skip("the shared corpus is not in this checkout")
    found = {}
    for page in sorted(pages.glob("00[234]*.txt")):
        text = page.read_text(encoding="utf8")
        (document,) = split_documents(SourceFile(page, "", "text/plain", "utf-8", text), repair(text))
        found[page.name[:3]] = [(m.original, document.text[m.start : m.end]) for m in document.marks]
        assert all(len(document.text[m.start : m.end]) <= 12 for m in document.marks)
    assert {("", "〕"), ("", "号"), ("", "年"), ("", "—")} <= set(found["003"])
    assert ("", "《") in found["004"]
    assert sum("□" in new for _, new in found["002"]) == 1 and len(found["002"]) >= 7
