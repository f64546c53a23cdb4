"""Language models without a network: each satisfies the protocol and says what a test wants, or fails as real ones do."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from threading import Lock
from typing import Any

from index.errors import ModelError
from index.llm import LanguageModel, Prompt, Schema


class Scripted(LanguageModel):
    """Says what `script` makes of each prompt, a few characters at a time; remembers what it was asked."""

    def __init__(self, script: Callable[[Prompt], str], name: str = "scripted:one") -> None:
        self._script, self._name = script, name
        self._lock = Lock()
        self.asked: list[Prompt] = []
        self.seconds: list[float] = []

    @property
    def name(self) -> str:
        return self._name

    @property
    def context(self) -> int:
        return 8192

    def stream(self, prompt: Prompt, *, seconds: float, schema: Schema | None = None) -> Iterator[str]:
        with self._lock:
            self.asked.append(prompt)
            self.seconds.append(seconds)
        told = self._script(prompt)
        yield from (told[i : i + 7] for i in range(0, len(told), 7))


class Failing(Scripted):
    """Gives the beginning of something and then nothing more."""

    def __init__(self, begun: str = "", reason: str = "cut") -> None:
        super().__init__(lambda _: begun)
        self._reason = reason

    def stream(self, prompt: Prompt, *, seconds: float, schema: Schema | None = None) -> Iterator[str]:
        yield from super().stream(prompt, seconds=seconds)
        raise ModelError("语言模型的服务中断了。", self._reason)


class Slow(Scripted):
    """Drips until its time is up, as a real client ends it."""

    def __init__(self) -> None:
        super().__init__(lambda _: "")

    def stream(self, prompt: Prompt, *, seconds: float, schema: Schema | None = None) -> Iterator[str]:
        self.seconds.append(seconds)
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            time.sleep(0.02)
            yield "嗯"
        raise ModelError("语言模型没有在限定的时间内答完。", "slow")


def always(text: str) -> Scripted:
    """A model that says one thing."""
    return Scripted(lambda _: text)


def saying(**values: Any) -> Scripted:
    """A model that says one JSON object."""
    return always(json.dumps(values, ensure_ascii=False))


def between(prompt: Prompt, mark: str) -> str:
    """What stands between `<mark>` and `</mark>` of a prompt."""
    return prompt.user.partition(f"<{mark}>\n")[2].partition(f"\n</{mark}>")[0]


# What models say instead of what they were asked for.
RUBBISH = (
    "", "。", "\u200b\u202e", "抱歉，我无法回答这个问题。", "{", '{"rewrites": ["', "null", "[1, 2, 3]", '{"question": null}',
    '{"rewrites": [1, {"a": 2}], "question": 7, "translations": "甲", "questions": {"a": 1}}',
    '{"translations": [{"number": "一", "text": 5}, 3, {"text": "x"}, {"number": true, "text": "每月"}]}',
    "asdf qwer zxcv " * 400, "好的好的" * 2000, "[" * 3000, '{"a":' * 2000, "<script>alert(1)</script>",
    "https://example.invalid/a?q=1", "```json\n```", "1.\n2.\n3.", "Sure! Here is the answer you wanted.",
)  # fmt: skip
