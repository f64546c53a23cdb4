"""Nothing unproved leaves: altered quotes, figures and computations never pass verification, true ones always do."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import date
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.citations import cite, figures, proved
from bot.records import Citation, Computation, Statement
from bot.settings import SAMPLE_DOCUMENTS
from index.ingest import parse_file
from index.records import Article, PolicyDocument
from tests.mutations import Drafted, mutated
from tests.test_understand import document

WRITTEN: dict[str, Any] = json.loads((Path(__file__).parent / "cases" / "statements.json").read_text(encoding="utf8"))
TITLE, NUMBER, DAY = "某市教师办法", "某教〔2021〕5号", date(2026, 11, 24)
ARTICLE = Article(TITLE, 1, "article", 1, "第一条", "", "第一条", (), 7, 11, 39)
PAIRS: list[tuple[str, str]] = [tuple(pair) for pair in WRITTEN["sentences"]]
TABLE: list[str] = WRITTEN["table"]
DOCUMENT = document(TITLE, NUMBER, "\n".join((TITLE, *(true for true, _ in PAIRS), *TABLE, "以上由各县落实。")))
SEED = st.integers(0, 2**48)


class Shelf(dict[str, PolicyDocument]):
    """A library of some documents."""

    def document(self, document_id: str, /) -> PolicyDocument:
        return self[document_id]


SHELF = Shelf({DOCUMENT.id: DOCUMENT})


def quote(text: str, label: int = 1, of: PolicyDocument = DOCUMENT) -> Citation:
    start = of.text.index(text)
    return cite(label, of, ARTICLE, start, start + len(text), on=DAY)


@cache
def written() -> tuple[Drafted, ...]:
    """Answers of two statements each from the written sentences, in their own words and in another notation."""
    answers = []
    for (first, other), (second, _) in zip(PAIRS, PAIRS[1:] + PAIRS[:1], strict=True):
        citations = (quote(first, 1), quote(second, 2))
        answers += [Drafted((Statement(text, (1,)), Statement(second, (2,))), citations) for text in (first, other)]
    return tuple(answers)


@cache
def computed() -> tuple[Drafted, ...]:
    """Answers with arithmetic over rows of the written table."""
    answers = []
    for case in WRITTEN["computed"]:
        citations = tuple(quote(TABLE[3 + row], label) for label, row in enumerate(case["rows"], 1))
        done = tuple(
            Computation(operation, tuple(operands), result) for operation, operands, result in case["computed"]
        )
        answers.append(Drafted((Statement(case["text"], tuple(c.label for c in citations), computed=done),), citations))
    return tuple(answers)


@cache
def sampled() -> tuple[tuple[Drafted, ...], Shelf]:
    """Answers from every passage of the sample documents: text as it stands, table rows as sentences; three together."""
    parsed = [p for path in sorted(SAMPLE_DOCUMENTS.iterdir()) for p in parse_file(path)]
    answers = []
    for of in parsed:
        pieces = [c for c in of.chunks if c.text.strip()]
        for at in range(0, len(pieces), 3):
            citations, statements = [], []
            for label, chunk in enumerate(pieces[at : at + 3], 1):
                citations.append(cite(label, of.document, of.articles[chunk.article], chunk.start, chunk.end, on=DAY))
                text = chunk.indexed if chunk.text.startswith("|") else chunk.text.strip()
                statements.append(Statement(text, (label,)))
            answers.append(Drafted(tuple(statements), tuple(citations)))
    return tuple(answers), Shelf({p.document.id: p.document for p in parsed})


def test_true_answers_pass_in_any_notation() -> None:
    for answer in (*written(), *computed()):
        assert proved(answer.statements, answer.citations, SHELF) == answer.statements


def test_true_answers_from_the_sample_documents_pass() -> None:
    answers, shelf = sampled()
    assert len(answers) > 80
    for answer in answers:
        assert proved(answer.statements, answer.citations, shelf) == answer.statements
        # Not word for word the quote, so that each figure is looked for.
        longer = tuple(replace(s, text=f"{s.text} 据此。") for s in answer.statements)
        assert proved(longer, answer.citations, shelf) == longer


def assert_refused(answers: tuple[Drafted, ...], shelf: Shelf, seed: int) -> None:
    """A statement of an answer is made false in one way; the seed chooses all three. It does not pass."""
    random = Random(seed)
    answer = random.choice(answers)
    i = random.randrange(len(answer.statements))
    changed = mutated(random, answer, i, shelf)
    assert changed is not None
    name, false = changed
    assert false.statements[i] not in proved(false.statements, false.citations, shelf), name


@given(SEED)
@settings(max_examples=5_000, deadline=None)
def test_no_false_answer_from_written_sentences_passes(seed: int) -> None:
    assert_refused(written(), SHELF, seed)


@given(SEED)
@settings(max_examples=5_000, deadline=None)
def test_no_false_answer_from_the_sample_documents_passes(seed: int) -> None:
    assert_refused(*sampled(), seed)


@given(SEED)
@settings(max_examples=1_000, deadline=None)
def test_no_false_arithmetic_passes(seed: int) -> None:
    random = Random(seed)
    answer = random.choice(computed())
    false = miscalculated(random, answer) if random.random() < 0.7 else mutated(random, answer, 0, SHELF)
    assert false is not None
    name, changed = false
    assert proved(changed.statements, changed.citations, SHELF) == (), name


def miscalculated(random: Random, answer: Drafted) -> tuple[str, Drafted]:
    """The answer with another operand, one operand fewer, or another result, which its text may state too."""
    statement = answer.statements[0]
    at = random.randrange(len(statement.computed))
    done = statement.computed[at]
    k = random.randrange(len(done.operands))
    ways = {
        "operand": replace(
            done, operands=(*done.operands[:k], other_figure(random, done.operands[k]), *done.operands[k + 1 :])
        ),
        "result": replace(done, result=other_figure(random, done.result)),
        "unit": replace(done, result=re.sub(r"[^\d.]+$", "元", done.result)),
    }
    if done.operation not in ("max", "min") or done.operands[k] == done.result:
        ways["fewer"] = replace(done, operands=(*done.operands[:k], *done.operands[k + 1 :]))
    name = random.choice(list(ways))
    text = statement.text.replace(done.result, ways[name].result) if random.random() < 0.5 else statement.text
    computed = (*statement.computed[:at], ways[name], *statement.computed[at + 1 :])
    return name, Drafted((replace(statement, text=text, computed=computed),), answer.citations)


def other_figure(random: Random, figure: str) -> str:
    """Another digit in a figure; other words where it has none."""
    digits = [i for i, char in enumerate(figure) if char.isdigit()]
    if not digits:
        return f"丁{figure}"
    i = random.choice(digits)
    return figure[:i] + random.choice([d for d in "0123456789" if d != figure[i]]) + figure[i + 1 :]


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("班主任津贴每人每月400元", True),
        ("班主任津贴400元", True),  # the period may be left out
        ("《某市教师办法》第一条：班主任津贴每月400元", True),  # the heading is shown beside the quote
        ("某教〔2021〕5号：班主任津贴每月400元", True),
        ("班主任津贴每年400元", False),
        ("班主任津贴每月400美元", False),
        ("班主任津贴每月不超过400元", False),
        ("班主任津贴每月400元、400元", False),  # more often than in the quote
        ("班主任津贴每月400元，每学期2次", False),  # stands elsewhere in the document
    ],
)
def test_figures_count_with_unit_bound_and_period(text: str, kept: bool) -> None:
    assert bool(proved([Statement(text, (1,))], [quote(PAIRS[0][0])], SHELF)) is kept


def test_a_date_proves_its_year_and_month() -> None:
    citation = quote(PAIRS[6][0])
    for text, kept in (
        ("2021年6月起施行", True),
        ("2021年起施行", True),
        ("6月18日起施行", True),
        ("2021年7月起施行", False),
    ):
        assert bool(proved([Statement(text, (1,))], [citation], SHELF)) is kept


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("甲县：2020年2.76万人，2021年2.94万人，增长6.5%。", True),
        ("甲县2020年在园幼儿27600人", True),
        ("表3：甲县2.76万人", True),
        ("| 甲县 | 2.76 | 2.94 | 6.5 |", True),
        ("甲县2020年2.76亿人", False),
        ("甲县2019年2.76万人", False),
        ("甲县2020年2.34万人", False),
        ("甲县增长6.5个百分点", False),
        ("表4：甲县2.76万人", False),
    ],
)
def test_a_table_row_proves_its_cells_with_years_and_units(text: str, kept: bool) -> None:
    assert bool(proved([Statement(text, (1,))], [quote(TABLE[3])], SHELF)) is kept


@pytest.mark.parametrize(
    ("computation", "kept"),
    [
        (Computation("sum", ("2.76万人", "2.94万人"), "5.7万人"), True),
        (Computation("sum", ("2.76万人", "2.76万人"), "5.52万人"), False),  # stands in the row once
        (Computation("sum", ("2.76万人", "2.34万人"), "5.1万人"), False),  # of a row that is not cited
        (Computation("sum", ("2.76万人",), "2.76万人"), False),
        (Computation("sum", ("2.76万人", "6.5%"), "9.26万人"), False),
        (Computation("share", ("2.76万人", "2.94万人"), "93.9%"), True),
        (Computation("share", ("2.76万人", "2.94万人"), "约94%"), True),
        (Computation("share", ("2.76万人", "2.94万人"), "93%"), False),
        (Computation("share", ("2.76万人", "0万人"), "93%"), False),
        (Computation("difference", ("2.94万人", "2.76万人"), "0.18万人"), True),
        (Computation("difference", ("2.76万人", "2.94万人"), "0.18万人"), False),
        (Computation("max", ("2.76万人", "2.94万人"), "2.94万人"), True),
        (Computation("min", ("2.76万人", "2.94万人"), "2.94万人"), False),
        (Computation("count", ("甲县",), "1个"), True),
        (Computation("count", ("甲县", "乙县"), "2个"), False),
        (Computation("count", ("", ""), "2个"), False),
        (Computation("sum", ("2.76万人", "2.94万人"), "许多"), False),
    ],
)
def test_computations_are_done_again(computation: Computation, kept: bool) -> None:
    statement = Statement(f"由表3计算：{computation.result}", (1,), computed=(computation,))
    assert bool(proved([statement], [quote(TABLE[3])], SHELF)) is kept


def test_a_statement_without_a_citation_or_with_an_unknown_one_fails() -> None:
    for labels in ((), (2,), (1, 2)):
        assert proved([Statement(PAIRS[0][0], labels)], [quote(PAIRS[0][0])], SHELF) == ()
    unknown = replace(quote(PAIRS[0][0]), document_id="none")
    assert proved([Statement(PAIRS[0][0], (1,))], [unknown], SHELF) == ()


@given(st.text(max_size=60))
@settings(max_examples=200)
def test_what_stands_in_the_quote_is_always_proved(text: str) -> None:
    of = document(TITLE, NUMBER, f"{TITLE}\n{text}")
    citation = cite(1, of, ARTICLE, 0, len(of.text), on=DAY)
    assert figures(of.text) == figures(citation.quote)
    statement = Statement(f"{of.text}。", (1,))
    assert proved([statement], [citation], Shelf({of.id: of})) == (statement,)
