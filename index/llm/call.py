"""One call of a language model while it runs: what was asked, what came, and how it ended."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from index.llm import Prompt, Schema, estimate_tokens
from index.llm.failures import Failure

_FINISH = ("finish_reason", "stop_reason", "done_reason", "done")  # OpenAI, Anthropic, Ollama and older Ollama
_CUT_OFF = ("length", "max_tokens")


class Chunk(Protocol):
    """The part of LangChain's message chunk that is read here."""

    response_metadata: dict[str, Any]
    usage_metadata: Any


class Call:
    """Gives the pieces on as they come and remembers what they say of themselves."""

    def __init__(self, prompt: Prompt, schema: Schema | None, give: Callable[[str | Failure | None], None]) -> None:
        self.prompt = prompt
        self.schema = schema
        self.give = give
        self._heard = False
        self._text = ""
        self._finish: object = None
        self._counted = (0, 0)

    def see(self, chunk: Chunk) -> None:
        """Note how the completion ends and what the server counted; a count may come in parts or twice."""
        self._heard = True
        self._finish = next(
            (chunk.response_metadata[key] for key in _FINISH if chunk.response_metadata.get(key)), self._finish
        )
        counted = chunk.usage_metadata or {}
        tokens_in, tokens_out = (counted.get(f"{side}_tokens") or 0 for side in ("input", "output"))
        self._counted = (max(self._counted[0], tokens_in), max(self._counted[1], tokens_out))

    def take(self, piece: str) -> None:
        """Give a piece on."""
        if piece:
            self._text += piece
            self.give(piece)

    @property
    def begun(self) -> bool:
        """Whether the reader has got anything."""
        return bool(self._text)

    @property
    def cut_off(self) -> bool:
        """Whether the completion stopped because there was no more room."""
        return self._finish in _CUT_OFF

    def ending(self) -> Failure | None:
        """What was wrong with a stream that ended without an error."""
        if self.cut_off:
            return Failure("too_long", own=True)
        if not self._finish:
            return Failure("cut" if self._heard else "unreadable")
        return None if self._text.strip() else Failure("empty")

    @property
    def estimated(self) -> bool:
        """Whether the tokens had to be estimated, since the server does not count them."""
        return self.begun and 0 in self._counted

    @property
    def tokens(self) -> tuple[int, int]:
        """Tokens in and out."""
        if not self.estimated:
            return self._counted
        asked, came = estimate_tokens(self.prompt.system + self.prompt.user), estimate_tokens(self._text)
        return self._counted[0] or asked, self._counted[1] or came
