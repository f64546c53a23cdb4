"""Command lines of the evaluation: `--documents A B` as well as `--documents A --documents B`."""

from __future__ import annotations

from collections.abc import Sequence


def repeated(arguments: Sequence[str], option: str) -> list[str]:
    """Put `option` before each of its values, since typer reads one value an option.

    >>> repeated(["--documents", "a", "b", "--out", "c"], "--documents")
    ['--documents', 'a', '--documents', 'b', '--out', 'c']
    """
    spelled: list[str] = []
    current = ""
    for argument in arguments:
        if argument.startswith("--"):
            current = argument
            if argument != option:
                spelled.append(argument)
        else:
            spelled += [option, argument] if current == option else [argument]
    return spelled
