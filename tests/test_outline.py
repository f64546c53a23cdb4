"""The outlines of the real pages against the labelled truth, node by node."""

from __future__ import annotations

import json
import re
import unicodedata
from pathlib import Path
from typing import Any

import pytest

from index.ingest import parse_file
from index.records import Article, ParsedDocument

Node = tuple[str, str, str, str]
# Nodes whose labelled text holds a guess in brackets that no repair may make: a lost digit, a lost first character.
GUESSED = 4


def narrow(text: str | None) -> str:
    return re.sub(r"\s", "", unicodedata.normalize("NFKC", text or ""))


@pytest.fixture(scope="module")
def pairs(request: pytest.FixtureRequest) -> list[tuple[ParsedDocument, dict[str, Any]]]:
    """Each labelled document with what the parser makes of it, by title."""
    pages: Path = request.getfixturevalue("pages")
    truth = json.loads((pages.parent.parent / "reference" / "outline.json").read_text(encoding="utf8"))["documents"]
    parsed = {(p.name, narrow(d.document.title)): d for p in sorted(pages.glob("*.txt")) for d in parse_file(p)}
    return [(parsed[key.split("@")[0], narrow(t["metadata"]["title"])], t) for key, t in truth.items()]


def body(parsed: ParsedDocument) -> list[Article]:
    return [a for a in parsed.articles if a.kind not in ("front", "tail")]


def found_node(article: Article) -> Node:
    steps = [narrow(step) for step in article.path.split(" / ")][:-1]
    return article.kind, narrow(article.number), narrow(article.heading), "/".join(steps)


def true_node(node: dict[str, Any]) -> Node:
    return node["kind"], narrow(node.get("num")), narrow(node.get("title")), "/".join(map(narrow, node["path"]))


def test_all_nodes_with_number_heading_and_path(pairs: list[tuple[ParsedDocument, dict[str, Any]]]) -> None:
    nodes = 0
    for parsed, truth in pairs:
        assert list(map(found_node, body(parsed))) == list(map(true_node, truth["outline"])), parsed.document.title
        nodes += len(truth["outline"])
    assert nodes == 233


def test_texts_of_the_nodes(pairs: list[tuple[ParsedDocument, dict[str, Any]]]) -> None:
    compared, differing = 0, []
    for parsed, truth in pairs:
        for article, node in zip(body(parsed), truth["outline"], strict=True):
            if node["kind"] == "table" or node.get("text") is None:
                continue
            own = narrow(parsed.document.text[article.body : article.end])
            if node.get("departments"):
                own = re.sub(r"\([^()]*责任单位[^()]*\)$", "", own)
            compared += 1
            if own != narrow(node["text"]):
                differing.append(node["text"])
    assert compared == 182
    assert len(differing) <= GUESSED
    assert all("[" in text or "1—2" in text for text in differing)


def test_responsible_departments(pairs: list[tuple[ParsedDocument, dict[str, Any]]]) -> None:
    """The labels keep names as printed; the parser adds the grade that the first name of a group gives to the others."""
    labelled = 0
    for parsed, truth in pairs:
        for article, node in zip(body(parsed), truth["outline"], strict=True):
            printed = [narrow(name) for name in node.get("departments", ())]
            own = article.responsible[: len(printed)]
            assert len(own) == len(printed), article.path
            assert all(name.endswith(short) for name, short in zip(own, printed, strict=True)), article.path
            assert bool(article.responsible) == bool(printed), article.path
            labelled += bool(printed)
    assert labelled == 31


def test_grades_are_distributed_and_general_units_added(pairs: list[tuple[ParsedDocument, dict[str, Any]]]) -> None:
    parsed = next(p for p, _ in pairs if "永安市" in p.document.title)
    item = next(a for a in parsed.articles if a.number == "3.")
    assert item.responsible == ("市发改局", "市教育局", "市财政局", "各乡镇党委和人民政府")
    assert sum("各乡镇党委和人民政府" in a.responsible for a in parsed.articles) == 17


def test_levels_are_depths_and_nodes_follow_each_other(pairs: list[tuple[ParsedDocument, dict[str, Any]]]) -> None:
    for parsed, _ in pairs:
        text = parsed.document.text
        assert "".join(text[a.start : a.end] for a in parsed.articles) == text
        assert all(a.level == len(a.path.split(" / ")) for a in parsed.articles if a.path)
