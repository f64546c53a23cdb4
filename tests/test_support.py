"""Whether quotes bear a statement out, on labelled statements about the sample documents."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from bot.citations import proved
from bot.records import Citation, Statement
from bot.support import against, duty, foreign, stands
from index.ingest import parse_file

CASES: list[dict[str, Any]] = json.loads(
    Path(__file__).with_name("cases").joinpath("support.json").read_text(encoding="utf8")
)
CLOSE = ("near", "condensed")  # what a model writes that keeps to the source's words, as it is told


class One:
    """One quote as a library of one text."""

    def __init__(self, text: str) -> None:
        self.text = text

    def document(self, _: str) -> Any:
        return self


@cache
def borne_out(number: int) -> bool:
    """Both checks that a statement must pass."""
    case = CASES[number]
    citation = Citation(
        label=1, document_id="d", title=case["title"], path=case["path"], anchor="a1", place=case["place"], issuers=(),
        doc_no=None, dates=(), validity="", kind="policy", quote=case["quote"], start=0, end=len(case["quote"]), source="",
    )  # fmt: skip
    statement = Statement(case["statement"], (1,))
    figures_hold = bool(proved([statement], [citation], One(case["quote"])))
    return figures_hold and not against(
        case["statement"], [case["quote"]], [case["title"], case["path"], case["place"]]
    )


def passing(*, holds: bool, kinds: tuple[str, ...] = ()) -> tuple[list[str], int]:
    asked = {n: c for n, c in enumerate(CASES) if c["holds"] is holds and (not kinds or c["kind"] in kinds)}
    # A quoted table is proved with its columns, which takes its document.
    return [c["statement"] for n, c in asked.items() if "|" not in c["quote"] and borne_out(n)], len(asked)


def test_false_statements_are_refused() -> None:
    passed, count = passing(holds=False)
    assert count >= 270
    assert len(passed) <= 2, passed  # 1 when this was written


def test_statements_close_to_the_source_are_kept() -> None:
    kept, count = passing(holds=True, kinds=CLOSE)
    assert len(kept) >= 0.85 * count


@pytest.mark.parametrize("kind", sorted({c["kind"] for c in CASES if not c["holds"]}))
def test_each_kind_of_false_statement_is_known(kind: str) -> None:
    passed, count = passing(holds=False, kinds=(kind,))
    assert count >= 14
    assert len(passed) <= 1, passed


def test_the_quotes_are_the_sample_documents_own(sample_texts: str) -> None:
    assert [c["id"] for c in CASES if c["quote"] not in sample_texts] == []


@pytest.fixture(scope="module")
def sample_texts() -> str:
    folder = Path(__file__).parent.parent / "eval" / "corpus"
    files = [p for p in sorted(folder.iterdir()) if p.is_file() and p.suffix not in (".toml",)]
    return "\n".join(parsed.document.text for path in files for parsed in parse_file(path, max_bytes=20_000_000))


@pytest.mark.parametrize(
    "statement",
    [
        "详见 https://example.com/a。", "请看 www.example.cn", "<b>每月400元</b>", "![图](a.png)", "[这里](javascript:x)",
        "```py```", "&lt;script&gt;", "访问 example.com 查询",
    ],
)  # fmt: skip
def test_addresses_and_markup_are_foreign(statement: str) -> None:
    assert foreign(statement)


@pytest.mark.parametrize("statement", ["每月400元[1]。", "晋教〔2021〕5号", "1.5万元", "比例为1:15", "小于3 < 5"])
def test_what_stands_in_policy_texts_is_not(statement: str) -> None:
    assert not foreign(statement)


@pytest.mark.parametrize(
    ("clause", "kinds"),
    [
        ("学校不得收费", {"forbidden"}),
        ("可以申请", {"allowed"}),
        ("应当公示", {"bound"}),
        ("不必报名", {"released"}),
        ("鼓励参加", {"encouraged"}),
        ("按照要求应用主要成果", set()),
        ("无需审批的可以不报", {"released"}),
    ],
)
def test_duties(clause: str, kinds: set[str]) -> None:
    assert duty(clause) == kinds


def test_a_statement_stands_only_from_the_beginning_of_a_sentence_to_an_end() -> None:
    assert stands("可以收费。", "学校可以免费。可以收费。")
    assert not stands("可以收费。", "学校不可以收费。")
    assert not stands("可以收费。", "可以收费的，报教育局批准。")
