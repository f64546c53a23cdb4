"""Feedback: from our own pages only, about an answer that was given, without personal numbers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from bot.feedback import REMARK_CAP, reason_label, save_feedback
from bot.kept import REASONS
from bot.receipts import save_receipt
from bot.web import BODY_CAP
from tests.small_site import ADDRESS, OURS, SmallSite, client_of, small_site

JSON = {"content-type": "application/json"}


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SmallSite]:
    yield small_site(tmp_path_factory.mktemp("site"))


@pytest.fixture
def site(served: SmallSite) -> SmallSite:
    """The site as a visitor finds it who has asked nothing yet: the pace is counted anew."""
    return replace(served, client=client_of(served.shelf))


@pytest.fixture
def receipt(site: SmallSite) -> str:
    return save_receipt(site.shelf, site.shelf.answerer.ask("学校午休可以收费吗"))


def send(site: SmallSite, values: Any, **headers: str) -> tuple[int, dict[str, str]]:
    response = site.client.post("/api/feedback", content=json.dumps(values), headers={**JSON, **OURS, **headers})
    return response.status_code, response.json()


def test_what_was_thought_is_kept_without_personal_numbers(site: SmallSite, receipt: str) -> None:
    status, said = send(site, {"receipt": receipt, "verdict": "down", "reason": "expired", "remark": " 请打13800138000\u0000 "})  # fmt: skip
    assert (status, said) == (200, {"said": "谢谢，已经记下。"})
    given, about = next((f, r) for f, r in site.shelf.journal.feedback() if r.id == receipt)
    assert (given.good, given.reasons, given.remark) == (False, ("expired",), "请打［号码已隐去］")
    assert about.question == "学校午休可以收费吗"


def test_several_reasons_are_kept_in_one_order(site: SmallSite, receipt: str) -> None:
    save_feedback(site.shelf, receipt, good=False, reasons=["expired", "off_topic", "expired"])
    assert [f.reasons for f, r in site.shelf.journal.feedback() if r.id == receipt] == [("off_topic", "expired")]


def test_a_second_thought_takes_the_place_of_the_first(site: SmallSite, receipt: str) -> None:
    send(site, {"receipt": receipt, "verdict": "down"})
    send(site, {"receipt": receipt, "verdict": "up"})
    assert [f.good for f, r in site.shelf.journal.feedback() if r.id == receipt] == [True]


@pytest.mark.parametrize(
    "values",
    [
        {}, [], 3, None, "好", {"receipt": "x"}, {"verdict": "up"}, {"receipt": 3, "verdict": "up"}, {"receipt": "x", "verdict": 1},
        {"receipt": "x", "verdict": "yes"}, {"receipt": "x", "verdict": ["up"]}, {"receipt": "x", "verdict": "up", "reason": ["expired"]},
        {"receipt": "x", "verdict": "down", "reason": "other"}, {"receipt": "x", "verdict": "down", "reason": 3},
        {"receipt": "x", "verdict": "up", "remark": ["a"]}, {"receipt": "x", "verdict": "up", "remark": "长" * (REMARK_CAP + 1)},
        {"receipt": "AAAAAAAAAAAAAAAA", "verdict": "up"},
    ],
)  # fmt: skip
def test_what_is_no_feedback_is_refused_in_a_sentence(site: SmallSite, values: Any) -> None:
    status, said = send(site, values)
    assert status == 400
    assert said["error"].endswith("。")


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b"[" * 50_000])
def test_what_is_no_json_is_refused(site: SmallSite, body: bytes) -> None:
    assert site.client.post("/api/feedback", content=body, headers={**JSON, **OURS}).status_code == 400


@pytest.mark.parametrize(
    "headers",
    [
        {}, {"origin": "https://evil.example"}, {"origin": "null"}, {"origin": ""}, {"origin": f"{ADDRESS}.evil.example"},
        {"sec-fetch-site": "cross-site", "origin": ADDRESS}, {"sec-fetch-site": "same-site"}, {"sec-fetch-site": "none"},
    ],
)  # fmt: skip
def test_other_sites_cannot_send_feedback(site: SmallSite, receipt: str, headers: dict[str, str]) -> None:
    body = json.dumps({"receipt": receipt, "verdict": "up"})
    response = site.client.post("/api/feedback", content=body, headers={**JSON, **headers})
    assert response.status_code == 403
    assert receipt not in {f.receipt for f, _ in site.shelf.journal.feedback()}


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""])
def test_a_form_is_no_feedback(site: SmallSite, receipt: str, kind: str) -> None:
    body = json.dumps({"receipt": receipt, "verdict": "up"})
    assert site.client.post("/api/feedback", content=body, headers={**OURS, "content-type": kind}).status_code == 403


def test_a_browser_over_https_behind_a_proxy_may_send(site: SmallSite, receipt: str) -> None:
    assert send(site, {"receipt": receipt, "verdict": "up"}, origin="https://testserver")[0] == 200
    assert send(site, {"receipt": receipt, "verdict": "up"}, **{"sec-fetch-site": "same-origin"})[0] == 200


def test_feedback_is_posted_and_bounded(site: SmallSite) -> None:
    assert site.client.get("/api/feedback").status_code == 405
    assert site.client.post("/api/feedback", content=b"x" * (BODY_CAP + 1), headers={**JSON, **OURS}).status_code == 413


def test_every_reason_has_its_words() -> None:
    assert [reason_label(r) for r in REASONS] == ["答非所问", "引用不对", "已失效", "地区不对", "没找到"]
