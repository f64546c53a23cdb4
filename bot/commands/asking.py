"""Commands that ask the library: ask, find, show."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from bot.commands.console import AsJson, open_shelf, out, print_json, sentences, text
from bot.settings import load_settings
from index.errors import YoujuError

if TYPE_CHECKING:
    from bot.records import Citation


def ask(
    question: Annotated[str, typer.Argument(help="问题")],
    place: Annotated[str, typer.Option(help="您在哪里，例如 永安市")] = "",
    on: Annotated[str, typer.Option(help="按哪天有效，例如 2026-11-21")] = "",
    as_json: AsJson = False,
) -> None:
    """回答一个问题。"""
    with sentences():
        from bot.pages import BadInput, answer_json, day, place_of_visitor

        answerer = open_shelf(load_settings()).answerer
        try:
            answer = answerer.ask(question, place=place_of_visitor(place, answerer.places), on=day(on))
        except BadInput as error:
            raise YoujuError(str(error)) from error
        if as_json:
            print_json(answer_json(answer))
            return
        out.print(Text(answer.text), soft_wrap=True)
        for citation in answer.citations:
            out.print(Text(f"[{citation.label}] {_described(citation)}", style="dim"), soft_wrap=True)


def _described(citation: Citation) -> str:
    dates = "，".join(f"{name} {day}" for name, day in citation.dates)
    known = (citation.place, citation.doc_no, dates, citation.validity, *citation.remarks, citation.source)
    return f"{citation.title} {citation.path}（{'；'.join(x for x in known if x)}）"


def find(
    query: Annotated[str, typer.Argument(help="文号、条号、标题词、责任单位、地方、种类、年份，可以并用")] = "",
    *,
    place: Annotated[str, typer.Option(help="只要这个地方的文件，例如 三台县")] = "",
    kind: Annotated[str, typer.Option(help="只要这种文件，例如 法律、条例、政策文件")] = "",
    validity: Annotated[str, typer.Option(help="只要这种效力，例如 现行有效")] = "",
    year: Annotated[int | None, typer.Option(help="只要这一年的文件")] = None,
    department: Annotated[str, typer.Option(help="只要这个部门负责的事项，例如 财政局")] = "",
    on: Annotated[str, typer.Option(help="按哪天有效，例如 2026-11-21")] = "",
    as_json: AsJson = False,
) -> None:
    """查条款。"""
    with sentences():
        from bot.facets import Filters
        from bot.pages import BadInput, citation_json, day

        filters = Filters(place, kind, validity, year, department)
        try:
            found = open_shelf(load_settings()).finder.search(query, filters, on=day(on))
        except BadInput as error:
            raise YoujuError(str(error)) from error
        if as_json:
            print_json([citation_json(c) for c in found.sections])
            return
        documents = len({c.document_id for c in found.sections})
        out.print(text("found", count=found.total, documents=documents) if found.total else text("found_nothing"))
        for citation in found.sections:
            out.print(Text(f"{citation.label}. {_described(citation)}", style="bold"), soft_wrap=True)
            out.print(Text(f"   {citation.quote[:120]}".replace("\n", " ")), soft_wrap=True)
        for name, values in found.facets.items():
            if len(values) > 1:
                counted = "、".join(f"{value} {count}" for value, count in values)
                out.print(Text(f"{text(f'facet_{name}')}：{counted}", style="dim"), soft_wrap=True)


def show(
    words: Annotated[list[str], typer.Argument(help="文号或标题，后面写条号或标题词，例如 第六条；不写时列出目录")],
    on: Annotated[str, typer.Option(help="按哪天有效，例如 2026-11-21")] = "",
) -> None:
    """按文号或标题显示一条原文。"""
    with sentences():
        from bot.pages import BadInput, day

        try:
            lines = open_shelf(load_settings()).finder.show(words[0], " ".join(words[1:]), on=day(on))
        except BadInput as error:
            raise YoujuError(str(error)) from error
        for line in lines:
            out.print(Text(line), soft_wrap=True)
