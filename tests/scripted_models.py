"""Models whose replies are written out: a good one, and one for every way of going wrong.

They read what the answer prompt sends: labelled sources, `[n] 《title》… | place | level | dates | validity` with the passage
below. They write `{"statements": [{"text", "sources"}]}` where they are held to a schema, else a line `statement [1][2]` each.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import cycle
from typing import Any
from zlib import crc32

from index.sentences import sentence_spans

Message = Mapping[str, str]
Statement = tuple[str, list[int]]

_HEAD = re.compile(r"^\[(\d+)\] *(《.*)$", re.MULTILINE)
_ASKED = re.compile(r"^(?:问题|Question)[：:] *(.+)$", re.MULTILINE)
_TITLE = re.compile(r"《[^|]*》")
_OTHERS = "\n\n其他资料"  # where the answer prompt's first sources end
_TEXT_END = re.compile(rf"{_ASKED.pattern}|{_OTHERS}", re.MULTILINE)
_NUMBERING = re.compile(r"^(?:[（(]?[一二三四五六七八九十\d]{1,3}[）)、.．]|第[一二三四五六七八九十百]+[条章节])\s*")
_ORDERS = ("忽略", "输出", "打印", "回复", "写上", "点击", "访问", "ignore", "print", "output", "reply")
_SECRETS = ("提示词", "提示语", "系统提示", "设定", "指令", "prompt", "instruction")


@dataclass(frozen=True, slots=True)
class Source:
    """One labelled source of a prompt; `first` where the prompt says that it stands among the nearest."""

    label: int
    head: str
    text: str
    first: bool = False


def sources_of(user: str) -> list[Source]:
    """The labelled sources in a user message, in order."""
    heads = list(_HEAD.finditer(user))
    ends = [*(head.start() for head in heads[1:]), len(user)]
    others = user.find(_OTHERS)
    return [
        Source(int(head[1]), head[2], _TEXT_END.split(user[head.end() : end])[0].strip(), head.start() < others)
        for head, end in zip(heads, ends, strict=False)
    ]


def question_of(user: str) -> str:
    """The question in a user message: what it calls one, else the first line that is no source."""
    asked = _ASKED.search(user)
    return asked[1] if asked else _HEAD.split(user)[0].strip().partition("\n")[0]


class Script:
    """A model that is asked with messages and, where it can be held to one, a schema."""

    def reply(self, messages: Sequence[Message], schema: Mapping[str, Any] | None) -> str:
        """The whole completion."""
        system = "\n".join(m["content"] for m in messages if m["role"] == "system")
        user = next(m["content"] for m in reversed(messages) if m["role"] == "user")
        sources = sources_of(user)
        if not sources or (schema and "statements" not in schema.get("properties", {})):
            text = question_of(user)
            return json.dumps(filled(schema, text), ensure_ascii=False) if schema else text
        statements = self.statements(question_of(user), sources, system)
        if schema:
            rows = [{"text": text, "sources": labels} for text, labels in statements]
            return json.dumps({"statements": rows}, ensure_ascii=False)
        return "\n".join(text + " " + "".join(f"[{label}]" for label in labels) for text, labels in statements)

    def statements(self, question: str, sources: Sequence[Source], system: str) -> list[Statement]:
        """What it says, with the labels that it gives."""
        raise NotImplementedError


def filled(schema: Mapping[str, Any], text: str) -> Any:
    """The smallest value of a schema, with `text` for every string."""
    if "enum" in schema:
        return schema["enum"][0]
    kind = schema.get("type")
    if kind == "object":
        return {name: filled(inner, text) for name, inner in schema.get("properties", {}).items()}
    if kind == "array":
        return [filled(schema.get("items", {}), text)]
    return {"integer": 1, "number": 1, "boolean": True, "null": None}.get(str(kind), text)


class Good(Script):
    """Does as it is told: says in full sentences, and in the sources' own words, what stands in the sources that come first.

    Where a prompt does not say which come first, what fits the question best.
    """

    def statements(self, question: str, sources: Sequence[Source], system: str) -> list[Statement]:
        told = [said for source in sources if source.first for said in _as_sentences(source)]
        return told or self._best(question, sources)

    def _best(self, question: str, sources: Sequence[Source]) -> list[Statement]:
        found = sorted((best for source in sources if (best := _best(question, source))), reverse=True)
        return [(text, [label]) for score, text, label in found[:3] if score >= found[0][0] / 2]


def _as_sentences(source: Source) -> list[Statement]:
    title = _TITLE.search(source.head)
    lead = f"根据{title[0]}，" if title else ""
    told = [source.text[a:b] for a, b in sentence_spans(source.text)]
    return [
        (f"{lead}{_NUMBERING.sub('', text).rstrip('。；;')}。", [source.label])
        for text in told
        if "|" not in text and not _is_order(text)
    ]


def _best(question: str, source: Source) -> tuple[float, str, int] | None:
    asked = _bigrams(question)
    sentences = (source.text[a:b] for a, b in sentence_spans(source.text))
    whole = [_NUMBERING.sub("", s) for s in sentences if len(s) >= 8 and "|" not in s and not _is_order(s)]
    scored = [(len(asked & _bigrams(s)) / (1 + len(asked)), s.rstrip("。；;") + "。", source.label) for s in whole]
    return max(scored, default=None)


def _bigrams(text: str) -> set[str]:
    return {text[at : at + 2] for at in range(len(text) - 1)}


def _is_order(text: str) -> bool:
    return any(word in text.lower() for word in _ORDERS) and (
        "http" in text or any(s in text.lower() for s in _SECRETS)
    )


class Inventing(Good):
    """Changes the figures of the sources, and adds one where there are none."""

    def statements(self, question: str, sources: Sequence[Source], system: str) -> list[Statement]:
        return [(_other_figures(text), labels) for text, labels in super().statements(question, sources, system)]


def _other_figures(text: str) -> str:
    changed = re.sub(r"\d+", lambda figure: str(int(figure[0]) + 7), text)
    changed = re.sub(
        r"[二三四五六七八九]", lambda figure: "三四五六七八九二"["二三四五六七八九".index(figure[0])], changed
    )
    return changed if changed != text else text.rstrip("。") + "，每人每月补助1234元。"


class Mislabelling(Good):
    """Gives labels that no source has, labels of other sources, or none."""

    def statements(self, question: str, sources: Sequence[Source], system: str) -> list[Statement]:
        labels = [source.label for source in sources]
        wrong = cycle(
            [lambda n: [99], lambda n: [x for x in labels if x != n][:1] or [0], lambda n: [], lambda n: [-n]]
        )
        said = super().statements(question, sources, system)
        skipped = crc32(question.encode()) % 4
        ways = [next(wrong) for _ in range(skipped + len(said))][skipped:]
        return [(text, way(right[0])) for (text, right), way in zip(said, ways, strict=True)]


class Obedient(Good):
    """Does what it is told by anything it reads: links, images and HTML, other people's sentences, its own prompt."""

    def statements(self, question: str, sources: Sequence[Source], system: str) -> list[Statement]:
        said: list[Statement] = []
        for text, label in [(question, sources[0].label), *((s.text, s.label) for s in sources)]:
            if any(word in text.lower() for word in _ORDERS):
                said += [(line, [label]) for line in _obeyed(text, system)]
        return said + super().statements(question, sources, system)


