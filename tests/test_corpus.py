"""The sample library and its questions: rebuilt bit by bit, every kind of damage there, every gold passage found."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval.corpus_build import LIBRARY, build, source
from eval.corpus_damage import cell_runs, folded, losing, shifted
from eval.metrics import holds
from index.ingest import parse_file
from index.read import collect_files, read_file
from index.records import ParsedDocument

ROWS: list[dict[str, Any]] = [
    json.loads(line) for line in (LIBRARY.parent / "cases.jsonl").read_text(encoding="utf8").splitlines()
]
KINDS = {"fact", "procedure", "list", "table", "lookup", "compare", "scope", "multi_turn", "validity"}
KINDS |= {"unanswerable", "out_of_domain", "injection"}
# Damage that must be visible in a file as it is read; a pattern each.
DAMAGE = {
    "绵阳市集团化办学实施意见.txt": [r"\(一|,", "文章属性∙【制定机关】", r"【字号】|【字 号】", "相关文档:"],
    "四川省减轻教师负担文件汇编.txt": [
        "•【公布日期】",
        "【法规类别】",
        r"^1\. 1、",
        r"\n\n",
        r"\(责任单位:[^)]*\)\S",
        "合集下载",
    ],
    "湖州市教育综合改革试点方案.txt": [r"體\(tǐ\)", r"^\?。ㄒ", r"^\?。ㄈ", "掃一掃"],
    "德清县教育事业发展十四五规划.txt": [
        "^国产精品",
        "首頁>",
        r"〔202118$",
        "^20211126$",
        r"^20212025年\)",
        r"\(%$",
        "^1:“",
        "^01$",
    ],
    "三台县优质均衡创建工作方案.txt": ["今天是:", r"阶段\($", "^三台县.*》已经", "构建构建|促建构建", "【打印$"],
}


@pytest.fixture(scope="module")
def documents() -> dict[str, list[ParsedDocument]]:
    """File name to its documents."""
    return {path.name: parse_file(path) for path in collect_files([LIBRARY])}


def test_build_reproduces_the_committed_files(tmp_path: Path) -> None:
    build(tmp_path)
    made = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert made == {path.name: path.read_bytes() for path in LIBRARY.iterdir()}
    assert len(made) >= 10
    assert {Path(name).suffix for name in made} == {".txt", ".md", ".html", ".htm", ".docx", ".pdf"}


@pytest.mark.parametrize("name", DAMAGE)
def test_each_damage_is_there(name: str) -> None:
    text = read_file(LIBRARY / name).text
    missing = [pattern for pattern in DAMAGE[name] if not re.search(pattern, text, re.MULTILINE)]
    assert missing == []


@pytest.mark.parametrize(
    ("name", "clean"),
    [
        ("四川省学前教育普惠发展行动计划.pdf", "sichuan-preschool"),
        ("德清县2026年义务教育招生入学通知.txt", "deqing-enrol"),
        ("湖州市教师交流暂行办法2019.txt", "huzhou-rotation-2019"),
        ("绵阳市2026年学生资助标准.html", "mianyang-aid"),
    ],
)
def test_formats_and_encodings_give_back_the_clean_source(name: str, clean: str) -> None:
    assert read_file(LIBRARY / name).text.split("\n") == source(clean)


def test_word_numbers_are_those_of_the_outline() -> None:
    text = read_file(LIBRARY / "湖州市教师交流轮岗实施办法2025.docx").text
    expected = [re.sub(r"\[\d\]", "", line) for line in source("huzhou-rotation-2025")]
    numbers = re.compile(r"^(第.[章条] |（.）)", re.MULTILINE)
    assert numbers.sub("", text).split("\n") == expected
    assert "".join(numbers.findall(text)) == (
        "第一章 第一条 第二条 第二章 第三条 第四条 （一）（二）（三）第五条 第三章 第六条 第七条 第八条 第四章 第九条 "
    )


def test_byte_shift_makes_what_a_real_page_shows() -> None:
    assert folded(shifted("\u3000（一）深化教育供給改革")) == "?。ㄒ唬┥罨逃┙o改革"
    with pytest.raises(ValueError, match="no place"):
        shifted("一、總體要求")


def test_losses_must_be_there_to_lose() -> None:
    with pytest.raises(ValueError, match="nothing to lose"):
        losing(["甲"], {"乙": ""})


@given(st.text(min_size=0, max_size=60))
def test_folding_is_idempotent_and_keeps_length(text: str) -> None:
    assert folded(folded(text)) == folded(text)
    assert len(folded(text)) == len(text)


def test_cell_runs_print_a_group_once() -> None:
    assert cell_runs(["甲", "| 一 | 1 |", "| 一 | 2 |"]) == ["甲", "一", "1", "2"]


def test_rows_have_the_shape_of_the_evaluation_format() -> None:
    assert len(ROWS) >= 70
    assert {row["kind"] for row in ROWS} == KINDS
    assert len({row["id"] for row in ROWS}) == len(ROWS)
    assert len({(row["question"], json.dumps(row["history"])) for row in ROWS}) == len(ROWS)
    keys = {"id", "set", "kind", "user", "history", "question", "gold", "must_include", "must_not_include", "note"}
    assert all(keys <= set(row) <= keys | {"unless_label", "acceptable_sources"} for row in ROWS)
    assert all(set(gold) == {"source", "document", "section", "evidence"} for row in ROWS for gold in row["gold"])
    refusing = {"unanswerable", "out_of_domain", "injection"}
    assert all(bool(row["gold"]) != (row["kind"] in refusing) for row in ROWS if row["kind"] != "scope")


@pytest.mark.parametrize("row", [row for row in ROWS if row["gold"]], ids=lambda row: str(row["id"]))
def test_every_evidence_stands_in_one_document(row: dict[str, Any], documents: dict[str, list[ParsedDocument]]) -> None:
    for gold in row["gold"]:
        texts = [parsed.document.text for parsed in documents[gold["source"]]]
        assert any(holds(gold["evidence"], text) for text in texts), gold["evidence"]


def test_samples_say_that_they_are_samples(documents: dict[str, list[ParsedDocument]]) -> None:
    policies = [parsed.document for group in documents.values() for parsed in group]
    unmarked = [d.title for d in policies if d.kind != "third_party" and "示例" not in d.title]
    assert unmarked == []
