"""The proofs of the damage catalogue, over the real pages: what is repaired, what is left, what is marked."""

from __future__ import annotations

import json
import re
import unicodedata
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.records import RepairedText
from index.repair import repair
from index.repair.glosses import strip_glosses
from index.repair.script import simplified

GLOSS = re.compile("[(（][a-zü]*[āáǎàēéěèīíǐìōóǒòūúǔùǖǘǚǜ][a-zü]*[)）]")
BRACKETS = re.compile(r"[(（][^()（）]*[)）]")
SHIFTED = {
    12: "（一）深化教育供给改革",
    17: "（二）深化办学模式改革",
    20: "（三）深化产教融合改革",
    23: "（四）深化县管校聘管理体制改革",
    27: "（五）完善育人方式改革",
    30: "学校“N对一”",
}
# Guesses of the catalogue that no page proves: they must stay as they are.
UNPROVED = {"guess", "unrecoverable", "unrecoverable char □"}


def plain(text: str) -> str:
    return re.sub(r"\s", "", unicodedata.normalize("NFKC", text))


@pytest.fixture(scope="module")
def repaired(pages: Path) -> dict[str, RepairedText]:
    return {p.name[:3]: repair(p.read_text(encoding="utf8")) for p in sorted(pages.glob("*.txt"))}


@pytest.fixture(scope="module")
def raw(pages: Path) -> dict[str, str]:
    return {p.name[:3]: p.read_text(encoding="utf8") for p in sorted(pages.glob("*.txt"))}


@pytest.fixture(scope="module")
def catalogue(pages: Path) -> dict[str, Any]:
    path = pages.parent.parent / "reference" / "outline.json"
    loaded: dict[str, Any] = json.loads(path.read_text(encoding="utf8"))
    return loaded


def damaged(text: RepairedText) -> set[int]:
    return {fix.line for fix in text.fixes if fix.confidence == "damaged"}


def test_280_glosses_go_and_every_other_bracket_stays(raw: dict[str, str], repaired: dict[str, RepairedText]) -> None:
    page = raw["002"]
    assert len(GLOSS.findall(page)) == 280
    real = [plain(simplified(b)) for b in BRACKETS.findall(GLOSS.sub("", page))]
    after = repaired["002"].text
    assert GLOSS.findall(after) == []
    # the headings whose brackets were lost in a byte shift get theirs back, nothing else changes
    numerals = {f"({n})" for n in "一二三四五"}
    assert len(real) == 20
    assert [plain(b) for b in BRACKETS.findall(after) if plain(b) not in numerals] == real


@pytest.mark.parametrize("page", ["000", "001", "003", "004"])
def test_no_gloss_is_seen_where_there_is_none(raw: dict[str, str], page: str) -> None:
    assert strip_glosses(raw[page]) == raw[page]


@pytest.mark.parametrize(("line", "text"), SHIFTED.items())
def test_byte_shifts_are_repaired(repaired: dict[str, RepairedText], line: int, text: str) -> None:
    assert text in repaired["002"].text.split("\n")[line - 1]


def test_the_seventh_byte_shift_is_marked(repaired: dict[str, RepairedText]) -> None:
    line = repaired["002"].text.split("\n")[13]
    assert "高职院校“□+2”联办" in line
    assert damaged(repaired["002"]) == {14}


@pytest.mark.parametrize("page", ["000", "001", "003", "004"])
def test_no_byte_shift_is_seen_where_there_is_none(repaired: dict[str, RepairedText], page: str) -> None:
    assert not [f for f in repaired[page].fixes if f.name == "unshift_gbk"]


def test_every_proved_repair_of_the_catalogue_is_made(
    catalogue: dict[str, Any], repaired: dict[str, RepairedText]
) -> None:
    missing = []
    for entry in catalogue["repairs"]:
        if entry["confidence"] in UNPROVED or entry["kind"].startswith(("?-run", "PDF line-wrap", "GBK byte")):
            continue
        line = plain(repaired[entry["doc"][:3]].text.split("\n")[entry["line"] - 1])
        after = plain(entry["after"].strip("…"))
        if (after not in line) if after else line:
            missing.append((entry["doc"][:3], entry["line"], entry["after"]))
    assert missing == []


@pytest.mark.parametrize("line", [707, 715])
def test_a_lost_dash_is_never_guessed(repaired: dict[str, RepairedText], line: int) -> None:
    assert "掌握12项" in repaired["003"].text.split("\n")[line - 1]
    assert line in damaged(repaired["003"])


def test_known_losses_are_recorded(repaired: dict[str, RepairedText]) -> None:
    assert damaged(repaired["003"]) == {707, 715, 723}
    assert damaged(repaired["004"]) == {91, 99, 109}
    assert damaged(repaired["000"]) == set()


def test_blanks_that_became_question_marks_are_gone(repaired: dict[str, RepairedText]) -> None:
    lines = repaired["003"].text.split("\n")
    assert (lines[41], lines[43]) == ("重庆市巴南区人民政府", "2021年12月8日")


def test_wraps_of_a_pdf_leave_no_blank_inside_chinese(repaired: dict[str, RepairedText]) -> None:
    lines = repaired["001"].text.split("\n")[177:182]
    assert not [line for line in lines if re.search("[一-龥] +[一-龥]", line)]


def test_the_particle_is_put_right(repaired: dict[str, RepairedText]) -> None:
    text = repaired["002"].text + repaired["003"].text
    assert (text.count("着力"), text.count("著力"), text.count("显著") > 0) == (7, 0, True)


def test_ascii_punctuation_left_is_the_ratio_only(repaired: dict[str, RepairedText]) -> None:
    body = "\n".join(repaired["000"].text.split("\n")[9:])
    assert re.findall(r"[^.\s]{1}[,;:?!()][^.\s]{1}", body) == ["6:4"]


@pytest.mark.parametrize(("page", "script"), [("000", "simplified"), ("002", "traditional"), ("003", "traditional")])
def test_script_of_the_source_is_kept(repaired: dict[str, RepairedText], page: str, script: str) -> None:
    assert repaired[page].script == script


@pytest.mark.parametrize("page", ["000", "001", "002", "003", "004"])
def test_lines_keep_their_numbers(raw: dict[str, str], repaired: dict[str, RepairedText], page: str) -> None:
    assert repaired[page].text.count("\n") == raw[page].count("\n")


@pytest.mark.parametrize(
    "clean",
    [
        "第一条　学校应当在9:00前开门，比例为6:4，合格率2.76%。",
        "依据《中小学理科实验室装备规范》（JY/T 0385-2006）执行。",
        "The ratio is 3:1 (see note), e.g. at 18:30.",
        "| 年份 | 数量（所） |\n| 2024 | 12 |",
        "名著阅读成效显著，著名作家的著作另列。",
        "每人每月400元；第（一）项除外！",
    ],
)
def test_clean_text_stays(clean: str) -> None:
    assert repair(clean).text == clean


@given(st.text(st.sampled_from("学校教育的（一）、。，：()1.2“”《》\n 年月日元abc?"), max_size=120))
@settings(max_examples=200, deadline=None)
def test_any_text_keeps_its_line_count(text: str) -> None:
    assert repair(text).text.count("\n") == text.count("\n")
