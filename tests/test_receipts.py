"""Receipts: what they keep, how they stand against the library of today, and their page."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from functools import partial
from pathlib import Path

import pytest
from pydantic import SecretStr

from bot.errands import reply
from bot.receipts import check, receipt_for, save_receipt
from bot.records import Answer, Outcome, Question, Turn
from bot.render import Asked
from bot.shelf import Shelf
from index.generation import roll_back
from tests.postgres import Server
from tests.small_site import ENROL, NAP, OURS, SmallSite, client_of, small_site

QUESTION = "学校午休可以收费吗"


@pytest.fixture
def site(tmp_path: Path) -> SmallSite:
    return small_site(tmp_path, keep_questions=True)


@pytest.fixture(scope="module")
def calm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SmallSite]:
    """A site whose documents stay as they are."""
    yield small_site(tmp_path_factory.mktemp("calm"))


def journal_at(site: SmallSite, url: str) -> Shelf:
    """Another server over the same library, with its journal elsewhere."""
    return Shelf(site.settings.model_copy(update={"journal_url": SecretStr(url)}))


def page_of(site: SmallSite, receipt_id: str) -> str:
    response = site.client.get(f"/a/{receipt_id}")
    assert response.status_code == 200
    return response.text


def asked(site: SmallSite, question: str = QUESTION) -> str:
    receipt_id = save_receipt(site.shelf, site.shelf.answerer.ask(question), place="浙江省", on="2026-11-25")
    assert receipt_id
    return receipt_id


def test_a_receipt_shows_question_answer_quotes_and_library(calm: SmallSite) -> None:
    answer = calm.shelf.answerer.ask(QUESTION)
    receipt_id = asked(calm)
    page = page_of(calm, receipt_id)
    assert QUESTION in page
    assert receipt_id in page
    assert all(c.quote.splitlines()[0] in page for c in answer.citations)
    assert all(c.title in page and c.document_id[:8] in page and (c.doc_no or "") in page for c in answer.citations)
    assert f"第 {calm.shelf.answerer.info.generation} 版" in page
    assert "文件库没有更新过" in page
    assert not re.search(r"<script(?![^>]*\ssrc=)|\sstyle=|\son\w+=", page)


def test_a_receipt_speaks_the_readers_language(calm: SmallSite) -> None:
    receipt_id = asked(calm)
    english = calm.client.get(f"/a/{receipt_id}", params={"lang": "en"}).text
    assert "Receipt of an answer" in english and "The library has not changed since" in english
    assert 'href="/en?q=' not in english  # nothing has changed: there is nothing to ask again
    assert "Not yet in force (from 2027-02-01)" in english
    assert "&amp;lang=en#" in english
    traditional = calm.client.get(f"/a/{receipt_id}", params={"lang": "zh-Hant"}).text
    assert "學校可以收取午休看護服務費" in traditional and "浙教示〔2026〕21号" in traditional
    assert f'<a href="/a/{receipt_id}">看原來的簡體字</a>' in traditional
    assert "There is no such receipt" in calm.client.get("/a/AbCdEfGh_-123456", params={"lang": "en"}).text


def test_what_the_answer_warns_of_stands_after_its_statements(calm: SmallSite) -> None:
    answer = calm.shelf.answerer.ask(QUESTION)
    page = page_of(calm, asked(calm))
    assert answer.notes
    assert all(page.index(note) > page.index(answer.statements[-1].text) for note in answer.notes)


def test_a_receipt_is_found_by_its_link_alone(calm: SmallSite) -> None:
    response = calm.client.get(f"/a/{asked(calm)}")
    assert response.headers["x-robots-tag"].startswith("noindex")
    assert "'unsafe-inline'" not in response.headers["content-security-policy"]
    unknown = calm.client.get("/a/AAAAAAAAAAAAAAAA")
    assert unknown.status_code == 404
    assert "没有这份凭据" in unknown.text
    assert calm.client.get("/a/short").status_code == 403


def test_ids_cannot_be_guessed(calm: SmallSite) -> None:
    answer = calm.shelf.answerer.ask(QUESTION)
    ids = {receipt_for(answer).id for _ in range(200)}
    assert len(ids) == 200
    assert all(len(i) == 16 for i in ids)


def test_personal_numbers_are_not_kept(calm: SmallSite) -> None:
    answer = calm.shelf.answerer.ask("我的电话13800138000，学校午休可以收费吗")
    receipt = receipt_for(answer, place="浙江省13900139000")
    assert "138001" not in str(receipt.values())
    assert receipt.question == "我的电话［号码已隐去］，学校午休可以收费吗"
    assert receipt.place == "浙江省［号码已隐去］"


def test_a_follow_up_is_kept_as_it_was_understood(calm: SmallSite) -> None:
    history = (Turn("user", "德清县随迁子女什么时候报名"), Turn("assistant", "答"))
    answer = calm.shelf.answerer.ask("那户籍学生呢", history=history)
    receipt = receipt_for(answer)
    assert receipt.question == "那户籍学生呢"
    assert "报名" in receipt.understood
    checked = check(receipt, calm.shelf.answerer, frozenset(), today=date.today())
    assert checked.ask_again.startswith("/?q=")
    assert "%E9%82%A3%E6%88%B7" not in checked.ask_again.partition("&")[0]  # 那户…


@pytest.mark.parametrize("outcome", [Outcome.REFUSED, Outcome.OUT_OF_SCOPE, Outcome.CLARIFY, Outcome.UNAVAILABLE])
def test_what_is_no_answer_has_no_receipt(calm: SmallSite, outcome: Outcome) -> None:
    assert save_receipt(calm.shelf, Answer(Question("你好", "你好", "any"), outcome, "不是")) == ""
    assert calm.shelf.journal.questions() == []


def test_unanswered_questions_are_kept_only_if_turned_on(site: SmallSite, tmp_path: Path) -> None:
    answer = site.shelf.answerer.ask("食堂鸡蛋几块钱一斤")
    assert answer.outcome is Outcome.NOT_FOUND
    receipt_id = save_receipt(site.shelf, answer, place="德清县")
    assert [(q.question, q.place) for q in site.shelf.journal.questions()] == [("食堂鸡蛋几块钱一斤", "德清县")]
    assert "没有找到能回答这个问题的规定" in page_of(site, receipt_id)
    asked(site)
    assert len(site.shelf.journal.questions()) == 1
    (tmp_path / "other").mkdir()
    other = small_site(tmp_path / "other")
    save_receipt(other.shelf, answer)
    assert other.shelf.journal.questions() == []


def test_an_answer_goes_out_where_nothing_can_be_kept(site: SmallSite) -> None:
    (site.settings.home / "journal.db").mkdir()
    assert save_receipt(site.shelf, site.shelf.answerer.ask(QUESTION)) == ""
    assert site.client.get("/a/AAAAAAAAAAAAAAAA").status_code == 503


def test_an_unreachable_database_costs_the_link_alone(calm: SmallSite, caplog: pytest.LogCaptureFixture) -> None:
    pytest.importorskip("psycopg")
    lost = journal_at(calm, "postgresql://youju:geheim@127.0.0.1:1/youju")
    for _ in range(3):
        told = reply(lost, Asked(QUESTION), keep=partial(save_receipt, lost))
        assert told.answer.text == calm.shelf.answerer.ask(QUESTION).text and told.answer.citations
        assert told.receipt_id == ""
    assert [m.partition(":")[0] for m in caplog.messages] == ["the journal fails (writing)"]
    client = client_of(lost)
    shown = client.get("/a/AAAAAAAAAAAAAAAA")
    body = {"receipt": "AAAAAAAAAAAAAAAA", "verdict": "up"}
    refused = client.post("/api/feedback", json=body, headers=OURS)
    assert (shown.status_code, refused.status_code) == (503, 503)
    assert "凭据和评价的数据库暂时不能用" in shown.text and "暂时不能用" in refused.json()["error"]
    assert "geheim" not in caplog.text + shown.text + refused.text


def test_servers_over_one_postgres_show_each_others_receipts(calm: SmallSite, postgres: Server) -> None:
    url = postgres.url(postgres.fresh())
    one, other = journal_at(calm, url), journal_at(calm, url)
    answer = one.answerer.ask(f"我的电话13800138000，{QUESTION}")
    receipt_id = save_receipt(one, answer)
    client = client_of(other)
    page = client.get(f"/a/{receipt_id}")
    assert page.status_code == 200 and answer.citations[0].quote.splitlines()[0] in page.text
    sent = client.post("/api/feedback", json={"receipt": receipt_id, "verdict": "down"}, headers=OURS)
    assert sent.status_code == 200
    assert [(f.good, r.id) for f, r in one.journal.feedback()] == [(False, receipt_id)]
    assert "138001" not in str(one.journal.receipt(receipt_id))
    for shelf in (one, other):
        shelf.journal.close()


def test_another_library_with_the_same_quotes_offers_to_ask_again(site: SmallSite) -> None:
    receipt_id = asked(site)
    (site.folder / ENROL).unlink()
    site.sync()
    page = page_of(site, receipt_id)
    assert "仍与文件库一致" in page
    assert "按现在的文件库再问一次" in page
    assert "/?q=%E5%AD%A6%E6%A0%A1" in page and "place=" in page and "on=2026-11-25" in page
    assert "已从文件库删除" not in page


def test_a_deleted_document_is_marked_and_its_quote_stays(site: SmallSite) -> None:
    quote = site.shelf.answerer.ask(QUESTION).citations[0].quote
    receipt_id = asked(site)
    (site.folder / NAP).unlink()
    site.sync()
    page = page_of(site, receipt_id)
    assert "该文件已从文件库删除，不再作为依据" in page
    assert "已与文件库不一致" in page
    assert quote.splitlines()[0] in page
    assert 'href="/documents/' not in page.partition("<main>")[2]


def test_a_withheld_document_shows_no_words_any_more(site: SmallSite) -> None:
    answer = site.shelf.answerer.ask(QUESTION)
    receipt_id = asked(site)
    site.shelf.journal.withhold([c.document_id for c in answer.citations])
    assert answer.citations[0].quote.splitlines()[0] in page_of(site, receipt_id)  # it is still in the library
    (site.folder / NAP).unlink()
    site.sync()
    page = page_of(site, receipt_id)
    assert all(s.text not in page for s in answer.statements)
    assert "原文不再提供" in page and "不再显示" in page


def test_a_changed_document_is_marked_and_links_to_the_text_of_today(site: SmallSite) -> None:
    receipt_id = asked(site)
    text = (site.folder / NAP).read_text(encoding="utf8")
    assert "60元" in text
    (site.folder / NAP).write_text(text.replace("60元", "90元"), encoding="utf8")
    site.sync()
    page = page_of(site, receipt_id)
    now = next(d for d in site.shelf.answerer.library.documents() if NAP in d.sources)
    assert "该文件在文件库里已换成另一个文本" in page
    assert f'href="/documents/{now.id}"' in page
    assert "60元" in page


def test_a_quote_that_moved_is_found_again(calm: SmallSite) -> None:
    receipt = receipt_for(calm.shelf.answerer.ask(QUESTION))
    moved = replace(receipt, sources=tuple(replace(s, start=s.start + 5, end=s.end + 5) for s in receipt.sources))
    checked = check(moved, calm.shelf.answerer, frozenset(), today=date.today())
    assert all(f"quote={s.start}-{s.end}#" in c.url for s, c in zip(receipt.sources, checked.sources, strict=True))
    assert not checked.differs


def test_a_document_whose_validity_changed_says_so(calm: SmallSite) -> None:
    receipt = receipt_for(calm.shelf.answerer.ask(QUESTION))
    assert all(s.validity.startswith("尚未施行") for s in receipt.sources)
    checked = check(receipt, calm.shelf.answerer, frozenset(), today=date(2030, 1, 1))
    assert all(s.state == "same" and s.validity_now and "尚未施行" not in s.validity_now for s in checked.sources)


def test_a_quote_that_is_gone_from_its_document_is_marked(calm: SmallSite) -> None:
    receipt = receipt_for(calm.shelf.answerer.ask(QUESTION))
    other = replace(receipt, sources=tuple(replace(s, quote="从未写过的话") for s in receipt.sources))
    checked = check(other, calm.shelf.answerer, frozenset(), today=date.today())
    assert {s.state for s in checked.sources} == {"changed"}


def test_rolling_back_makes_the_library_another_one(site: SmallSite) -> None:
    (site.folder / ENROL).unlink()
    site.sync()
    receipt_id = asked(site)
    roll_back(site.settings.home)
    site.shelf.refresh()
    assert "文件库在作答之后更新过" in page_of(site, receipt_id)


def test_without_a_chosen_place_the_one_that_was_asked_about_is_kept(calm: SmallSite) -> None:
    receipt_id = save_receipt(calm.shelf, calm.shelf.answerer.ask("德清县户籍学生什么时候报名"))
    assert "浙江省湖州市德清县</dd>" in page_of(calm, receipt_id)


def test_the_words_of_a_visitor_are_escaped(calm: SmallSite) -> None:
    receipt_id = asked(calm, "<b>学校午休</b>可以收费吗")
    page = page_of(calm, receipt_id)
    assert "<b>" not in page
    assert "&lt;b&gt;" in page
