"""What people would ask that an article answers, and what it says in one line, written by a language model.

Both are only searched in: never shown as text of the document, never quoted. What was written is kept beside the generations by
content, model and prompt, so that it is paid for once and a run that was killed goes on where it stopped.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

from rich.progress import track

from index.errors import LibraryError, ModelError
from index.llm import LanguageModel, Prompt, estimate_tokens
from index.llm.prompting import complete, prompt, prompt_version, said_object, said_texts
from index.records import Article, PolicyDocument
from index.tokens import fold

QUESTIONS, LONGEST, LONGEST_SUMMARY = 3, 60, 80  # questions of an article; characters of one, and of its summary
SHORTEST, READ = 16, 1500  # characters of an article that is worth asking about, and of it that the model reads
TOKENS_OUT = 120  # of one reply, on average
BATCH = 16  # articles between two writes to disk
GIVE_UP = 8  # failures in a row after which the model is not asked again
_APART = ("front", "tail")
_NAME = "doc_questions"
_SCHEMA = {
    "type": "object",
    "properties": {"questions": {"type": "array", "items": {"type": "string"}}, "summary": {"type": "string"}},
    "required": ["questions", "summary"],
}


@dataclass(frozen=True, slots=True)
class Written:
    """What a model wrote about an article."""

    questions: tuple[str, ...]
    summary: str = ""

    @property
    def text(self) -> str:
        """All of it, as it is searched in."""
        return " ".join((*self.questions, self.summary)).strip()


@dataclass(frozen=True, slots=True)
class Topic:
    """An article to be asked about: where it stands, what the model is told, and under which key the reply is kept."""

    document_id: str
    article: int
    prompt: Prompt
    key: str


@dataclass(frozen=True, slots=True)
class Estimate:
    """What asking about articles will take; `cost` in the currency of the prices, None where there are none."""

    articles: int
    tokens_in: int
    tokens_out: int
    cost: float | None


def always(_: Estimate) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class Asker:
    """How articles are asked about: by which model, in how many calls at once of how many seconds, at which prices for a
    million tokens in and out; and whether someone agrees to what it will take.
    """

    model: LanguageModel
    calls: int = 4
    seconds: float = 60
    prices: tuple[float | None, float | None] = (None, None)
    agree: Callable[[Estimate], bool] = always
    progress: bool = False

    def estimate(self, topics: Sequence[Topic]) -> Estimate:
        """What asking about these will take, rather too much than too little."""
        tokens = sum(estimate_tokens(t.prompt.system + t.prompt.user) for t in topics), TOKENS_OUT * len(topics)
        priced = [n * price for n, price in zip(tokens, self.prices, strict=True) if price is not None]
        return Estimate(len(topics), *tokens, sum(priced) / 1_000_000 if priced else None)


def topics_of(document: PolicyDocument, articles: Iterable[Article], model: str) -> list[Topic]:
    """The articles of a document that are worth asking about."""
    found = []
    for article in articles:
        text = document.text[article.body : article.end].strip()[:READ]
        if article.kind in _APART or len(text) < SHORTEST:
            continue
        asked = prompt(_NAME, title=document.title, heading=article.path, text=text)
        kept_as = "\n".join((model, prompt_version(_NAME), asked.user))
        found.append(Topic(document.id, article.ordinal, asked, hashlib.sha256(kept_as.encode()).hexdigest()[:32]))
    return found


class Kept:
    """What models have written, one JSON object a line; a line that was torn by a crash counts as never written."""

    def __init__(self, home: Path) -> None:
        self._path = home / "model_cache" / "questions.jsonl"
        self._written: dict[str, Written] = {}
        if self._path.exists():
            for line in self._path.read_bytes().split(b"\n"):
                self._read(line)

    def __contains__(self, key: str) -> bool:
        return key in self._written

    def text(self, key: str) -> str:
        """What was written under a key, as it is searched in; empty where nothing was."""
        return self._written[key].text if key in self._written else ""

    def add(self, written: Sequence[tuple[str, Written]]) -> None:
        """Keep replies for good. Raises `LibraryError` where they cannot be written."""
        lines = [{"key": key, "questions": w.questions, "summary": w.summary} for key, w in written]
        data = "".join(f"\n{json.dumps(line, ensure_ascii=False)}" for line in lines)  # never behind a torn line
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with self._path.open("ab") as file:
                file.write(f"{data}\n".encode())
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise LibraryError("语言模型写的问法存不下来，请检查磁盘空间和文件夹权限后再试。") from error
        self._written.update(written)

    def _read(self, line: bytes) -> None:
        try:
            values = json.loads(line)
            self._written[str(values["key"])] = Written(tuple(map(str, values["questions"])), str(values["summary"]))
        except (ValueError, KeyError, TypeError):
            return


def write_questions(topics: Sequence[Topic], asker: Asker, kept: Kept) -> str:
    """Ask about each article and keep what comes. What went wrong in a sentence, empty where nothing did.

    Articles about which nothing usable came are left out; after many in a row the model is not asked again.
    """
    failed, sentence = 0, ""
    batches = (topics[i : i + BATCH] for i in range(0, len(topics), BATCH))
    shown = track(range(len(topics)), "写问法", disable=not asker.progress)
    step = iter(shown)
    with ThreadPoolExecutor(asker.calls) as pool:
        for batch in batches:
            done: list[tuple[str, Written]] = []
            for topic, reply in _asked(batch, asker, pool):
                next(step, None)
                if isinstance(reply, ModelError):
                    failed, sentence = failed + 1, str(reply)
                else:
                    failed = 0
                    done.append((topic.key, reply))
            if done:
                kept.add(done)
            if failed >= GIVE_UP:
                break
    return sentence


def _asked(
    batch: Sequence[Topic], asker: Asker, pool: ThreadPoolExecutor
) -> Iterator[tuple[Topic, Written | ModelError]]:
    running = {pool.submit(_ask, topic, asker): topic for topic in batch}
    for future in as_completed(running):
        yield running[future], future.result()


def _ask(topic: Topic, asker: Asker) -> Written | ModelError:
    try:
        told = complete(asker.model, topic.prompt, seconds=asker.seconds, schema=_SCHEMA)
    except ModelError as error:
        return error
    return read_reply(told) or ModelError("语言模型的回复读不出问法。", "unreadable")


def read_reply(told: str) -> Written | None:
    """The questions and the summary of a completion; None where it is no object with at least one question in Chinese."""
    found = said_object(told)
    if found is None:
        return None
    questions = [q for q in said_texts(told, "questions") if _usable(q, LONGEST)][:QUESTIONS]
    summary = found.get("summary")
    line = " ".join(summary.split()) if isinstance(summary, str) else ""
    return Written(tuple(questions), line if _usable(line, LONGEST_SUMMARY) else "") if questions else None


def _usable(text: str, longest: int) -> bool:
    chinese = sum("\u4e00" <= c <= "\u9fff" for c in fold(text))
    return len(text) <= longest and 2 * chinese >= len(text) > 3 and "://" not in text
