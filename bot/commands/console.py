"""What the commands of the terminal share: where they print, their texts, errors as sentences, the library they ask."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.text import Text

from bot.messages import message
from bot.settings import Settings
from index.errors import NoLibrary, YoujuError

if TYPE_CHECKING:
    from bot.shelf import Shelf

out, err = Console(highlight=False), Console(stderr=True, highlight=False)
AsJson = Annotated[bool, typer.Option("--json", help="输出 JSON")]


def text(key: str, **variables: Any) -> str:
    """A text of the page and the command line."""
    return message(key, file="page", **variables)


@contextmanager
def sentences() -> Iterator[None]:
    """Show an error as its sentence and end with exit code 1."""
    try:
        yield
    except YoujuError as error:
        err.print(Text(str(error), style="red"))
        raise typer.Exit(1) from error


def open_shelf(settings: Settings) -> Shelf:
    """The library for questions, built first where there is none."""
    from bot.commands.keeping import bring_up_to_date
    from bot.shelf import Shelf
    from index.generation import current

    try:
        current(settings.home)
    except NoLibrary:
        err.print(text("building"))
        bring_up_to_date(settings, [settings.documents_folder])
    with err.status(text("loading")):
        return Shelf(settings)


def print_json(value: Any) -> None:
    typer.echo(json.dumps(value, ensure_ascii=False, indent=1))
