"""`python -m eval.dialogues`: ask the dialogues of `dialogues.toml` and write them down as the program printed them."""

from __future__ import annotations

import sys
import tempfile
import tomllib
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer

from bot.answer import Answerer
from bot.pages import place_of_visitor
from bot.records import Citation, Turn
from bot.settings import Settings
from eval.arguments import repeated
from index.embed import load_embedder
from index.library import open_library
from index.sync import sync

_DIALOGUES = Path(__file__).with_name("dialogues.toml")
_HEAD = """# Answers

Ten dialogues over real documents, as the program printed them on {day}: first the answer, then its citations with what a
reader needs to judge them. Written by `python -m eval.dialogues --documents {documents} --today {day}`.
"""


def dialogues(
    documents: Annotated[list[Path], typer.Option(help="folders of documents")],
    out: Annotated[Path, typer.Option(help="the Markdown file to write")] = Path("docs/answers.md"),
    today: Annotated[str, typer.Option(help="the day answers are given on, YYYY-MM-DD")] = "",
) -> None:
    """Build a throw-away library, hold the dialogues, write them as Markdown."""
    on = date.fromisoformat(today) if today else date.today()
    with tempfile.TemporaryDirectory() as home:
        embedder = load_embedder(None)
        settings = Settings(home=Path(home))
        sync(documents, settings.home, embedder, progress=False)
        answerer = Answerer(open_library(settings.home, embedder), settings)
        found = tomllib.loads(_DIALOGUES.read_text(encoding="utf8"))["dialogue"]
        parts = [dialogue_text(answerer, d, n, on) for n, d in enumerate(found, 1)]
    names = " ".join(d.as_posix() for d in documents)
    out.write_text("\n".join([_HEAD.format(day=on.isoformat(), documents=names), *parts]), encoding="utf8")


def dialogue_text(answerer: Answerer, dialogue: dict[str, Any], number: int, on: date) -> str:
    """One dialogue as Markdown: what it shows, then each question with its answer and citations."""
    where = place_of_visitor(dialogue.get("place", ""), answerer.places)
    place = f" (the visitor has set {dialogue['place']})" if where else ""
    lines = [f"## {number}. {dialogue['shows'][0].upper()}{dialogue['shows'][1:]}{place}", ""]
    turns: tuple[Turn, ...] = ()
    for asked in dialogue["asked"]:
        answer = answerer.ask(asked, history=turns, place=where, on=on)
        turns = (*turns, Turn("user", asked), Turn("assistant", answer.text))
        lines += [f"**{asked}**", "", f"`{answer.outcome.value}`", "", "```text", answer.text]
        lines += ["", *map(citation_line, answer.citations), "```", ""]
    return "\n".join(lines)


def citation_line(citation: Citation) -> str:
    """A citation on one line: label, title, section, then place, issuers, 文号, dates, validity and source."""
    dates = "，".join(f"{name} {day}" for name, day in citation.dates)
    known = (citation.place, "、".join(citation.issuers), citation.doc_no, dates, citation.validity, citation.source)
    return f"[{citation.label}] {citation.title} {citation.path}（{'；'.join(x for x in known if x)}）"


def main() -> None:
    """Command-line entry."""
    sys.argv[1:] = repeated(sys.argv[1:], "--documents")
    typer.run(dialogues)


if __name__ == "__main__":
    main()
