"""From a repaired page to documents: boundaries, metadata, text, ids. The real pages are checked where they are present."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.documents import merge_reposts, split_documents
from index.records import Fix, PolicyDocument, RepairedText, SourceFile
from index.repair import repair

HERE = Path(__file__).parent
SHARED = HERE.parent.parent / "shared"
CASES: dict[str, Any] = json.loads((HERE / "cases" / "documents.json").read_text(encoding="utf8"))


def split(text: str, name: str = "a.txt", fixes: tuple[Fix, ...] = ()) -> list[PolicyDocument]:
    source = SourceFile(Path(name), "0" * 64, "text/plain", "utf-8", text)
    return split_documents(source, RepairedText(text, fixes, "simplified"))


def split_file(path: Path) -> list[PolicyDocument]:
    text = path.read_text(encoding="utf8")
    return split_documents(SourceFile(path, "0" * 64, "text/plain", "utf-8", text), repair(text))


def shared(*parts: str) -> Path:
    path = SHARED.joinpath(*parts)
    if not path.exists():
        pytest.skip("the shared corpus is not in this checkout")
    return path


@pytest.mark.parametrize("case", CASES["metadata"], ids=lambda case: case["why"])
def test_metadata(case: dict[str, Any]) -> None:
    (document,) = split(case["text"], case["name"])
    fields = ("written", "published", "effective", "expires")
    found: dict[str, Any] = {field: str(getattr(document, field) or "") or None for field in fields}
    found |= {"title": document.title, "kind": document.kind, "issuers": [*document.issuers], "doc_no": document.doc_no}
    found["place"] = document.place.full_name if document.place else None
    assert found == {key: case[key] for key in found}
    assert document.sources == (case["name"],)


@pytest.mark.parametrize("text", CASES["one_document"], ids=lambda text: text[:10])
def test_repeated_lines_do_not_split_ordinary_files(text: str) -> None:
    assert len(split(text)) == 1


@pytest.mark.parametrize("case", CASES["known_failures"], ids=lambda case: case["why"])
def test_known_failures(case: dict[str, Any]) -> None:
    if len(split(case["text"])) == case["documents"]:
        pytest.fail("is right now: move it to the other cases")
    pytest.xfail(case["why"])


PAGE = """甲市教育局关于午休的实施意见

谈谈学校午休的好处

谈谈学校午休的好处

谈谈学校午休的好处作者：李某来源：某刊摘要：午休有益。

乙市教育局关于招生的通知（试行

乙市教育局关于招生的通知（试行

乙市教育局关于招生的通知（试行）【法规类别】教育【发文字号】乙教[2009]2号【发布日期】2009.06.10乙市教育局关于招生的通知（试行）（乙教〔2009〕2号）各县教育局：请执行。

一、及时报名。

  1. 1、下载文档前请甄别。

甲市教育局关于午休的实施意见文章属性•【制定机关】甲市教育局•【字 号】•【时效性】现行有效正文甲市教育局关于午休的实施意见各学校：现提出意见。

