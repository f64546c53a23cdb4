"""Commands that keep the library: sync, watch, backup, restore."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.text import Text

from bot.commands.console import AsJson, err, out, print_json, sentences, text
from bot.settings import Settings, load_settings
from index.errors import YoujuError

if TYPE_CHECKING:
    from index.archive import Tell
    from index.doc_questions import Asker, Estimate


def sync(
    folders: Annotated[list[Path] | None, typer.Argument(help="文件所在的文件夹，不写时用设置里的")] = None,
    watch: Annotated[bool, typer.Option("--watch", help="一直运行，文件夹一有变化就更新")] = False,
    as_json: AsJson = False,
    *,
    questions: Annotated[bool, typer.Option("--questions", help="由语言模型为每条写问法和提要，供检索")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="不问费用，直接开始")] = False,
) -> None:
    """让文件库与文件夹一致：增、改、删，并说明哪些文件没有收。"""
    with sentences():
        settings = load_settings()
        wanted = folders or [settings.documents_folder]
        asker = _asker(settings, yes=yes) if questions or settings.llm_index else None
        if watch:
            _watch(settings, wanted, asker)
            return
        report = bring_up_to_date(settings, wanted, progress=not as_json, asker=asker)
        if as_json:
            print_json(asdict(report))
            return
        _report(report)


def _watch(settings: Settings, folders: list[Path], asker: Asker | None) -> None:
    """Sync now and after each change of the folders, until Ctrl+C."""
    from index.watch import Watch, keep_in_step

    def change() -> None:
        report = bring_up_to_date(settings, folders, asker=asker)
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


def bring_up_to_date(
    settings: Settings, folders: list[Path], *, progress: bool = True, asker: Asker | None = None
) -> Any:
    from index.embed import load_embedder
    from index.sync import sync as sync_library

    size = settings.max_file_mb * 1_000_000
    embedder = load_embedder(settings.embedder)
    shown = progress and err.is_terminal
    server = settings.servers.server()
    return sync_library(folders, settings.home, embedder, progress=shown, max_bytes=size, asker=asker, server=server)


def backup(
    file: Annotated[Path, typer.Argument(help="备份写到哪个文件，例如 youju.tar", dir_okay=False)],
    journal: Annotated[bool, typer.Option("--journal", help="连同凭据、评价和未答问题")] = False,
) -> None:
    """把现在的文件库备份成一个文件。"""
    with sentences():
        from index.archive import backup as write_backup

        settings = load_settings()
        if journal and settings.journal_url:
            raise YoujuError(text("backup_journal_elsewhere"))
        beside = {name: path for name, path in _beside(settings, journal=journal).items() if path.exists()}
        with _progress(text("backing_up")) as tell:
            manifest = write_backup(settings.home, file, beside, tell)
        megabytes = round(file.stat().st_size / 1_000_000, 1)
        out.print(text("backed_up", generation=manifest.generation, documents=manifest.documents, megabytes=megabytes))


def restore(
    file: Annotated[Path, typer.Argument(help="备份文件", exists=True, dir_okay=False)],
    with_removed: Annotated[bool, typer.Option("--with-removed", help="连同备份之后已经删除的文件一起恢复")] = False,
) -> None:
    """从备份恢复文件库；现在的文件库在核对完备份以前保持不变。"""
    with sentences():
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
