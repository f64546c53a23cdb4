"""Nothing unproved leaves: altered quotes and figures never pass verification."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.citations import cite, figures, proved
from bot.records import Citation, Statement
from index.records import Article, PolicyDocument
from tests.test_understand import document

TEXT = "某市教师办法\n第一条 班主任津贴每人每月400元，初中500元，高中600元。\n第二条 每学期不少于2次，比例为6:4，自2022年1月1日起施行。"
DOCUMENT = document("某市教师办法", "某教〔2021〕5号", TEXT)
ARTICLE = Article("某市教师办法", 1, "article", 1, "第一条", "", "第一条", (), 7, 11, 39)


class Shelf:
    """A library of one document."""

    def document(self, document_id: str, /) -> PolicyDocument:
        return DOCUMENT


def citation(start: int, end: int) -> Citation:
    return cite(1, DOCUMENT, ARTICLE, start, end, on=date(2026, 11, 24))


QUOTE = citation(TEXT.index("班主任"), TEXT.index("第二条") - 1)


def test_a_true_statement_passes() -> None:
    statement = Statement(QUOTE.quote, (1,))
    assert proved([statement], [QUOTE], Shelf()) == (statement,)


def test_a_statement_without_citation_fails() -> None:
    assert proved([Statement("津贴400元", ())], [QUOTE], Shelf()) == ()


def test_a_label_that_does_not_exist_fails() -> None:
    assert proved([Statement("津贴400元", (1, 2))], [QUOTE], Shelf()) == ()


def test_a_figure_from_elsewhere_in_the_document_fails() -> None:
    assert proved([Statement("班主任津贴每月400元，每学期2次", (1,))], [QUOTE], Shelf()) == ()


def test_figures_know_ratios_and_chinese_numerals() -> None:
    assert figures("比例6：4，满三年，共1.5万人") == {"6:4", "三", "1.5"}


@given(at=st.integers(0, len(QUOTE.quote) - 1), char=st.characters(min_codepoint=0x30, max_codepoint=0x9FFF))
@settings(max_examples=300)
def test_no_altered_quote_passes(at: int, char: str) -> None:
    altered = QUOTE.quote[:at] + char + QUOTE.quote[at + 1 :]
    if altered != QUOTE.quote:
        assert proved([Statement("班主任津贴", (1,))], [replace(QUOTE, quote=altered)], Shelf()) == ()


@given(shift=st.integers(-6, 6).filter(bool))
def test_no_shifted_offset_passes(shift: int) -> None:
    moved = replace(QUOTE, start=QUOTE.start + shift, end=QUOTE.end + shift)
    assert proved([Statement("班主任津贴", (1,))], [moved], Shelf()) == ()


@given(amount=st.integers(1, 99_999).filter(lambda n: n not in (400, 500, 600)))
@settings(max_examples=300)
def test_no_invented_amount_passes(amount: int) -> None:
    allowed = {int(f) for f in figures(f"{QUOTE.path}{QUOTE.doc_no}") if f.isdigit()} | {2020, 1}
    if amount not in allowed:
        assert proved([Statement(f"班主任津贴每月{amount}元", (1,))], [QUOTE], Shelf()) == ()
