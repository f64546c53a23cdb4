"""Youju's command line and composition root: serve (default), sync, backup, restore, ask, find, show, doctor."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from bot.messages import message
from bot.settings import Settings, load_settings
from index.errors import NoLibrary, YoujuError

if TYPE_CHECKING:
    from bot.records import Citation
    from bot.shelf import Shelf
    from index.archive import Tell
    from index.doc_questions import Asker, Estimate
    from index.records import ParsedDocument

app = typer.Typer(add_completion=False, help="有据：用原文回答教育政策问题，每句话注明出处。")
out, err = Console(highlight=False), Console(stderr=True, highlight=False)

AsJson = Annotated[bool, typer.Option("--json", help="输出 JSON")]


def text(key: str, **variables: Any) -> str:
    """A text of the page and the command line."""
    return message(key, file="page", **variables)


@contextmanager
def _sentences() -> Iterator[None]:
    """Show an error as its sentence and end with exit code 1."""
    try:
        yield
    except YoujuError as error:
        err.print(Text(str(error), style="red"))
        raise typer.Exit(1) from error


@app.callback(invoke_without_command=True)
def default(context: typer.Context) -> None:
    """没有写命令时打开问答网页。"""
    if context.invoked_subcommand is None:
        serve()


@app.command()
def serve(
    host: Annotated[str | None, typer.Option(help="监听的地址")] = None,
    port: Annotated[int | None, typer.Option(min=1, max=65535, help="监听的端口")] = None,
) -> None:
    """打开问答网页；还没有文件库时先建。"""
    with _sentences():
        settings = load_settings()
        shelf = _shelf(settings)
        from bot.chat import serve as serve_page
        from bot.receipts import save_receipt

        where = host or settings.host, port or settings.port
        try:
            demo = serve_page(shelf, host=where[0], port=where[1], keep=partial(save_receipt, shelf))
        except OSError as error:
            raise YoujuError(text("port_taken", port=where[1])) from error
        shelf.warm()
        out.print(text("serving", url=f"http://{where[0]}:{where[1]}/"))
        demo.block_thread()


def _shelf(settings: Settings) -> Shelf:
    """The library for questions, built first where there is none."""
    from bot.shelf import Shelf
    from index.generation import current

    try:
        current(settings.home)
    except NoLibrary:
        err.print(text("building"))
        _sync(settings, [settings.documents_folder])
    with err.status(text("loading")):
        return Shelf(settings)


@app.command()
def sync(
    folders: Annotated[list[Path] | None, typer.Argument(help="文件所在的文件夹，不写时用设置里的")] = None,
    watch: Annotated[bool, typer.Option("--watch", help="一直运行，文件夹一有变化就更新")] = False,
    as_json: AsJson = False,
    *,
    questions: Annotated[bool, typer.Option("--questions", help="由语言模型为每条写问法和提要，供检索")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="不问费用，直接开始")] = False,
) -> None:
    """让文件库与文件夹一致：增、改、删，并说明哪些文件没有收。"""
    with _sentences():
        settings = load_settings()
        wanted = folders or [settings.documents_folder]
        asker = _asker(settings, yes=yes) if questions or settings.llm_index else None
        if watch:
            _watch(settings, wanted, asker)
            return
        report = _sync(settings, wanted, progress=not as_json, asker=asker)
        if as_json:
            _print_json(asdict(report))
            return
        _report(report)


def _watch(settings: Settings, folders: list[Path], asker: Asker | None) -> None:
    """Sync now and after each change of the folders, until Ctrl+C."""
    from index.watch import Watch, keep_in_step

    def change() -> None:
        report = _sync(settings, folders, asker=asker)
        if report.added or report.changed or report.removed:
            _report(report)

    watch = Watch(folders)
    out.print(text("watching"))
    try:
        keep_in_step(change, watch, lambda error: err.print(Text(str(error), style="red")))
    except KeyboardInterrupt:
        watch.close()


def _report(report: Any) -> None:
    out.print(text("synced", documents=report.documents, chunks=report.chunks, seconds=round(report.seconds, 1)))
    for key in ("added", "changed", "removed"):
        names = getattr(report, key)
        if names:
            out.print(Text(text(f"synced_{key}", count=len(names), names="、".join(names))), soft_wrap=True)
    if report.unchanged:
        out.print(text("synced_unchanged", count=report.unchanged))
    for name, reason in report.quarantined:
        out.print(Text(text("synced_refused", name=name, reason=reason), style="yellow"), soft_wrap=True)
    if report.asked:
        out.print(text("synced_asked", count=report.asked))
    if report.unasked:
        left = text("synced_unasked", count=report.unasked, reason=report.model_failure)
        out.print(Text(left, style="yellow"), soft_wrap=True)


def _asker(settings: Settings, *, yes: bool) -> Asker:
    """How the model of the settings is asked about articles; on a terminal someone agrees to the cost first."""
    from index.doc_questions import Asker
    from index.llm.client import open_model

    config = settings.language_model
    if config is None:
        raise YoujuError(text("questions_need_model"))

    def agree(estimate: Estimate) -> bool:
        cost = text("questions_cost", cost=f"{estimate.cost:.2f}") if estimate.cost is not None else ""
        tokens = (f"{n:,}" for n in (estimate.tokens_in, estimate.tokens_out))
        told = dict(zip(("tokens_in", "tokens_out"), tokens, strict=True))
        err.print(text("questions_estimate", articles=estimate.articles, cost=cost, **told))
        return yes or not err.is_terminal or typer.confirm(text("questions_go_on"), err=True)

    prices = (settings.llm_price_in, settings.llm_price_out)
    return Asker(open_model(config), config.calls, config.seconds, prices, agree, err.is_terminal)


def _sync(settings: Settings, folders: list[Path], *, progress: bool = True, asker: Asker | None = None) -> Any:
    from index.embed import load_embedder
    from index.sync import sync as sync_library

    size = settings.max_file_mb * 1_000_000
    embedder = load_embedder(settings.embedder)
    shown = progress and err.is_terminal
    server = settings.servers.server()
    return sync_library(folders, settings.home, embedder, progress=shown, max_bytes=size, asker=asker, server=server)


@app.command()
def backup(
    file: Annotated[Path, typer.Argument(help="备份写到哪个文件，例如 youju.tar", dir_okay=False)],
    journal: Annotated[bool, typer.Option("--journal", help="连同凭据、评价和未答问题")] = False,
) -> None:
    """把现在的文件库备份成一个文件。"""
    with _sentences():
        from index.archive import backup as write_backup

        settings = load_settings()
        if journal and settings.journal_url:
            raise YoujuError(text("backup_journal_elsewhere"))
        beside = {name: path for name, path in _beside(settings, journal=journal).items() if path.exists()}
        with _progress(text("backing_up")) as tell:
            manifest = write_backup(settings.home, file, beside, tell)
        megabytes = round(file.stat().st_size / 1_000_000, 1)
        out.print(text("backed_up", generation=manifest.generation, documents=manifest.documents, megabytes=megabytes))


@app.command()
def restore(
    file: Annotated[Path, typer.Argument(help="备份文件", exists=True, dir_okay=False)],
    with_removed: Annotated[bool, typer.Option("--with-removed", help="连同备份之后已经删除的文件一起恢复")] = False,
) -> None:
    """从备份恢复文件库；现在的文件库在核对完备份以前保持不变。"""
    with _sentences():
        from index.archive import restore as read_backup
        from index.embed import load_embedder

        settings = load_settings()
        name = load_embedder(settings.embedder).name
        beside = _beside(settings, journal=settings.journal_url is None)
        with _progress(text("restoring")) as tell:
            server = settings.servers.server()
            done = read_backup(file, settings.home, name, beside, with_removed=with_removed, tell=tell, server=server)
        manifest = done.manifest
        out.print(text("restored", generation=manifest.generation, documents=manifest.documents - done.removed))
        if done.removed:
            out.print(text("restored_without", count=done.removed))
        if done.kept:
            out.print(text("restored_kept", names="、".join(done.kept)))


def _beside(settings: Settings, *, journal: bool) -> dict[str, Path]:
    """Where the files lie that a backup holds besides the library: what staff wrote into the home folder, and the journal."""
    from index import archive, overrides

    home = settings.home.resolve()
    found = {"overrides.toml": settings.documents_folder / overrides.NAME}
    if settings.lexicon is not None:
        found["lexicon.tsv"] = settings.lexicon
    found = {name: path for name, path in found.items() if path.resolve().is_relative_to(home)}
    return found | ({archive.JOURNAL: settings.home / archive.JOURNAL} if journal else {})


@contextmanager
def _progress(what: str) -> Iterator[Tell]:
    """A bar for what tells how far it is."""
    from rich.progress import Progress

    with Progress(console=err, transient=True, disable=not err.is_terminal) as bar:
        task = bar.add_task(what)
        yield lambda done, total: bar.update(task, completed=done, total=total)


@app.command()
def ask(
    question: Annotated[str, typer.Argument(help="问题")],
    place: Annotated[str, typer.Option(help="您在哪里，例如 永安市")] = "",
    on: Annotated[str, typer.Option(help="按哪天有效，例如 2026-11-21")] = "",
    as_json: AsJson = False,
) -> None:
    """回答一个问题。"""
    with _sentences():
        from bot.pages import BadInput, answer_json, day, place_of_visitor

        answerer = _shelf(load_settings()).answerer
        try:
            answer = answerer.ask(question, place=place_of_visitor(place, answerer.places), on=day(on))
        except BadInput as error:
            raise YoujuError(str(error)) from error
        if as_json:
            _print_json(answer_json(answer))
            return
        out.print(Text(answer.text), soft_wrap=True)
        for citation in answer.citations:
            out.print(Text(f"[{citation.label}] {_described(citation)}", style="dim"), soft_wrap=True)


def _described(citation: Citation) -> str:
    dates = "，".join(f"{name} {day}" for name, day in citation.dates)
    known = (citation.place, citation.doc_no, dates, citation.validity, *citation.remarks, citation.source)
    return f"{citation.title} {citation.path}（{'；'.join(x for x in known if x)}）"


@app.command()
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
    with _sentences():
        from bot.facets import Filters
        from bot.pages import BadInput, citation_json, day

        filters = Filters(place, kind, validity, year, department)
        try:
            found = _shelf(load_settings()).finder.search(query, filters, on=day(on))
        except BadInput as error:
            raise YoujuError(str(error)) from error
        if as_json:
            _print_json([citation_json(c) for c in found.sections])
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


@app.command()
def show(
    words: Annotated[list[str], typer.Argument(help="文号或标题，后面写条号或标题词，例如 第六条；不写时列出目录")],
    on: Annotated[str, typer.Option(help="按哪天有效，例如 2026-11-21")] = "",
) -> None:
    """按文号或标题显示一条原文。"""
    with _sentences():
        from bot.pages import BadInput, day

        try:
            lines = _shelf(load_settings()).finder.show(words[0], " ".join(words[1:]), on=day(on))
        except BadInput as error:
            raise YoujuError(str(error)) from error
        for line in lines:
            out.print(Text(line), soft_wrap=True)


@app.command()
def doctor(
    file: Annotated[Path | None, typer.Argument(help="要检查的文件", exists=True, dir_okay=False)] = None,
    *,
    llm: Annotated[bool, typer.Option("--llm", help="试一次设置里的语言模型")] = False,
) -> None:
    """说明一份文件修复了什么，还有什么缺损；或者试一次语言模型，说明它能做什么。"""
    with _sentences():
        settings = load_settings()
        if file is None and not llm:
            raise YoujuError(text("doctor_what"))
        if file is not None:
            from index.ingest import parse_apart

            for parsed in parse_apart(file.resolve(), max_bytes=settings.max_file_mb * 1_000_000):
                _diagnose(parsed)
        if llm:
            _try_model(settings)


def _try_model(settings: Settings) -> None:
    from bot.model_check import check_lines, check_model
    from index.llm.client import open_model

    config = settings.language_model
    if config is None:
        raise YoujuError(text("llm_unset"))
    with err.status(text("llm_trying")):
        lines = check_lines(check_model(open_model(config), seconds=config.seconds))
    for line in lines:
        out.print(Text(line), soft_wrap=True)


def _diagnose(parsed: ParsedDocument) -> None:
    from bot.document_view import excerpts, fix_label

    document = parsed.document
    out.rule(Text(document.title))
    repaired = [f for f in document.fixes if f.confidence != "damaged"]
    if repaired:
        table = Table("行", "修复", "把握", title=text("repairs", count=len(repaired)))
        for side in ("原来", "现在"):
            table.add_column(side, overflow="fold")
        for fix in repaired:
            sure = text(f"confidence_{fix.confidence}")
            table.add_row(str(fix.line), fix_label(fix.name), sure, *(Text(side) for side in excerpts(fix)))
        out.print(table)
    else:
        out.print(text("repairs_none"))
    left = [f"第 {f.line} 行：{excerpts(f)[0]}" for f in document.fixes if f.confidence == "damaged"]
    left += [f"{gap.what}（{gap.basis}）" for gap in document.gaps]
    if left:
        out.print(Text(text("doctor_left", count=len(left)), style="yellow"))
        out.print(Text("\n".join(left)), soft_wrap=True)


def _print_json(value: Any) -> None:
    typer.echo(json.dumps(value, ensure_ascii=False, indent=1))


def main() -> None:
    """Console entry."""
    app()


if __name__ == "__main__":
    main()
