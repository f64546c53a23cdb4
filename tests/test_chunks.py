"""Chunks: verbatim slices of one article, bounded, cut between sentences, with stable ids."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from itertools import pairwise
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from index.articles import parse_articles
from index.chunks import LONGEST, SHORTEST, WHOLE_ARTICLE, make_chunks
from index.ingest import parse_file
from index.records import Chunk, ParsedDocument, PolicyDocument
from index.sentences import sentence_spans
from index.tables import parse_tables
from tests.documents import document_of


def chunks_of(document: PolicyDocument) -> tuple[Chunk, ...]:
    articles = parse_articles(document)
    return make_chunks(document, articles, parse_tables(document, articles))


def check(parsed: ParsedDocument) -> None:
    """What holds for the chunks of any document."""
    text, chunks = parsed.document.text, parsed.chunks
    assert all(c.text == text[c.start : c.end] and c.text.strip() for c in chunks)
    assert len({c.id for c in chunks}) == len(chunks)
    assert all(a.end <= b.start for a, b in pairwise(chunks))
    for chunk in chunks:
        article = parsed.articles[chunk.article]
        assert article.start <= chunk.start < chunk.end <= article.end
        assert (chunk.path, chunk.responsible) == (article.path, article.responsible)
    assert "".join("".join(c.text for c in chunks).split()) == "".join(text.split())


def test_the_front_says_what_the_document_is() -> None:
    document = replace(
        document_of("办学意见\n某教〔2021〕5号\n各学校：\n请落实。\n一、甲\n乙。", "办学意见", "某教〔2021〕5号"),
        published=date(2021, 11, 25),
        validity="现行有效",
    )
    first = chunks_of(document)[0]
    assert first.indexed == "办学意见 文号 某教〔2021〕5号 发布机关 某市教育局 公布日期 2021年11月25日 时效性 现行有效"
    assert first.text.startswith("办学意见\n某教〔2021〕5号")


def test_an_article_of_a_law_stays_whole() -> None:
    body = "学校应当：" + "".join(
        f"\n（{n}）公布本校的第{n}项规章制度和相应的办事流程并说明理由；" for n in "一二三四五六七八九十"
    )
    document = document_of(f"第一条 {body}\n第二条 本办法即日施行。")
    assert LONGEST // 2 < len(body) < WHOLE_ARTICLE
    assert [c.text for c in chunks_of(document)] == [f"第一条 {body}", "第二条 本办法即日施行。"]


def test_a_long_item_is_cut_between_sentences_in_even_pieces() -> None:
    sentences = [
        f"第{i}所学校要把课后服务的时间安排和收费标准张贴在门口并听取家长的意见{'啊' * (i % 7)}。" for i in range(30)
    ]
    text = "1.课后服务\n" + "".join(sentences)
    chunks = chunks_of(document_of(text))
    assert len(chunks) == -(-len(text) // LONGEST)
    assert all(SHORTEST <= len(c.text) <= LONGEST for c in chunks)
    assert all(c.text.endswith("。") for c in chunks)
    assert chunks[0].text.startswith("1.课后服务\n第0所")


def test_a_heading_is_never_left_alone_above_its_text() -> None:
    text = "一、总体要求\n" + "办好每一所学校，" * 60 + "让人民满意。" + "再接再厉。" * 40
    assert "办好" in chunks_of(document_of(text))[0].text


def test_a_heading_without_text_is_indexed_with_what_is_under_it() -> None:
    chunks = chunks_of(document_of("一、主要任务\n（一）办好校车\n1.买车\n每校一辆。\n（二）建好食堂\n每校一个。"))
    assert chunks[0].text == "一、主要任务"
    assert chunks[0].indexed.endswith("办好校车；建好食堂")


def test_a_row_is_found_by_its_sentence() -> None:
    text = "一、甲\n乙。\n表1：校舍表\n| 学校 | 面积（平方米） |\n| 一小 | 300 |\n| 二小 | 400 |\n二、丙\n丁。"
    rows = [c for c in chunks_of(document_of(text)) if c.text.startswith("|")]
    assert [(c.text, c.indexed) for c in rows] == [
        ("| 一小 | 300 |", "学校一小：面积300平方米。"),
        ("| 二小 | 400 |", "学校二小：面积400平方米。"),
    ]
    caption = next(c for c in chunks_of(document_of(text)) if "表1" in c.text)
    assert caption.text == "表1：校舍表\n| 学校 | 面积（平方米） |"


def test_ids_do_not_depend_on_what_stands_before() -> None:
    first = chunks_of(document_of("一、甲\n乙。\n二、丙\n丁。"))
    later = chunks_of(document_of("一、甲\n乙。又多了一句。\n二、丙\n丁。"))
    assert first[1].id == later[1].id
    assert first[0].id != later[0].id


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet="甲乙丙，。；！\n一、1.（）|", max_size=600))
def test_chunks_cover_the_text_and_cut_no_sentence(text: str) -> None:
    document = document_of(text)
    articles = parse_articles(document)
    tables = parse_tables(document, articles)
    parsed = ParsedDocument(document, articles, tables, make_chunks(document, articles, tables))
    chunks = parsed.chunks
    assert all(c.text == text[c.start : c.end] for c in chunks)
    assert len({c.id for c in chunks}) == len(chunks)
    ends = {end for a in articles for _, end in sentence_spans(text, a.start, a.end, clauses=True)}
    assert all(c.end in ends for c in chunks if "|" not in c.text)
    missing = set(range(len(text))) - {i for c in chunks for i in range(c.start, c.end)}
    assert all(text[i] in " \n|" for i in missing)


def test_the_chunks_of_the_real_pages_and_laws(pages: Path, laws: Path) -> None:
    lengths = []
    for path in [*sorted(pages.glob("*.txt")), *sorted(laws.glob("*.md"))[:12]]:
        for parsed in parse_file(path):
            check(parsed)
            lengths += [len(c.text) for c in parsed.chunks]
    assert max(lengths) <= WHOLE_ARTICLE + SHORTEST
    assert len(lengths) > 800
