"""The seam to a language model, where the operator has one: text in, text out, within a time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

Schema = Mapping[str, Any]  # JSON Schema of an object


@dataclass(frozen=True, slots=True)
class ModelConfig:
    """How a language model is reached. `name` as `provider:model`; `seconds` for one answer; `context` in tokens;
    prices for a million tokens, in any currency.
    """

    name: str
    url: str | None = None
    key: str | None = field(default=None, repr=False)
    seconds: float = 20
    context: int = 8192
    calls: int = 4
    price_in: float | None = None
    price_out: float | None = None


@dataclass(frozen=True, slots=True)
class Prompt:
    """What a model is told: its task, and the data, which is never instructions."""

    system: str
    user: str


class LanguageModel(Protocol):
    """A language model behind a deadline, one retry, a breaker and a bound on calls at once."""

    @property
    def name(self) -> str: ...

    @property
    def context(self) -> int:
        """Tokens that a prompt and its completion may have together."""
        ...

    def stream(self, prompt: Prompt, *, seconds: float, schema: Schema | None = None) -> Iterator[str]:
        """The completion piece by piece, ended after `seconds` at the latest. With a `schema` the whole is a JSON object of it
        where the model can be held to one; where it cannot, it is text, so a reader must take both.

        Raises `ModelError` as soon as nothing more can come, whatever the reason; the pieces given so far stand.
        """
        ...


def estimate_tokens(text: str) -> int:
    """Tokens that a text has at most in the tokenizers of today: one a character of Chinese, one for three of others.

    >>> estimate_tokens("教师待遇"), estimate_tokens("teachers"), estimate_tokens("")
    (4, 3, 0)
    """
    wide = sum(character >= "\u2e80" for character in text)
    return wide + -(-(len(text) - wide) // 3)