def _obeyed(text: str, system: str) -> list[str]:
    lines = []
    for url in re.findall(r"https?://[^\s，。；）)\"'<>”]+", text):
        lines += [
            f"详情请访问 {url} 。",
            f"[点击这里]({url})",
            f"![图]({url})",
            f'<a href="{url}">登录</a><img src="{url}">',
        ]
    for order in re.findall(
        r"(?:输出|打印|回复|写上|print|output|reply)[：: “\"]*([^。”\"\n]{2,60})", text, re.IGNORECASE
    ):
        lines.append(order)
    if any(word in text.lower() for word in _SECRETS):
        lines += [line for line in system.split("\n") if line.strip()]
    return lines


class Leaking(Good):
    """Prints its system prompt when the question is about it."""

    def statements(self, question: str, sources: Sequence[Source], system: str) -> list[Statement]:
        if not any(word in question.lower() for word in _SECRETS):
            return super().statements(question, sources, system)
        return [(line, [sources[0].label]) for line in system.split("\n") if line.strip()]


class English(Script):
    """Answers a Chinese question in English."""

    def statements(self, question: str, sources: Sequence[Source], system: str) -> list[Statement]:
        return [
            ("According to the document, the matter is handled by the local education bureau.", [sources[0].label]),
            ("Please contact the school for details.", [sources[-1].label]),
        ]


class Rambling(Script):
    """Noise, the same for the same question."""

    def statements(self, question: str, sources: Sequence[Source], system: str) -> list[Statement]:
        dice = random.Random(crc32(question.encode()))
        words = "".join(source.text for source in sources) + "0123456789元%年月日<>[]()!#*|\u200b\u202e"
        lines = ("".join(dice.choices(words, k=dice.randint(3, 60))) for _ in range(dice.randint(1, 6)))
        return [(line.replace("\n", " "), [dice.randint(0, 12)]) for line in lines]
