"""Logs, metrics and errors: what they say, and that they say nothing of what was asked, by whom, or where the program lies."""

from __future__ import annotations

import json
import logging
import random
import re
import sys
from pathlib import Path

import httpx
import pytest

from bot.logs import Lines, report
from bot.settings import Settings, load_settings
from index.errors import SettingsError
from tests.public_site import FAILS, SECRET, PublicSite, settled

VISITOR = "198.18.7.{}"


def failed(text: str) -> Exception:
    """An error as it is caught, with another one as its cause."""
    try:
        try:
            raise KeyError(text)
        except KeyError as cause:
            raise ValueError(text) from cause
    except ValueError as error:
        return error


def test_an_error_is_logged_once_by_its_kind_its_cause_and_where_it_came_through(
    caplog: pytest.LogCaptureFixture,
) -> None:
    error = failed("身份证110101199003077758")
    number = report(error, "something failed")
    assert re.fullmatch(r"[0-9a-f]{8}", number)
    assert report(error, "something else") == number
    (record,) = caplog.records
    assert record.exc_info is None
    line = json.loads(Lines().format(record))
    assert line["kind"] == "ValueError" and line["error_id"] == number and line["level"] == "ERROR"
    assert sum(place.startswith("tests/test_logs.py:") for place in line["at"]) == 2
    assert "KeyError, from which came" in line["at"]
    assert "110101" not in json.dumps(line, ensure_ascii=False)


def test_lines_of_other_packages_lose_what_they_were_filled_in_with() -> None:
    def line(name: str) -> dict[str, str]:
        record = logging.LogRecord(name, logging.WARNING, "/x/y.py", 1, "no receipt: %s", ("13800138000",), None)
        found: dict[str, str] = json.loads(Lines().format(record))
        return found

    assert line("youju")["message"] == "no receipt: 13800138000"
    assert line("gradio.queue")["message"] == "no receipt: %s"


def test_an_error_of_another_package_is_logged_without_its_message_and_without_folders() -> None:
    error = failed("/home/user/秘密")
    record = logging.LogRecord(
        "uvicorn.error", logging.ERROR, "/x/y.py", 1, "failed", (), (type(error), error, error.__traceback__)
    )
    text = Lines().format(record)
    assert "\n" not in text
    assert "秘密" not in text and str(Path(sys.executable).parent) not in text


def canaries(seed: int = 20261125) -> list[tuple[str, str]]:
    """Fifty questions with an identity card and a telephone number each, and what must not be found of them."""
    chance = random.Random(seed)
    asked = [
        "{}的孩子能报名吗",
        "我的身份证号是{}，学校午休可以收费吗",
        "电话{}，班主任津贴多少",
        "{} 补贴",
        "请联系{}，随迁子女怎么上学",
    ]
    found = []
    for i in range(50):
        birth = f"{chance.randint(1950, 2015)}{chance.randint(1, 12):02}{chance.randint(1, 28):02}"
        card = f"{chance.randint(110101, 659001)}{birth}{chance.randint(0, 999):03}{chance.choice('0123456789X')}"
        phone = f"1{chance.randint(30, 99)}{chance.randint(0, 99_999_999):08}"
        number = card if i % 2 else phone
        found.append((asked[i % len(asked)].format(number), number))
    return found


def test_numbers_of_people_are_in_no_log_no_file_and_no_error(public: PublicSite) -> None:
    """Every question by a script and by the page, each tenth meeting an error."""
    numbers = []
    for i, (question, number) in enumerate(canaries()):
        text = f"{question}{FAILS}" if i % 10 == 0 else question
        with public.client(VISITOR.format(i)) as client:
            answer = client.get("/api/ask", params={"q": text})
            assert answer.status_code == (500 if i % 10 == 0 else 200)
            values = [text, None, None, "", ""]
            told = public.event(client, 0, values, f"canary{i}")
            assert told[-1]["msg"] == "close_stream"
            if i % 10 == 0:
                for reply in (answer.text, json.dumps(told, ensure_ascii=False)):
                    number_of_error = re.search(r"编号 ([0-9a-f]{8}) 告诉管理员", reply)
                    assert number_of_error and number_of_error[1] in public.output
                    assert SECRET not in reply and "Traceback" not in reply and str(public.folder) not in reply
        numbers.append(number)
    settled(public)
    assert public.output.count('"message": "a question failed: RuntimeError') == 5
    written = {p: p.read_bytes() for p in public.folder.rglob("*") if p.is_file()}
    assert any(p.name == "journal.db" for p in written)
    for number in numbers:
        assert [str(p) for p, content in written.items() if number.encode() in content] == []
    assert "198.18.7." not in public.output and "收费" not in public.output
    assert [line for line in public.output.splitlines() if line.strip() and not line.startswith("{")] == []
    assert '"route": "/api/ask", "method": "GET", "status": 200' in public.output


def test_what_an_event_of_the_page_fails_with_is_told_by_its_id(public: PublicSite) -> None:
    looking = next(e for e in public.surface["events"] if e["name"] == "show" and e["takes"] > 2)
    with public.client("198.18.8.1") as client:
        values = [f"身份证110101199003077758{FAILS}", *([""] * (looking["takes"] - 1))]
        said = json.dumps(public.event(client, looking["number"], values, "fails"), ensure_ascii=False)
    number = re.search(r"编号 ([0-9a-f]{8}) 告诉管理员", said)
    assert number and f"an event failed: RuntimeError ({number[1]})" in public.output
    assert SECRET not in said and "Traceback" not in said
    assert "110101199003077758" not in public.output


def test_metrics_are_given_on_this_machine_alone_and_not_on_the_public_port(public: PublicSite) -> None:
    with public.client("198.18.8.2") as client:
        client.get("/api/ask", params={"q": "学校午休可以收费吗"})
        client.get("/api/ask", params={"q": "火星上的补贴是多少"})
        assert client.get("/metrics").status_code == 403
    text = httpx.get(f"http://127.0.0.1:{public.metrics_port}/metrics").text
    values = dict(re.findall(r"^(youju_\S+) (\S+)$", text, re.M))
    assert float(values['youju_requests_total{method="GET",route="/api/ask",status="200"}']) >= 2
    assert float(values['youju_questions_total{outcome="answered",way="json"}']) >= 1
    assert any(key.startswith("youju_questions_total{outcome=") and "answered" not in key for key in values)
    assert float(values['youju_question_seconds_count{way="json"}']) >= 2
    assert values["youju_generation"] == "1.0" and values["youju_trouble"] == "0.0"
    assert float(values["youju_waiting"]) >= 0
    assert "198.18" not in text and "收费" not in text


def test_nothing_listens_for_metrics_unless_set(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Settings().metrics_port is None
    monkeypatch.setenv("YOUJU_METRICS_PORT", "0")
    with pytest.raises(SettingsError, match="YOUJU_METRICS_PORT"):
        load_settings()


@pytest.mark.parametrize("written", ["*", "proxy.example", "10.0.0.0/99", "127.0.0.1,x"])
def test_a_proxy_is_named_by_its_address(monkeypatch: pytest.MonkeyPatch, written: str) -> None:
    monkeypatch.setenv("YOUJU_TRUSTED_PROXIES", written)
    with pytest.raises(SettingsError, match="YOUJU_TRUSTED_PROXIES"):
        load_settings()
    monkeypatch.setenv("YOUJU_TRUSTED_PROXIES", "127.0.0.1, 10.0.0.0/8")
    assert load_settings().proxies == ("127.0.0.1", "10.0.0.0/8")
