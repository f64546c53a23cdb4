"""Whatever bytes a file holds, it becomes documents or is refused with a sentence: no other error, no crash, no hang."""

from __future__ import annotations

import io
import json
import os
import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from eval.corpus_files import docx_bytes, pdf_bytes, word_numbering, word_paragraph, word_table
from index.apart import Limits, apart
from index.errors import UnprocessableFile, UnreadableFile
from index.ingest import parse_file
from index.records import ParsedDocument
from tests.hostile.make_files import NOTICE, PLAIN, page_with_scripts
from tests.hostile.packages import repacked

CASES = json.loads(Path(__file__).with_name("cases").joinpath("hostile.json").read_text(encoding="utf8"))
PARSE = apart(parse_file, Limits(seconds=30))

# What policies are made of, and what is near it.
PIECES = (
    "第一条 ", "第十二条", "第一章 总则", "一、", "（一）", "(一)", "1.", "①", "【发文字号】", "三教发〔2024〕5号", "《义务教育法》", "《", "》", "“", "”",
    "2024年1月1日", "自发布之日起施行", "废止", "专栏1 ", "表1 ", "单位：元", "附件：", "关于补助标准的通知", "各学校：", "县教育局", "责任单位：教育局、财政局",
    "学校", "每生1250元", "50%", "|", "| a | b |", "|---|---|", "锟斤拷", "????", "發展", "\u00a0", "\u3000", "\u200b", "\u202e", "\ud83d\ude00", "。", "，",
    "\n", "\n\n", "\r", "\t", " ", "0", "-", "—", "…", "#", "*", "<p>", "</td>", "&nbsp;", "正文", "目录", "（2020年修正）", "索引号：", "公开日期：",
)  # fmt: skip
TAGS = (
    "p",
    "div",
    "table",
    "tr",
    "td",
    "th",
    "ol",
    "li",
    "ul",
    "h1",
    "span",
    "br",
    "pre",
    "svg",
    "style",
    "script",
    "title",
    "caption",
    "a",
    "b",
)
PARAGRAPHS = "".join(word_paragraph(line, level=n % 3) for n, line in enumerate(NOTICE.split("\n")))
WORD = PARAGRAPHS + word_table([["学段", "补助", "<"], ["^", "走读", "寄宿"], ["小学", "720", "970"]])
LEVELS = word_numbering([("chineseCounting", "%1、"), ("chineseCounting", "（%2）"), ("decimal", "%3.")])
PAGE = page_with_scripts("http://127.0.0.1:9/x") + b"<table><tr><th>a<td rowspan=2>b<tr><td>c</table>"
BASES = {
    "text": NOTICE.encode(),
    "gbk": NOTICE.encode("gbk"),
    "utf16": NOTICE.encode("utf-16"),
    "page": PAGE,
    "pdf": pdf_bytes([PLAIN, NOTICE]),
}

Edit = tuple[str, float, bytes]
edits = st.lists(
    st.tuples(
        st.sampled_from(("insert", "replace", "delete", "double", "cut")),
        st.floats(0, 1),
        st.one_of(st.binary(min_size=1, max_size=8), st.sampled_from([p.encode("utf8", "surrogatepass") for p in PIECES])),
    ),
    min_size=1,
    max_size=6,
)  # fmt: skip


def mutated(data: bytes, changes: list[Edit]) -> bytes:
    for change, where, piece in changes:
        at = int(where * len(data))
        end = at + len(piece)
        data = {
            "insert": data[:at] + piece + data[at:],
            "replace": data[:at] + piece + data[end:],
            "delete": data[:at] + data[end:],
            "double": data[:at] + data[at : at + 400] * 2 + data[at + 400 :],
            "cut": data[:at] if where > 0.5 else data,
        }[change]
    return data


def outcome(folder: Path, data: bytes, name: str = "某.txt") -> list[ParsedDocument] | str:
    """The documents, or the sentence; fails where the process that reads it was stopped or died."""
    path = folder / name
    path.write_bytes(data)
    try:
        documents = PARSE(path)
    except UnprocessableFile as error:
        pytest.fail(f"{error} {data[:2000]!r}")
    except UnreadableFile as error:
        assert str(error).endswith("。")
        return str(error)
    assert documents
    for parsed in documents:
        text = parsed.document.text
        assert parsed.document.id
        assert parsed.document.title
        assert all(text[c.start : c.end] == c.text for c in parsed.chunks)
        assert all(0 <= a.start <= a.body <= a.end <= len(text) for a in parsed.articles)
    return documents


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("fuzz")


# FUZZ=5000 looks for what the same few examples of every run do not show.
quick = settings(
    max_examples=int(os.environ.get("FUZZ", "150")),
    derandomize="FUZZ" not in os.environ,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


@quick
@given(st.binary(max_size=2000))
def test_random_bytes(folder: Path, data: bytes) -> None:
    outcome(folder, data)


@quick
@given(st.lists(st.sampled_from(PIECES), max_size=80), st.sampled_from(("utf-8", "gb18030", "utf-16", "utf-8-sig")))
def test_pieces_of_policies(folder: Path, pieces: list[str], encoding: str) -> None:
    outcome(folder, "".join(pieces).encode(encoding, "ignore"))


@quick
@given(st.text(max_size=400))
def test_any_text(folder: Path, text: str) -> None:
    outcome(folder, text.encode())


@quick
@given(st.sampled_from(sorted(BASES)), edits)
def test_mutated_files(folder: Path, base: str, changes: list[Edit]) -> None:
    outcome(folder, mutated(BASES[base], changes))


@quick
@given(st.lists(st.tuples(st.sampled_from(TAGS), st.booleans(), st.sampled_from(PIECES)), max_size=60))
def test_pages_of_any_tags(folder: Path, made: list[tuple[str, bool, str]]) -> None:
    page = "<html><body>" + "".join(f"<{'/' if closes else ''}{tag}>{text}" for tag, closes, text in made)
    outcome(folder, page.encode("utf8", "ignore"))


@quick
@given(
    st.sampled_from(("word/document.xml", "word/numbering.xml", "[Content_Types].xml", "word/_rels/document.xml.rels")),
    edits,
)
def test_word_files_with_mutated_parts(folder: Path, part: str, changes: list[Edit]) -> None:
    whole = docx_bytes(WORD, numbering=LEVELS)
    with zipfile.ZipFile(io.BytesIO(whole)) as package:
        data = package.read(part)
    outcome(folder, repacked(whole, {part: mutated(data, changes)}))


@quick
@given(edits)
def test_mutated_word_packages(folder: Path, changes: list[Edit]) -> None:
    outcome(folder, mutated(docx_bytes(WORD, numbering=LEVELS), changes))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["why"])
def test_what_once_failed(folder: Path, case: dict[str, str]) -> None:
    outcome(folder, bytes.fromhex(case["hex"]))
