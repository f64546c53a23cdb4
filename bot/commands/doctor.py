"""The command that examines: what was repaired in a file, what a language model can do."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table
from rich.text import Text

from bot.commands.console import err, out, sentences, text
from bot.settings import Settings, load_settings
from index.errors import YoujuError

if TYPE_CHECKING:
    from index.records import ParsedDocument


def doctor(
    file: Annotated[Path | None, typer.Argument(help="要检查的文件", exists=True, dir_okay=False)] = None,
    *,
    llm: Annotated[bool, typer.Option("--llm", help="试一次设置里的语言模型")] = False,
) -> None:
    """说明一份文件修复了什么，还有什么缺损；或者试一次语言模型，说明它能做什么。"""
    with sentences():
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