一、安排午休。
"""


def test_a_page_of_several_documents() -> None:
    essay, notice, own = split(PAGE)
    assert (essay.title, essay.kind) == ("谈谈学校午休的好处", "third_party")
    assert essay.text.split("\n")[1:] == ["作者：李某来源：某刊摘要：午休有益。"]
    assert (notice.title, notice.doc_no, notice.kind) == (
        "乙市教育局关于招生的通知（试行）",
        "乙教〔2009〕2号",
        "policy",
    )
    assert notice.text.split("\n")[4:] == ["（乙教〔2009〕2号）", "各县教育局：", "请执行。", "一、及时报名。"]
    assert (own.title, own.doc_no, own.validity) == ("甲市教育局关于午休的实施意见", None, "现行有效")
    assert own.text.split("\n") == [
        "甲市教育局关于午休的实施意见",
        "【制定机关】甲市教育局",
        "【字号】",
        "【时效性】现行有效",
        "各学校：",
        "现提出意见。",
        "一、安排午休。",
    ]
    assert [gap.what for gap in own.gaps] == ["“字号”空缺"]
    assert any("可能缺失" in gap.what for gap in notice.gaps)


def test_fixes_go_to_the_document_of_their_lines() -> None:
    lines = PAGE.split("\n")
    fixes = tuple(Fix("step", number, "旧", lines[number - 1], "inferred") for number in (7, 13, 19, 21))
    assert [[fix.line for fix in document.fixes] for document in split(PAGE, fixes=fixes)] == [[7], [13], [19, 21]]


def test_reposts_are_one_document_and_versions_are_two() -> None:
    body = "各学校：\n请按时开学，不得提前。"
    plain = split(f"甲市教育局关于开学的通知\n{body}", "甲.txt")
    repost = split(f"甲市教育局关于开学的通知文章属性•【制定机关】甲市教育局•【公布日期】2021.06.08\n{body}", "乙.txt")
    changed = split(f"甲市教育局关于开学的通知\n{body}另行通知。", "丙.txt")
    merged = merge_reposts([*plain, *changed, *repost])
    assert len(merged) == 2 and plain[0].id == repost[0].id != changed[0].id
    assert merged[0].sources == ("乙.txt", "甲.txt") and str(merged[0].published) == "2021-06-08"
    assert re.fullmatch("[0-9a-f]{16}", plain[0].id)


def test_text_has_no_blank_lines_and_keeps_every_character() -> None:
    for document in split(PAGE):
        assert all(line.strip() == line != "" for line in document.text.split("\n"))
    assert "".join(document.text for document in split("甲市教育局关于开学的通知\n\n 各学校：\n请执行。")) == (
        "甲市教育局关于开学的通知\n各学校：\n请执行。"
    )


WORDS = "某市教育局关于开学的通知~文章属性•~【字号】~【制定机关】某市教育局~正文~一、~（二）~第一条 学校~各学校：~。~2024年1月2日"
MORE = "（某教〔2024〕1号）~\n~\n\n~附件：~专栏3~| 甲 | 乙 |~作者：~# ~[ 索引号 ]~<!-- INFO END -->~表1：某表"
PIECES = st.sampled_from(f"{WORDS}~{MORE}".split("~"))


@given(st.lists(PIECES, max_size=24).map("".join))
def test_any_page_is_split_without_error(text: str) -> None:
    for document in split(text):
        assert document.title and document.text.startswith(document.title)
        assert all(0 <= gap.position <= len(document.text) for gap in document.gaps)
    assert bool(split(text)) == bool(text.strip())


def folded(text: str) -> str:
    marks = {ord(wide): chr(ord(wide) - 0xFEE0) for wide in "，：；（）？！"} | {ord("—"): "-"}
    return text.translate(marks)


def truth() -> dict[str, dict[str, Any]]:
    outline = json.loads(shared("reference", "outline.json").read_text(encoding="utf8"))
    return {folded(entry["metadata"]["title"]): entry["metadata"] for entry in outline["documents"].values()}


def test_the_five_pages_give_thirteen_documents_with_their_metadata() -> None:
    found = [document for page in sorted(shared("corpus", "pages").glob("*.txt")) for document in split_file(page)]
    expected = truth()
    assert sorted(folded(document.title) for document in found) == sorted(expected)
    assert len(found) == 13
    for document in found:
        meta = expected[folded(document.title)]
        where = meta["jurisdiction"]
        path = tuple(where[level] for level in ("province", "city", "county") if where[level])
        stated = {
            "kind": "policy" if meta["official"] else "third_party",
            "issuers": tuple(meta["issuing_body"]) if meta["official"] else (),
            "place": path or None,
            "topic": meta["topic"],
        } | {key: meta[key] for key in ("doc_no", "published", "effective", "validity", "level", "index_no")}
        assert stated == {
            "kind": document.kind,
            "issuers": document.issuers,
            "place": (document.place.path or ("国家",)) if document.place else None,
            "topic": ",".join(document.topics) or None,
            "doc_no": document.doc_no,
            "published": str(document.published) if document.published else None,
            "effective": str(document.effective) if document.effective else None,
            "validity": document.validity,
            "level": document.level,
            "index_no": document.index_no,
        }
        if "written" in meta:
            assert str(document.written) == meta["written"]


def test_the_concatenated_page() -> None:
    documents = split_file(next(shared("corpus", "pages").glob("001*")))
    assert [document.kind for document in documents].count("third_party") == 4
    own = documents[-1]
    body = [line for line in own.text.split("\n")[1:] if not line.startswith("【")]
    assert len(body) == 22
    assert body[0] == "晋教〔2021〕5号" and body[3] == "一、深化简政放权，扩大学校办学自主权"
    assert sum(line.endswith("）") and "（责任单位：" in line for line in body) == 14


def test_gaps_of_the_pages() -> None:
    pages = {page.name[:3]: split_file(page) for page in shared("corpus", "pages").glob("*.txt")}
    plan = {gap.what for gap in pages["003"][0].gaps}
    assert {"缺少“专栏1”、“专栏2”及其内容", "缺少“（二）”、“（三）”及其内容", "句末内容缺失"} <= plan
    assert [gap.what for gap in pages["000"][0].gaps] == ["“字号”空缺"]
    dates = [gap for gap in pages["004"][0].gaps if "日期" in gap.what]
    assert len(dates) == 3 and any("进度表" in gap.what for gap in pages["004"][0].gaps)
    assert any("办学标准（试行）》正文缺失" in gap.what for document in pages["001"] for gap in document.gaps)
    assert any("□" in gap.what for gap in pages["002"][0].gaps)


def test_the_laws() -> None:
    titles: dict[str, list[PolicyDocument]] = {}
    for path in sorted(shared("corpus", "laws").glob("*.md")):
        (document,) = split_file(path)
        name, _, day = path.stem.removesuffix(")").rpartition("(") if path.stem.endswith(")") else (path.stem, "", "")
        assert document.kind == "law" and document.place is not None, path.name
        assert re.sub("[^一-龥]", "", name) in re.sub("中华人民共和国|[^一-龥]", "", document.title)
        assert not day or str(document.published) == day
        assert document.written or document.published or document.effective
        local = re.match("上海|北京|山东|河南|浙江|重庆|宁波|广州|深圳|郑州|青岛", document.title)
        assert bool(document.place.path) == bool(local), path.name
        assert not local or local.group() in document.place.full_name
        assert not document.marks
        titles.setdefault(document.title, []).append(document)
    versions = [pair for pair in titles.values() if len(pair) > 1]
    assert len(versions) == 4
    assert all(len({d.id for d in pair}) == len({d.published for d in pair}) == len(pair) for pair in versions)
