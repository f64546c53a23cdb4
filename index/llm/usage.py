"""What a language model was used for and what that cost, counted across threads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from threading import Lock
from types import MappingProxyType

from index.llm import ModelConfig


@dataclass(frozen=True, slots=True)
class Usage:
    """Counts since the model was opened. `failures` by reason; `estimated`: calls whose tokens the server did not count;
    `seconds` of all calls together; `cost` in the currency of the prices, None where there are none.
    """

    calls: int = 0
    failures: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    tokens_in: int = 0
    tokens_out: int = 0
    estimated: int = 0
    seconds: float = 0.0
    cost: float | None = None


class Meter:
    """Adds up the calls of one model."""

    def __init__(self, config: ModelConfig) -> None:
        self._prices = (config.price_in, config.price_out)
        self._usage = Usage()
        self._lock = Lock()

    def add(self, seconds: float, tokens: tuple[int, int], *, estimated: bool, reason: str | None) -> None:
        """Count one call: its time, its tokens in and out, and why it failed, if it did."""
        with self._lock:
            was = self._usage
            failures = dict(was.failures)
            if reason is not None:
                failures[reason] = failures.get(reason, 0) + 1
            tokens_in, tokens_out = was.tokens_in + tokens[0], was.tokens_out + tokens[1]
            self._usage = replace(
                was,
                calls=was.calls + 1,
                failures=MappingProxyType(failures),
                tokens_in=tokens_in,
                tokens_out=tokens_out,
                estimated=was.estimated + estimated,
                seconds=was.seconds + seconds,
                cost=self._cost(tokens_in, tokens_out),
            )

    def _cost(self, tokens_in: int, tokens_out: int) -> float | None:
        priced = [
            (n, price) for n, price in zip((tokens_in, tokens_out), self._prices, strict=True) if price is not None
        ]
        return sum(n * price for n, price in priced) / 1_000_000 if priced else None

    def snapshot(self) -> Usage:
        """The counts as they are now."""
        with self._lock:
            return self._usage
