"""One short call that tells what a language model can do here: reachable, how fast, streaming, structured, counting."""

from __future__ import annotations

import json
from dataclasses import dataclass
from time import monotonic
from typing import TYPE_CHECKING, Any

from bot.messages import message
from index.llm import Prompt

if TYPE_CHECKING:
    from index.llm.client import ChatModel

_SCHEMA = {
    "type": "object",
    "properties": {"days": {"type": "array", "items": {"type": "string"}}},
    "required": ["days"],
    "additionalProperties": False,
}


@dataclass(frozen=True, slots=True)
class ModelCheck:
    """What one call showed. `first` and `total` in seconds; `counted`: by the server, not estimated."""

    name: str
    context: int
    first: float
    total: float
    streams: bool
    structured: bool
    tokens: tuple[int, int]
    counted: bool
    cost: float | None


def check_model(model: ChatModel, *, seconds: float) -> ModelCheck:
    """Make the call. Raises `ModelError` that says why nothing came."""
    prompt = Prompt(message("system", file="model_check"), message("user", file="model_check"))
    model.open()  # not part of the latency
    started, before, reply, arrivals = monotonic(), model.usage(), "", []
    for piece in model.stream(prompt, seconds=seconds, schema=_SCHEMA):
        arrivals.append(monotonic() - started)
        reply += piece
    total, used = monotonic() - started, model.usage()
    return ModelCheck(
        name=model.name,
        context=model.context,
        first=arrivals[0],
        total=total,
        streams=len(arrivals) > 1,
        structured=not model.refuses_schemas and _holds(reply),
        tokens=(used.tokens_in - before.tokens_in, used.tokens_out - before.tokens_out),
        counted=used.estimated == before.estimated,
        cost=None if used.cost is None else used.cost - (before.cost or 0),
    )


def _holds(reply: str) -> bool:
    try:
        value = json.loads(reply)
    except json.JSONDecodeError:
        return False
    return isinstance(value, dict) and isinstance(value.get("days"), list)


def check_lines(check: ModelCheck) -> list[str]:
    """The check in words, a line a finding."""
    tokens_in, tokens_out = check.tokens
    keys: dict[str, dict[str, Any]] = {
        "llm_reached": {"name": check.name},
        "llm_latency": {"first": f"{check.first:.2f}", "total": f"{check.total:.2f}"},
        "llm_streams" if check.streams else "llm_streams_not": {},
        "llm_structured" if check.structured else "llm_structured_not": {},
        "llm_context": {"context": check.context},
        "llm_tokens" if check.counted else "llm_tokens_estimated": {"tokens_in": tokens_in, "tokens_out": tokens_out},
    }
    if check.cost is not None:
        keys["llm_cost"] = {"cost": f"{check.cost:.6f}"}
    return [message(key, file="page", **variables) for key, variables in keys.items()]
