"""The wire of three providers, as far as a streamed completion goes: what is asked, and the messages it comes in."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

MODEL = "scripted"


@dataclass(frozen=True, slots=True)
class Asked:
    """A request. `schema`: what the model is held to, if to anything; `counts`: whether usage is asked for."""

    messages: Sequence[Mapping[str, str]]
    schema: Mapping[str, Any] | None
    counts: bool


@dataclass(frozen=True, slots=True)
class Reply:
    """A completion in pieces. `finish` is None for one that stops in the middle; `tokens` in and out, None where uncounted."""

    pieces: Sequence[str]
    finish: str | None
    tokens: tuple[int, int] | None


class OpenAI:
    """`/v1/chat/completions`: events of server-sent text, ended by [DONE]."""

    kind = "text/event-stream"

    def asked(self, body: Mapping[str, Any]) -> Asked:
        """The request in a body."""
        held = body.get("response_format", {}).get("json_schema", {})
        return Asked(body["messages"], held.get("schema"), body.get("stream_options", {}).get("include_usage", False))

    def messages(self, reply: Reply) -> list[bytes]:
        """The completion as it goes over the wire."""
        deltas: list[dict[str, Any]] = [{"role": "assistant", "content": ""}, *({"content": p} for p in reply.pieces)]
        rows = [{"choices": [{"index": 0, "delta": delta, "finish_reason": None}]} for delta in deltas]
        if reply.finish is None:
            return [_event({**_CHUNK, **row}) for row in rows]
        rows.append({"choices": [{"index": 0, "delta": {}, "finish_reason": reply.finish}]})
        if reply.tokens:
            rows.append({"choices": [], "usage": _usage(*reply.tokens)})
        return [*(_event({**_CHUNK, **row}) for row in rows), b"data: [DONE]\n\n"]

    def whole(self, reply: Reply) -> dict[str, Any]:
        """The completion where no stream is asked for."""
        message = {"role": "assistant", "content": "".join(reply.pieces)}
        choice = {"index": 0, "message": message, "finish_reason": reply.finish}
        return {**_CHUNK, "object": "chat.completion", "choices": [choice], "usage": _usage(*(reply.tokens or (0, 0)))}


class Ollama:
    """`/api/chat`: a JSON object a line."""

    kind = "application/x-ndjson"

    def asked(self, body: Mapping[str, Any]) -> Asked:
        """The request in a body."""
        return Asked(body["messages"], body.get("format") or None, counts=True)

    def messages(self, reply: Reply) -> list[bytes]:
        """The completion as it goes over the wire."""
        rows: list[dict[str, Any]] = [
            {"message": {"role": "assistant", "content": p}, "done": False} for p in reply.pieces
        ]
        if reply.finish:
            counts = dict(zip(("prompt_eval_count", "eval_count"), reply.tokens or (0, 0), strict=True))
            end = {"message": {"role": "assistant", "content": ""}, "done": True, "done_reason": reply.finish}
            rows.append(end | counts)
        start = {"model": MODEL, "created_at": "2026-01-01T00:00:00Z"}
        return [json.dumps(start | row, ensure_ascii=False).encode() + b"\n" for row in rows]


class Anthropic:
    """`/v1/messages`: named events."""

    kind = "text/event-stream"

    def asked(self, body: Mapping[str, Any]) -> Asked:
        """The request in a body."""
        system = [{"role": "system", "content": body["system"]}] if isinstance(body.get("system"), str) else []
        held = body.get("output_config", {}).get("format", {})
        return Asked([*system, *body["messages"]], held.get("schema"), counts=True)

    def messages(self, reply: Reply) -> list[bytes]:
        """The completion as it goes over the wire."""
        tokens_in, tokens_out = reply.tokens or (0, 0)
        message = {"id": "msg_0", "type": "message", "role": "assistant", "content": [], "model": MODEL}
        opening = message | {"usage": {"input_tokens": tokens_in, "output_tokens": 1}}
        rows: list[dict[str, Any]] = [
            {"type": "message_start", "message": opening},
            {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
            *(
                {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": piece}}
                for piece in reply.pieces
            ),
        ]
        if reply.finish:
            counts = {"input_tokens": tokens_in, "output_tokens": tokens_out}
            reason = {"stop": "end_turn", "length": "max_tokens"}[reply.finish]
            rows += [
                {"type": "content_block_stop", "index": 0},
                {"type": "message_delta", "delta": {"stop_reason": reason}, "usage": counts},
                {"type": "message_stop"},
            ]
        return [f"event: {row['type']}\n".encode() + _event(row) for row in rows]


DIALECTS: Mapping[str, OpenAI | Ollama | Anthropic] = {
    "/v1/chat/completions": OpenAI(),
    "/api/chat": Ollama(),
    "/v1/messages": Anthropic(),
}
_CHUNK = {"id": "chatcmpl-0", "object": "chat.completion.chunk", "created": 0, "model": MODEL}


def _event(row: Mapping[str, Any]) -> bytes:
    return f"data: {json.dumps(row, ensure_ascii=False)}\n\n".encode()


def _usage(tokens_in: int, tokens_out: int) -> dict[str, int]:
    return {"prompt_tokens": tokens_in, "completion_tokens": tokens_out, "total_tokens": tokens_in + tokens_out}
