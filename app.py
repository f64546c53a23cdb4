"""Youju's command line and composition root: serve (default), and the commands of bot.commands."""

from __future__ import annotations

from functools import partial
from typing import Annotated

import typer

from bot.commands.asking import ask, find, show
from bot.commands.console import open_shelf, out, sentences, text
from bot.commands.doctor import doctor
from bot.commands.keeping import backup, restore, sync
from bot.settings import load_settings
from index.errors import YoujuError

app = typer.Typer(add_completion=False, help="有据：用原文回答教育政策问题，每句话注明出处。")
for command in (sync, ask, find, show, doctor, backup, restore):
    app.command()(command)


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
    with sentences():
        settings = load_settings()
        shelf = open_shelf(settings)
        from bot.chat import serve as serve_page
        from bot.logs import set_up
        from bot.receipts import save_receipt

        where = host or settings.host, port or settings.port
        try:
            demo = serve_page(shelf, host=where[0], port=where[1], keep=partial(save_receipt, shelf))
        except OSError as error:
            raise YoujuError(text("port_taken", port=where[1])) from error
        set_up(settings.log_level)
        shelf.warm()
        out.print(text("serving", url=f"http://{where[0]}:{where[1]}/"))
        demo.block_thread()


def main() -> None:
    """Console entry."""
    app()


if __name__ == "__main__":
    main()
