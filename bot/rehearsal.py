"""A changed staff lexicon tried on questions before it is used: which of them would find another first passage."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.answer import Answerer
from bot.lexicon import read_groups
from bot.messages import message

_COLUMNS = re.compile(r"\s*[=＝\t]\s*")


@dataclass(frozen=True, slots=True)
class Change:
    """A question whose first passage changes, or whether it is answered; each passage by title and heading path, empty for none."""

    question: str
    before: str
    after: str


def to_page(tsv: str) -> str:
    """A lexicon file as it is edited: ` = ` between the columns, because no tabulator can be typed into a page."""
    return tsv.replace("\t", " = ")


def to_file(page: str) -> str:
    """An edited lexicon as its file.

    >>> to_file("# 补贴\\r\\n岗位津贴|津贴 = 补贴|补助钱 = 待遇\\r\\n")
    '# 补贴\\n岗位津贴|津贴\\t补贴|补助钱\\t待遇\\n'
    """
    lines = [line.rstrip() for line in page.splitlines()]
    return "".join(f"{line if line.startswith('#') else _COLUMNS.sub(chr(9), line)}\n" for line in lines)


def rehearse(answerer: Answerer, lexicon: str, questions: Sequence[str]) -> list[Change]:
    """The questions that the text of a lexicon file would answer from another passage. Raises `LexiconError`."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "lexicon.tsv"
        path.write_text(lexicon, encoding="utf8")
        read_groups(path)
        settings = answerer.settings.model_copy(update={"lexicon": path})
        other = Answerer(answerer.library, settings)
    pairs = ((q, _first_passage(answerer, q), _first_passage(other, q)) for q in questions)
    return [Change(question, before, after) for question, before, after in pairs if before != after]


def _first_passage(answerer: Answerer, question: str) -> str:
    answer = answerer.ask(question, alone=True)
    if answer.citations:
        return f"{answer.citations[0].title} {answer.citations[0].path}"
    if not answer.hits:
        return ""
    chunk = answer.hits[0].chunk
    title = answerer.library.document(chunk.document_id).title
    return message("passage_unanswered", file="admin", passage=f"{title} {chunk.path}")
