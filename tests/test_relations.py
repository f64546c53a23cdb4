"""Who succeeds whom, since when, and how else documents relate; stored the same however the library came about."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from index.catalogue import Catalogue
from index.claims import claims_of
from index.generation import current
from index.ingest import parse_file
from index.library import open_library
from index.records import Place, PolicyDocument
from index.relations import Relation, Succession, later_versions, relate
from index.sync import sync
from index.versions import base_title, in_force_from
from tests.documents import document_of
from tests.test_sync import EMBEDDER

CASES: dict[str, Any] = json.loads((Path(__file__).parent / "cases" / "relations.json").read_text(encoding="utf8"))
TODAY = date(2026, 11, 24)
NATION, CITY, COUNTY = Place(()), Place(("浙江省", "湖州市")), Place(("浙江省", "湖州市", "德清县"))


def law(key: str, title: str, day: str, *, effective: str | None = None, text: str = "") -> PolicyDocument:
    begun = date.fromisoformat(effective) if effective else None
    made = document_of(text or title, title=title)
    return replace(made, id=key, kind="law", place=NATION, written=date.fromisoformat(day), effective=begun)


def policy(key: str, title: str, day: str, *, place: Place | None = CITY, text: str = "") -> PolicyDocument:
    return replace(document_of(text or title, title=title), id=key, place=place, written=date.fromisoformat(day))


def related(*documents: PolicyDocument) -> tuple[Relation, ...]:
    return relate(documents, [(d.id, claim) for d in documents for claim in claims_of(d)])


def pairs(*documents: PolicyDocument, kind: str = "supersedes") -> set[tuple[str, str]]:
    return {(r.source, r.target) for r in related(*documents) if r.kind == kind and r.target}


@pytest.mark.parametrize("case", CASES["namesakes"], ids=lambda case: f"{case['one']} {case['other']}")
def test_base_titles(case: dict[str, Any]) -> None:
    assert (base_title(case["one"]) == base_title(case["other"])) is case["same"]


def test_each_version_takes_the_place_of_the_one_before() -> None:
    versions = [
        law("c", "某法", "2024-01-01"),
        law("a", "某法", "2009-01-01"),
        law("b", "中华人民共和国某法", "2015-01-01"),
    ]
    assert pairs(*versions) == {("b", "a"), ("c", "b")}
    assert later_versions(versions) == {"a": versions[0], "b": versions[0]}


def test_versions_have_one_place_and_different_days() -> None:
    assert not pairs(policy("a", "午休管理办法", "2019-01-01"), policy("b", "午休管理办法", "2024-01-01", place=COUNTY))
    assert not pairs(policy("a", "午休管理办法", "2019-01-01"), policy("b", "午休管理办法", "2019-01-01"))
    undated = replace(policy("c", "午休管理办法", "2019-01-01"), written=None)
    assert not pairs(undated, policy("b", "午休管理办法", "2024-01-01"))
    nowhere = policy("d", "午休管理办法", "2019-01-01", place=None)
    assert pairs(nowhere, policy("b", "午休管理办法", "2024-01-01")) == {("b", "d")}


def test_a_draft_takes_no_place_and_gives_way_to_the_text() -> None:
    draft, text = (
        policy("d", "某市午休管理办法（征求意见稿）", "2023-05-01"),
        policy("t", "某市午休管理办法", "2023-09-01"),
    )
    assert pairs(draft, text) == {("t", "d")}
    assert pairs(text, replace(draft, written=date(2024, 5, 1))) == set()


def test_a_notice_and_the_text_that_it_issues_are_one_version() -> None:
    notice = policy("n", "某局关于印发《某市午休管理办法》的通知", "2023-08-15")
    text = policy("t", "某市午休管理办法", "2023-09-01")
    old = policy("o", "某市午休管理暂行办法", "2019-01-01")
    assert pairs(notice, text) == set()
    assert pairs(notice, text, kind="issues") == {("n", "t")}
    assert {target for _, target in pairs(notice, text, old)} == {"o"}


REPEAL = "本法自2025年1月1日起施行。《中华人民共和国学位条例》同时废止。"


def test_a_repeal_names_an_older_text() -> None:
    old = law("old", "中华人民共和国学位条例", "2004-08-28", effective="1981-01-01")
    new = law(
        "new", "中华人民共和国学位法", "2024-04-26", effective="2025-01-01", text=f"中华人民共和国学位法\n{REPEAL}"
    )
    (relation,) = related(old, new)
    assert relation == Relation(
        "supersedes", "new", "old", old.title, date(2025, 1, 1), "《中华人民共和国学位条例》同时废止"
    )
    assert related(new)[0] == replace(relation, target="")


def test_a_repeal_ends_no_text_that_came_later_under_the_same_name() -> None:
    text = "某条例\n本条例自2005年5月1日起施行。1995年公布的《某条例》同时废止。"
    old = law("old", "某条例", "2005-01-10", effective="2005-05-01", text=text)
    new = law("new", "某条例", "2022-01-10", effective="2022-05-01")
    assert pairs(old, new) == {("new", "old")}
    unheld = [r for r in related(old, new) if not r.target]
    assert [(r.source, r.title) for r in unheld] == [("old", "某条例")]


def test_a_repeal_by_number_or_by_part_of_the_title() -> None:
    old = replace(policy("old", "湖州市教育局关于规范作息时间的通知", "2019-07-01"), doc_no="湖教基〔2019〕12号")
    other = policy("other", "德清县教育局关于规范作息时间的通知", "2018-07-01", place=COUNTY)
    by_title = policy("new", "作息办法", "2024-01-01", text="原《关于规范作息时间的通知》同时废止。")
    assert pairs(old, other, by_title) == {("new", "old")}
    by_number = policy("new", "作息办法", "2024-01-01", text="原市湖教基〔2019〕12号文件同时废止。")
    assert pairs(old, other, by_number) == {("new", "old")}


def test_grounds_are_meant_as_of_the_day_of_the_document() -> None:
    versions = [law("a", "某法", "2006-06-29"), law("b", "某法", "2018-12-29")]
    rules = policy("r", "某市实施办法", "2015-01-01", text="根据《某法》，制定本办法。")
    assert pairs(*versions, rules, kind="based_on") == {("r", "a")}
    assert pairs(versions[1], rules, kind="based_on") == {("r", "b")}


def test_one_forwards_what_stands_above() -> None:
    above = policy("above", "湖州市教育局关于课后服务的意见", "2022-01-01")
    beside = policy("beside", "三台县教育局关于课后服务的意见", "2022-01-01", place=Place(("四川省", "三台县")))
    notice = policy("n", "德清县教育局转发《关于课后服务的意见》的通知", "2022-03-01", place=COUNTY)
    assert pairs(above, beside, notice, kind="forwards") == {("n", "above")}


def test_a_third_party_relates_to_nothing() -> None:
    old, new = policy("old", "午休管理办法", "2019-01-01"), policy("new", "午休管理办法", "2024-01-01")
    assert related(old, replace(new, kind="third_party")) == ()


def succession(*documents: PolicyDocument) -> Succession:
    return Succession({d.id: d for d in documents}, related(*documents))


def test_a_version_gives_way_on_the_day_the_next_takes_effect() -> None:
    old = law("old", "某法", "1996-05-15", effective="1996-09-01")
    new = law("new", "某法", "2022-04-20", effective="2022-05-01")
    found = succession(old, new)
    assert found.newer("old", date(2022, 4, 30)) is None
    assert found.newer("old", date(2022, 5, 1)) == new
    assert found.newer("new", TODAY) is None
    assert (found.as_of(date(2020, 1, 1)), found.as_of(TODAY)) == ({}, {"old": new})


def test_a_chain_is_followed_as_far_as_it_reaches_by_then() -> None:
    first, second = law("a", "某法", "2009-01-01"), law("b", "某法", "2018-01-01")
    third = law("c", "另法", "2024-01-01", effective="2025-01-01", text="另法\n《某法》同时废止。")
    found = succession(first, second, third)
    assert [found.newer("a", date(year, 6, 1)) for year in (2017, 2019, 2024, 2025)] == [None, second, second, third]


def test_an_amended_version_holds_from_its_amendment() -> None:
    assert in_force_from(law("a", "某法", "2024-04-26", effective="2021-06-01")) == date(2024, 4, 26)
    assert in_force_from(law("b", "某法", "2024-04-26", effective="2025-01-01")) == date(2025, 1, 1)
    retroactive = replace(policy("c", "某办法", "2024-03-05"), effective=date(2024, 1, 1))
    assert in_force_from(retroactive) == date(2024, 1, 1)


def test_circles_end() -> None:
    one, other = document_of("a", title="a"), replace(document_of("b", title="b"), id="e")
    circle = [Relation("supersedes", "d", "e", "b"), Relation("supersedes", "e", "d", "a")]
    assert Succession({"d": one, "e": other}, circle).newer("d", TODAY) == other


def test_the_order_of_documents_does_not_matter() -> None:
    documents = [
        law("c", "某法", "2024-01-01"),
        law("a", "某法", "2009-01-01"),
        law("z", "另法", "2025-01-01", text=REPEAL),
    ]
    assert related(*documents) == related(*reversed(documents))


FILES = {
    "a.md": "# 某市校园午休管理办法\n\n2019年3月1日某市教育局发布\n\n第一条 午休不少于一小时。\n\n第二条 本办法自2019年4月1日起施行。\n",
    "b.md": "# 某市校园午休管理办法\n\n2024年3月1日某市教育局发布\n\n第一条 午休不少于两小时。\n\n第二条 本办法自2024年4月1日起施行。"
    "《某市小学生午间管理规定》同时废止。\n",
    "c.md": "# 某市小学生午间管理规定\n\n2010年3月1日某市教育局发布\n\n第一条 午间不得补课。\n\n第二条 本规定自2010年4月1日起施行。\n",
}


def stored(home: Path) -> set[tuple[Any, ...]]:
    catalogue = Catalogue(current(home) / "catalogue.db")
    found = [r for kind in ("supersedes", "based_on") for r in catalogue.relations(kind)]  # type: ignore[arg-type]
    catalogue.close()
    return {(r.kind, r.source, r.target, r.title, r.since, r.basis) for r in found}


def synced(folder: Path, home: Path, steps: Sequence[Sequence[str]]) -> set[tuple[Any, ...]]:
    folder.mkdir()
    for names in steps:
        for path in folder.iterdir():
            path.unlink()
        for name in names:
            (folder / name).write_text(FILES[name], encoding="utf8")
        sync([folder], home, EMBEDDER, progress=False)
    return stored(home)


def test_many_small_syncs_store_the_relations_of_one(tmp_path: Path) -> None:
    at_once = synced(tmp_path / "x", tmp_path / "one", [["a.md", "b.md", "c.md"]])
    step_by_step = synced(
        tmp_path / "y", tmp_path / "many", [["b.md"], ["a.md", "b.md"], ["b.md", "c.md"], sorted(FILES)]
    )
    assert len(at_once) == 2
    assert at_once == step_by_step
    without = synced(tmp_path / "z", tmp_path / "less", [sorted(FILES), ["a.md", "b.md"]])
    assert {target for _, _, target, *_ in without} == {
        "",
        next(t for _, _, t, title, *_ in at_once if "午休" in title),
    }


def test_a_library_reads_its_relations(tmp_path: Path) -> None:
    synced(tmp_path / "x", tmp_path / "home", [sorted(FILES)])
    library = open_library(tmp_path / "home", EMBEDDER)
    by_source = {d.sources[0]: d for d in library.documents()}
    old, new, rules = by_source["a.md"], by_source["b.md"], by_source["c.md"]
    assert library.succession.as_of(TODAY) == {old.id: new, rules.id: new}
    assert library.succession.as_of(date(2024, 3, 31)) == {}
    assert {r.target for r in library.relations(new.id)} == {old.id, rules.id}
    assert [r.source for r in library.relations(rules.id)] == [new.id]


def test_the_five_pairs_of_laws(laws: Path) -> None:
    documents = [p.document for path in sorted(laws.glob("*.md")) for p in parse_file(path)]
    names = {d.id: d.sources[0] for d in documents}
    assert {(names[new], names[old]) for new, old in pairs(*documents)} == {
        ("上海市实施《义务教育法》办法(2024-09-27).md", "上海市实施《义务教育法》办法(2009-02-24).md"),
        ("国防教育法(2024-09-13).md", "国防教育法(2018-04-27).md"),
        ("未成年人保护法(2024-04-26).md", "未成年人保护法(2020-10-17).md"),
        ("职业教育法(2022-04-20).md", "职业教育法(1996-05-15).md"),
        ("学位法(2024-04-26).md", "学位条例(2004-08-28).md"),
    }
    found = succession(*documents).as_of(date(2024, 5, 1))
    assert sorted(names[i] for i in found) == ["未成年人保护法(2020-10-17).md", "职业教育法(1996-05-15).md"]
