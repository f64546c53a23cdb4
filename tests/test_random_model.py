"""A real engine with random weights, asked by the real client through the whole pipeline: its noise never reaches a reader."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import httpx
import pytest

from bot.answer import Answerer
from bot.citations import proved
from bot.records import Answer, Turn
from bot.settings import Settings
from index.library import Library
from index.llm import ModelConfig
from index.llm.client import open_model
from tests.random_engine import INVENTED, SEEDS, engine

TODAY = date(2026, 11, 24)
QUESTIONS = ("学校午休可以收费吗", "三台县乡村教师每月补助多少", "德清县随迁子女什么时候报名")
SWITCHES = ("llm_answer", "llm_rewrite", "llm_condense", "llm_translate")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("engine")


@pytest.fixture(scope="module")
def starting(folder: Path) -> Iterator[Callable[[], str]]:
    with engine(folder) as ready:
        yield ready


@pytest.fixture(scope="module")
def url(starting: Callable[[], str], library: Library) -> str:
    """Where the engine answers. The library is built while it starts."""
    return starting()


def asked_of_engine(folder: Path) -> int:
    """How many completions the engine has given."""
    return (folder / "log.txt").read_text(encoding="utf8").count('POST /v1/chat/completions HTTP/1.1" 200')


def with_model(library: Library, settings: Settings, model: Path, url: str, **switches: bool) -> Answerer:
    chosen = settings.model_copy(update=switches)
    return Answerer(library, chosen, model=open_model(ModelConfig(f"openai:{model}", url, seconds=20)))


@pytest.mark.parametrize("seed", SEEDS)
def test_the_engine_streams_noise(folder: Path, url: str, seed: int) -> None:
    messages = [{"role": "system", "content": "摘答政策文件。"}, {"role": "user", "content": QUESTIONS[0]}]
    request = {"model": str(folder / str(seed)), "messages": messages, "stream": True, "temperature": 0}
    with httpx.stream("POST", f"{url}/chat/completions", json=request, timeout=20) as response:
        events = [json.loads(line[6:]) for line in response.iter_lines() if line.startswith("data: {")]
    pieces = [content for event in events if (content := event["choices"][0]["delta"].get("content"))]
    assert len(pieces) > 20
    assert any(word in "".join(pieces) for word in INVENTED)


@pytest.mark.parametrize("seed", SEEDS)
def test_every_answer_is_that_without_a_model_with_a_note(
    library: Library, settings: Settings, answerer: Answerer, folder: Path, url: str, seed: int
) -> None:
    only_writing = {name: name == "llm_answer" for name in SWITCHES}
    written = with_model(library, settings, folder / str(seed), url, **only_writing)
    before = asked_of_engine(folder)
    for question in QUESTIONS:
        plain, answer = answerer.ask(question, on=TODAY), written.ask(question, on=TODAY)
        assert plain.outcome.gives_answer
        assert (answer.outcome, answer.statements, answer.citations) == (
            plain.outcome,
            plain.statements,
            plain.citations,
        )
        assert answer.written_by == ""
        (note,) = set(answer.notes) - set(plain.notes)
        assert "语言模型" in note
        assert note in answer.text
    assert asked_of_engine(folder) == before + len(QUESTIONS)


def test_noise_in_rewrites_follow_ups_and_translations_leaves_quotes_alone(
    library: Library, settings: Settings, folder: Path, url: str
) -> None:
    model = with_model(library, settings, folder / str(SEEDS[0]), url, **dict.fromkeys(SWITCHES, True))
    history = [Turn("user", QUESTIONS[0]), Turn("assistant", "学校可以收取午休看护服务费。")]
    before = asked_of_engine(folder)
    for answer in (
        model.ask(QUESTIONS[1], on=TODAY),
        model.ask("那要经过谁同意", history=history, on=TODAY),
        model.ask("How much is the monthly subsidy for rural teachers in Santai County?", on=TODAY),
    ):
        assert only_quotes(answer, library)
        assert not any(word in answer.text for word in INVENTED)
    assert asked_of_engine(folder) > before


def only_quotes(answer: Answer, library: Library) -> bool:
    """Whether the answer was not written by a model and each of its sentences is proved."""
    return answer.written_by == "" and proved(answer.statements, answer.citations, library) == answer.statements
