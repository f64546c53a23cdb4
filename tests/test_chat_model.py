"""The client of a language model over the real wire: every failure in time and by its reason, and what it counts and keeps."""

from __future__ import annotations

import json
import logging
import sys
import time
from collections.abc import Iterator
from threading import Thread
from typing import Any

import pytest

from index.errors import ModelError, SettingsError
from index.llm import ModelConfig, Prompt, breaker, estimate_tokens
from index.llm.breaker import Breaker
from index.llm.client import COMPLETION, PROVIDERS, ChatModel, open_model
from index.llm.failures import SENTENCES
from tests.model_dialects import MODEL
from tests.model_server import Fault, Good, Rambling, Script, served

KEY = "sk-nobody-may-see-this"
SECONDS = 1.2  # of a call that is going to take all of its time; the others end long before theirs
STATEMENT = {
    "type": "object",
    "properties": {"text": {"type": "string"}, "sources": {"type": "array", "items": {"type": "integer"}}},
    "required": ["text", "sources"],
    "additionalProperties": False,
}
SCHEMA = {
    "type": "object",
    "properties": {"statements": {"type": "array", "items": STATEMENT}},
    "required": ["statements"],
    "additionalProperties": False,
}
PROMPT = Prompt(
    "你只根据材料作答。",
    "问题：班主任津贴每月多少？\n\n"
    "[1] 《某县班主任津贴办法》第三条 | 某县 | 县级 | 2024-01-01施行 | 现行有效\n班主任津贴每月300元。由县级财政承担。\n\n"
    "[2] 《某市课后服务办法》第二条 | 某市 | 市级 | 2023-01-01施行 | 现行有效\n学校应当公布收费项目和标准。",
)
REASONS = {
    Fault.REFUSED: "refused",
    Fault.UNAUTHORISED: "unauthorised",
    Fault.LIMITED_LONG: "limited",
    Fault.BROKEN: "broken",
    Fault.RESET: "cut",
    Fault.HANG: "slow",
    Fault.HANG_AFTER_HEADERS: "slow",
    Fault.DRIP: "slow",
    Fault.CUT: "cut",
    Fault.CUT_QUIETLY: "cut",
    Fault.OUT_OF_ROOM: "too_long",
    Fault.NOT_JSON: "unreadable",
    Fault.GARBLED: "unreadable",
    Fault.EMPTY: "empty",
    Fault.TOO_LONG: "too_long",
}


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Thinking(Good):
    """Writes its thoughts first, in tags."""

    def reply(self, messages: Any, schema: Any) -> str:
        return "<think>\n先看第一条，每月900元？\n</think>\n\n" + super().reply(messages, schema)


class Answering(Script):
    """Says the same whatever it is asked."""

    def __init__(self, text: str) -> None:
        self.text = text

    def reply(self, messages: Any, schema: Any) -> str:
        return self.text


connected: list[tuple[str, Any]] = []  # every connection and every name looked up while the tests of this file run
_watching = False


def _watch(event: str, arguments: tuple[Any, ...]) -> None:
    if _watching and event in ("socket.connect", "socket.getaddrinfo"):
        connected.append((event, arguments[1] if event == "socket.connect" else arguments[0]))


