"""Youju's command line and composition root: serve (default), sync, ask, find, show, doctor."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from bot.settings import Settings, load_settings
from index.errors import NoLibrary, YoujuError

app = typer.Typer(add_completion=False, no_args_is_help=False, help="有据：用原文回答教育政策问题，每句话注明出处。")
out, err = Console(), Console(stderr=True)

AsJson = Annotated[bool, typer.Option("--json", help="输出 JSON")]


@contextmanager
def _sentences() -> Iterator[None]:
    """Show an error as its sentence and end with exit code 1."""
    try:
        yield
    except YoujuError as error:
        err.print(str(error), style="red", markup=False, highlight=False)
        raise typer.Exit(1) from error


@app.callback(invoke_without_command=True)
def default(context: typer.Context) -> None:
    """没有写命令时打开问答网页。"""
    if context.invoked_subcommand is None:
        serve()


@app.command()
def serve(
    host: Annotated[str | None, typer.Option(help="监听的地址")] = None,
    port: Annotated[int | None, typer.Option(help="监听的端口")] = None,
) -> None:
    """打开问答网页；还没有文件库时先建。"""
    with _sentences():
        settings = load_settings()
        _ensure_library(settings)
        from bot.chat import serve as serve_page
        from bot.shelf import Shelf

        serve_page(Shelf(settings), host=host or settings.host, port=port or settings.port)


def _ensure_library(settings: Settings) -> None:
    from index.generation import current

    try:
        current(settings.home)
    except NoLibrary:
        _sync(settings, [settings.documents_folder])


@app.command()
def sync(
    folders: Annotated[list[Path] | None, typer.Argument(help="文件所在的文件夹，不写时用设置里的")] = None,
    as_json: AsJson = False,
) -> None:
    """让文件库与文件夹一致：增、改、删，并说明哪些文件没有收。"""
    with _sentences():
        settings = load_settings()
        _sync(settings, folders or [settings.documents_folder], as_json=as_json)


def _sync(settings: Settings, folders: list[Path], *, as_json: bool = False) -> None:
    from index.embed import load_embedder
    from index.sync import sync as sync_library

    report = sync_library(
        folders,
        settings.home,
        load_embedder(settings.embedder),
        progress=not as_json,
        max_bytes=settings.max_file_mb * 1_000_000,
    )
    if as_json:
        print(json.dumps(asdict(report), ensure_ascii=False))
        return
    table = Table("", "文件", title=f"{report.documents} 份文件，{report.chunks} 个片段，用时 {report.seconds:.1f} 秒")
    for label, names in (("新增", report.added), ("更新", report.changed), ("移除", report.removed)):
        for name in names:
            table.add_row(label, name)
    for name, reason in report.quarantined:
        table.add_row("未收", f"{name}：{reason}")
    table.add_row("未变", str(report.unchanged))
    out.print(table)


@app.command()
def ask(
    question: Annotated[str, typer.Argument(help="问题")],
    place: Annotated[str, typer.Option(help="您在哪里，例如 永安市")] = "",
    on: Annotated[str, typer.Option(help="按哪天有效，例如 2026-11-21")] = "",
    as_json: AsJson = False,
) -> None:
    """回答一个问题。"""
    with _sentences():
        from bot.pages import answer_json
        from bot.shelf import Shelf
        from index.places import places_in

        settings = load_settings()
        _ensure_library(settings)
        answerer = Shelf(settings).answerer
        places = places_in(place, answerer.places) if place else ()
        answer = answerer.ask(question, place=places[0] if places else None, on=_day(on))
        if as_json:
            print(json.dumps(answer_json(answer), ensure_ascii=False, indent=1))
            return
        out.print(answer.text, markup=False, highlight=False, soft_wrap=True)
        for citation in answer.citations:
            dates = "，".join(f"{name} {day}" for name, day in citation.dates)
            known = "；".join(x for x in (citation.place, citation.doc_no, dates, citation.validity) if x)
            line = f"[{citation.label}] {citation.title} {citation.path}（{known}）"
            out.print(line, style="dim", markup=False, highlight=False, soft_wrap=True)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as error:
        from bot.messages import message

        raise typer.BadParameter(message("bad_date")) from error


@app.command()
def find(query: Annotated[str, typer.Argument(help="文号、条号、标题词、责任单位")], as_json: AsJson = False) -> None:
    """查条款。"""
    with _sentences():
        from bot.pages import citation_json
        from bot.shelf import Shelf

        settings = load_settings()
        _ensure_library(settings)
        found = Shelf(settings).finder.find(query)
        if as_json:
            print(json.dumps([citation_json(c) for c in found], ensure_ascii=False, indent=1))
            return
        table = Table("", "文件", "条款", "地方", "原文")
        for c in found:
            table.add_row(str(c.label), c.title, c.path, c.place, c.quote[:80])
        out.print(table)


@app.command()
def show(
    document: Annotated[str, typer.Argument(help="文号或标题")],
    section: Annotated[str, typer.Argument(help="条号，例如 第六条；不写时列出目录")] = "",
) -> None:
    """按文号或标题显示一条原文。"""
    with _sentences():
        from bot.shelf import Shelf

        settings = load_settings()
        _ensure_library(settings)
        for line in Shelf(settings).finder.show(document, section):
            out.print(line, markup=False, highlight=False, soft_wrap=True)


@app.command()
def doctor(file: Annotated[Path, typer.Argument(help="要检查的文件", exists=True, dir_okay=False)]) -> None:
    """说明一份文件修复了什么，还有什么缺损。"""
    with _sentences():
        from index.ingest import parse_file

        for parsed in parse_file(file):
            document = parsed.document
            out.rule(document.title)
            repaired = [f for f in document.fixes if f.confidence != "damaged"]
            table = Table("行", "修复", "把握", "原来", "现在", title=f"修复 {len(repaired)} 处")
            for fix in repaired:
                table.add_row(str(fix.line), fix.name, fix.confidence, fix.before[:60], fix.after[:60])
            out.print(table)
            left = [f"第 {f.line} 行：{f.before[:60]}" for f in document.fixes if f.confidence == "damaged"]
            left += [f"{gap.what}（{gap.basis}）" for gap in document.gaps]
            out.print(f"仍然缺损 {len(left)} 处", *left, sep="\n", markup=False)


def main() -> None:
    """Console entry."""
    app()


if __name__ == "__main__":
    main()
