"""What visitors ask the server for: questions, look-ups, pages and chats in a mix, as plain values."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlencode

Kind = Literal["ask", "find", "page", "chat", "offers"]
MIX: dict[Kind, int] = {"ask": 5, "find": 3, "page": 1, "chat": 1}
PAGES = ("/", "/documents")
_NUMBER = re.compile(r"^[（(]?[\d一二三四五六七八九十百]+[）)、.．]\s*|^第[\d一二三四五六七八九十百]+[条章节]\s*")


@dataclass(frozen=True, slots=True)
class Plan:
    """What one run of traffic is made of.

    `chat` are the numbers of two functions of the chat page: the one that answers and the one that then offers more questions.
    """

    questions: tuple[str, ...]
    lookups: tuple[str, ...]
    pages: tuple[str, ...]
    chat: tuple[int, int]
    seed: int = 0

    def write(self, path: Path) -> None:
        path.write_text(json.dumps(asdict(self), ensure_ascii=False), encoding="utf8")

    @classmethod
    def read(cls, path: Path) -> Plan:
        values: dict[str, Any] = json.loads(path.read_text(encoding="utf8"))
        ask, offer = values.pop("chat")
        seed = values.pop("seed")
        return cls(**{k: tuple(v) for k, v in values.items()}, chat=(ask, offer), seed=seed)


@dataclass(frozen=True, slots=True)
class Visit:
    """One thing that a visitor does: the path to get, and of a chat the question to put."""

    kind: Kind
    path: str
    question: str = ""


def visits(plan: Plan, mix: Mapping[Kind, int] = MIX) -> Iterator[Visit]:
    """Visits without end, drawn by the mix; the same for the same seed."""
    drawn = random.Random(plan.seed)
    kinds, weights = list(mix), list(mix.values())
    while True:
        kind = drawn.choices(kinds, weights)[0]
        if kind == "ask":
            yield Visit(kind, f"/api/ask?{urlencode({'q': drawn.choice(plan.questions)})}")
        elif kind == "find":
            yield Visit(kind, f"/api/find?{urlencode({'q': drawn.choice(plan.lookups)})}")
        elif kind == "page":
            yield Visit(kind, drawn.choice(plan.pages))
        else:
            yield Visit(kind, "/gradio_api/queue/join", drawn.choice(plan.questions))


def lookup(row: Mapping[str, Any]) -> str:
    """What staff would type to see the section that answers a question: its heading without the number, else the question.

    >>> lookup({"question": "?", "gold": [{"section": "三、教师流动 / 5.加强教师交流"}]})
    '加强教师交流'
    """
    for gold in row.get("gold", ()):
        heading = _NUMBER.sub("", str(gold.get("section", "")).split(" / ")[-1])
        if heading:
            return heading[:60]
    return str(row["question"])


def chat_functions(config: Mapping[str, Any]) -> tuple[int, int]:
    """From Gradio's `/config` the numbers of the functions that answer a question and that then offer more."""
    boxes = {c["id"] for c in config["components"] if c["props"].get("elem_id") == "question"}
    functions = config["dependencies"]
    ask = next(f["id"] for f in functions if f["inputs"] and f["inputs"][0] in boxes)
    return ask, next(f["id"] for f in functions if f["trigger_after"] == ask)


def joining(function: int, data: Sequence[Any], session: str) -> dict[str, Any]:
    """What Gradio's page sends to have a function called."""
    return {"data": list(data), "event_data": None, "fn_index": function, "trigger_id": None, "session_hash": session}


def outcome(message: Mapping[str, Any]) -> tuple[int, str]:
    """Status and sentence of a chat from Gradio's last message about it."""
    error = (message.get("output") or {}).get("error")
    return (200, "") if message.get("success") else (503, str(error or ""))


def sentence(body: bytes) -> str:
    """What a refusal tells the visitor: the `error` of a JSON body; empty where it is no sentence."""
    try:
        told = str(json.loads(body)["error"])
    except (ValueError, KeyError, TypeError):
        return ""
    return told if re.search(r"[\u4e00-\u9fff].*[。！]", told) else ""