@pytest.fixture(scope="module", autouse=True)
def _nothing_leaves_the_machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Over all the tests of this file, whatever the environment says of traces and gateways."""
    global _watching  # noqa: PLW0603  a hook cannot be taken off again
    patch = pytest.MonkeyPatch()
    patch.setenv("NO_PROXY", "127.0.0.1")
    patch.setenv(
        "SSL_CERT_DIR", str(tmp_path_factory.mktemp("none"))
    )  # reading certificates is most of opening a client
    for name in ("LANGSMITH_TRACING", "LANGSMITH_TRACING_V2", "LANGCHAIN_TRACING_V2", "LANGSMITH_GATEWAY"):
        patch.setenv(name, "true")
    patch.setenv("LANGSMITH_API_KEY", "ls-nobody")
    sys.addaudithook(_watch)
    _watching = True
    # The import takes seconds, and the tests measure calls.
    open_model(ModelConfig(f"openai:{MODEL}", "http://127.0.0.1:9/v1", KEY)).open()
    yield
    time.sleep(0.3)  # a tracer sends from a thread of its own
    _watching = False
    patch.undo()
    hosts = {address[0] if isinstance(address, tuple) else address for _, address in connected}
    assert hosts == {"127.0.0.1"}


def model_at(url: str, **config: Any) -> ChatModel:
    clock = config.pop("clock", time.monotonic)
    model = open_model(ModelConfig(f"openai:{MODEL}", url, KEY, **{"seconds": 5, **config}), clock=clock)
    model.open()
    return model


def asked(model: ChatModel, *, seconds: float = 10, schema: Any = SCHEMA) -> tuple[str, str | None]:
    """What came, and the reason why no more did."""
    pieces: list[str] = []
    try:
        pieces.extend(model.stream(PROMPT, seconds=seconds, schema=schema))
    except ModelError as error:
        assert str(error) == SENTENCES[error.reason]
        return "".join(pieces), error.reason
    return "".join(pieces), None


def test_a_reply_comes_in_pieces_as_json_where_a_schema_is_asked_for() -> None:
    with served(Good()) as url:
        model = model_at(url)
        pieces = list(model.stream(PROMPT, seconds=10, schema=SCHEMA))
        assert len(pieces) > 2
        said = json.loads("".join(pieces))
        assert said == {"statements": [{"text": "班主任津贴每月300元。", "sources": [1]}]}
        assert asked(model, schema=None) == ("班主任津贴每月300元。 [1]", None)


def test_a_reader_has_the_first_piece_while_the_rest_is_being_written() -> None:
    with served(Good(), pause=0.05) as url:
        stream = model_at(url).stream(PROMPT, seconds=5, schema=SCHEMA)
        started = time.monotonic()
        next(stream)
        first = time.monotonic() - started
        assert len(list(stream)) > 3
        assert first < (time.monotonic() - started) / 2


@pytest.mark.parametrize(("fault", "reason"), REASONS.items(), ids=lambda x: x.name if isinstance(x, Fault) else "")
def test_every_failure_ends_in_time_with_its_reason(fault: Fault, reason: str) -> None:
    with served(Good(), fault) as url:
        model = model_at(url)
        started, seconds = time.monotonic(), SECONDS if reason == "slow" else 5
        _, why = asked(model, seconds=seconds)
        assert time.monotonic() - started < seconds + 1
        assert why == reason
        assert dict(model.usage().failures) == {reason: 1}


def test_every_reason_has_its_sentence_and_a_fault_a_reason() -> None:
    assert set(REASONS.values()) | {"resting", "busy"} == set(SENTENCES)
    fine = {Fault.LIMITED, Fault.OTHER_LANGUAGE, Fault.NO_SCHEMA}
    assert set(REASONS) | fine == set(Fault)


def test_a_reply_in_another_language_is_a_reply() -> None:
    with served(Good(), Fault.OTHER_LANGUAGE) as url:
        said, reason = asked(model_at(url))
    assert reason is None
    assert "education bureau" in said


@pytest.mark.parametrize("fault", [Fault.HANG, Fault.HANG_AFTER_HEADERS, Fault.DRIP])
def test_a_call_that_is_given_up_closes_its_connection(fault: Fault) -> None:
    log: list[dict[str, Any]] = []
    with served(Good(), fault, log=log) as url:
        assert asked(model_at(url), seconds=0.6)[1] == "slow"
        _until(lambda: log[0]["left"])


def test_a_reader_who_goes_away_closes_the_connection_and_frees_the_slot() -> None:
    with served(Good(), pause=0.2) as url:
        model = model_at(url, calls=1)
        stream = model.stream(PROMPT, seconds=20, schema=SCHEMA)
        next(stream)
        stream.close()  # type: ignore[attr-defined]
        assert asked(model, schema=None)[1] is None
        assert model.usage().calls == 2


@pytest.mark.parametrize("fault", [Fault.BROKEN, Fault.RESET, Fault.LIMITED])
def test_what_may_pass_is_asked_once_more(fault: Fault) -> None:
    log: list[dict[str, Any]] = []
    with served(Good(), fault, times=1, log=log) as url:
        model = model_at(url)
        assert asked(model)[1] is None
        assert len(log) == 2
        assert model.usage().calls == 1


@pytest.mark.parametrize(
    ("fault", "requests"),
    [
        (Fault.BROKEN, 2),
        (Fault.RESET, 2),
        (Fault.UNAUTHORISED, 1),
        (Fault.LIMITED_LONG, 1),
        (Fault.LIMITED, 1),  # 1 s is more than there is
        (Fault.TOO_LONG, 1),
        (Fault.NOT_JSON, 1),
        (Fault.CUT, 1),
        (Fault.EMPTY, 1),
    ],
)
def test_nothing_is_asked_more_than_twice_and_only_what_may_pass(fault: Fault, requests: int) -> None:
    log: list[dict[str, Any]] = []
    with served(Good(), fault, log=log) as url:
        assert asked(model_at(url), seconds=0.9 if fault is Fault.LIMITED else 10)[1]
    assert len(log) == requests


def test_a_refused_schema_is_remembered() -> None:
    log: list[dict[str, Any]] = []
    with served(Good(), Fault.NO_SCHEMA, log=log) as url:
        model = model_at(url)
        assert not model.refuses_schemas
        for _ in range(2):
            assert asked(model) == ("班主任津贴每月300元。 [1]", None)
        assert model.refuses_schemas
        assert not model.usage().failures
    assert ["response_format" in row["body"] for row in log] == [True, False, False]


def test_the_schema_and_the_settings_reach_the_server() -> None:
    log: list[dict[str, Any]] = []
    with served(Good(), log=log) as url:
        asked(model_at(url))
    body = log[0]["body"]
    assert body["response_format"]["json_schema"] == {"name": "reply", "schema": SCHEMA, "strict": True}
    assert (body["model"], body["temperature"], body["stream"]) == (MODEL, 0, True)
    assert [message["role"] for message in body["messages"]] == ["system", "user"]


def test_a_prompt_that_cannot_fit_is_never_sent() -> None:
    log: list[dict[str, Any]] = []
    with served(Good(), log=log) as url:
        model = model_at(url, context=COMPLETION + estimate_tokens(PROMPT.system + PROMPT.user) - 1)
        assert asked(model)[1] == "too_long"
        assert not log
        assert asked(model_at(url, context=model.context + 1))[1] is None


def test_a_service_that_fails_in_a_row_rests_and_is_tried_once() -> None:
    clock, log = Clock(), []  # type: tuple[Clock, list[dict[str, Any]]]
    with served(Good(), Fault.UNAUTHORISED, times=breaker.FAILURES + 1, log=log) as url:
        model = model_at(url, clock=clock)
        for _ in range(breaker.FAILURES):
            assert asked(model)[1] == "unauthorised"
        assert min(_seconds_of_a_rest(model) for _ in range(3)) < 0.1
        assert len(log) == breaker.FAILURES
        clock.now += breaker.REST + 1
        assert asked(model)[1] == "unauthorised"  # the trial
        assert asked(model)[1] == "resting"
        clock.now += breaker.REST + 1
        assert asked(model)[1] is None
        assert asked(model)[1] is None
        assert len(log) == breaker.FAILURES + 3


def test_the_fault_of_a_request_does_not_stop_the_others() -> None:
    with served(Good(), Fault.TOO_LONG, times=breaker.FAILURES) as url:
        model = model_at(url)
        assert [asked(model)[1] for _ in range(breaker.FAILURES + 1)] == ["too_long"] * breaker.FAILURES + [None]


@pytest.mark.parametrize(("most", "after"), [(1.0, "resting"), (10.0, "slow")], ids=["whole time", "little time"])
def test_silence_counts_only_where_there_was_time_to_speak(most: float, after: str) -> None:
    with served(Good(), Fault.HANG) as url:
        model = model_at(url, seconds=most)
        reasons = [asked(model, seconds=0.5)[1] for _ in range(breaker.FAILURES + 1)]
    assert reasons == ["slow"] * breaker.FAILURES + [after]


def test_only_one_call_tries_a_service_that_has_rested() -> None:
    clock = Clock()
    rested = Breaker(clock)
    for _ in range(breaker.FAILURES):
        assert rested.permits()
        rested.failed()
    assert not rested.permits()
    clock.now += breaker.REST
    assert [rested.permits(), rested.permits()] == [True, False]
    rested.succeeded()
    assert rested.permits()


def test_calls_beyond_the_bound_wait_no_longer_than_their_time() -> None:
    with served(Good(), Fault.HANG, times=2) as url:
        model = model_at(url, calls=2)
        held = [Thread(target=asked, args=(model,), kwargs={"seconds": 1.0}) for _ in range(2)]
        for thread in held:
            thread.start()
        time.sleep(0.2)
        started = time.monotonic()
        assert asked(model, seconds=0.3)[1] == "busy"
        assert time.monotonic() - started < 1.3
        assert asked(model)[1] is None  # the hung ones have given their slots back
        for thread in held:
            thread.join()
        assert dict(model.usage().failures) == {"busy": 1, "slow": 2}


def test_usage_counts_what_the_server_counts_and_its_price() -> None:
    with served(Good()) as url:
        model = model_at(url, price_in=1.0, price_out=4.0)
        said, _ = asked(model)
        asked(model)
    usage, sent = model.usage(), len(PROMPT.system + PROMPT.user)
    assert (usage.calls, usage.tokens_in, usage.tokens_out, usage.estimated) == (2, 2 * sent, 2 * len(said), 0)
    assert usage.cost == pytest.approx((2 * sent + 4 * 2 * len(said)) / 1_000_000)
    assert usage.seconds > 0


def test_usage_is_estimated_where_the_server_does_not_count() -> None:
    with served(Good(), counts=False) as url:
        model = model_at(url)
        said, _ = asked(model)
    usage = model.usage()
    assert (usage.tokens_in, usage.tokens_out) == (
        estimate_tokens(PROMPT.system + PROMPT.user),
        estimate_tokens(said),
    )
    assert (usage.estimated, usage.cost) == (1, None)


def test_thoughts_are_no_part_of_a_reply() -> None:
    with served(Thinking()) as url:
        assert asked(model_at(url), schema=None) == ("班主任津贴每月300元。 [1]", None)
    with served(Answering("<think>\n只是想想")) as url:
        assert asked(model_at(url), schema=None) == ("", "empty")
    with served(Answering("<")) as url:
        assert asked(model_at(url), schema=None) == ("<", None)


def test_noise_comes_through_as_it_is() -> None:
    with served(Rambling()) as url:
        said, reason = asked(model_at(url))
        assert reason is None
        assert json.loads(said)["statements"]


def test_key_prompt_and_question_are_in_no_log_and_no_representation(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    for fault in (None, Fault.UNAUTHORISED, Fault.BROKEN, Fault.CUT):
        with served(Good(), fault) as url:
            model = model_at(url)
            asked(model)
            shown = f"{model!r}{model.open()!r}{ModelConfig('openai:x', url, KEY)!r}{model.usage()!r}"
            assert KEY not in shown
    assert "language model: unauthorised" in caplog.text
    assert KEY not in caplog.text
    assert "班主任" not in caplog.text


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("qwen3", "服务商:模型名"),
        ("openai:", "服务商:模型名"),
        (":qwen3", "服务商:模型名"),
        ("nobody:qwen3", "“nobody”不认识"),
    ],
)
def test_a_name_that_means_nothing_is_a_setting_to_correct(name: str, words: str) -> None:
    with pytest.raises(SettingsError, match=words):
        open_model(ModelConfig(name))


def test_a_missing_provider_names_its_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(PROVIDERS, "ollama", "langchain_that_is_not_here")
    with pytest.raises(SettingsError, match=r"pip install 'youju\[ollama\]'"):
        open_model(ModelConfig("ollama:qwen3:8b"))


def test_a_missing_key_is_told_as_one(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_API_KEY", "OPENAI_ADMIN_KEY", "LANGSMITH_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    model = open_model(ModelConfig(f"openai:{MODEL}"))
    assert asked(model)[1] == "unauthorised"


def test_another_servers_key_is_not_sent_to_a_server_of_ones_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-of-the-cloud")
    log: list[dict[str, Any]] = []
    with served(Good(), log=log) as url:
        assert asked(open_model(ModelConfig(f"openai:{MODEL}", url)))[1] is None
    assert log[0]["headers"]["authorization"] == "Bearer none"


@pytest.mark.parametrize("provider", ["ollama", "anthropic"])
@pytest.mark.parametrize("fault", [None, Fault.UNAUTHORISED, Fault.CUT, Fault.NO_SCHEMA])
def test_other_providers_behave_alike(provider: str, fault: Fault | None) -> None:
    pytest.importorskip(f"langchain_{provider}")
    log: list[dict[str, Any]] = []
    with served(Good(), fault, log=log) as url:
        model = open_model(ModelConfig(f"{provider}:{MODEL}", url.removesuffix("/v1"), KEY))
        model.open()
        said, reason = asked(model)
        assert reason == (None if fault is None else REASONS.get(fault))
        if fault is None:
            assert json.loads(said) == {"statements": [{"text": "班主任津贴每月300元。", "sources": [1]}]}
            assert model.usage().tokens_in == len(PROMPT.system + PROMPT.user)
        if fault is Fault.NO_SCHEMA:
            assert said == "班主任津贴每月300元。 [1]"
            assert len(log) == 2


def test_ollama_is_told_the_size_of_the_context() -> None:
    pytest.importorskip("langchain_ollama")
    log: list[dict[str, Any]] = []
    with served(Good(), log=log) as url:
        asked(open_model(ModelConfig(f"ollama:{MODEL}", url.removesuffix("/v1"), context=4096)))
    assert log[0]["body"]["options"] == {"num_ctx": 4096, "temperature": 0.0}


def _seconds_of_a_rest(model: ChatModel) -> float:
    started = time.monotonic()
    assert asked(model)[1] == "resting"
    return time.monotonic() - started


def _until(holds: Any, seconds: float = 2.0) -> None:
    ends = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < ends
        time.sleep(0.02)
