"""What stays broken: reported, never guessed."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from index.records import Fix
from index.repair.gbk_shift import shifted_runs
from index.repair.lost_marks import ends_in_stops
from index.repair.lost_runs import balanced, readings

_GLUED_PERIOD = re.compile(r"(?<!\d)20\d\d20\d\d年")
GLUED_RANGE = re.compile(r"(?<![\d.])(?:12|23|34|45)(?=[项种门])")
_GLUED_DATE = re.compile(r"((?:19|20)\d\d)(\d{2,3})日?")
_FINISHED = re.compile(r"[。！？；：，、”’）》】…|]$")


def find_damage(text: str, source: str = "") -> list[Fix]:
    """Lines of repaired text that are known to be broken still, each as `Fix(confidence="damaged")`.

    `source` is the unrepaired page, line for line: it shows which boxes (□) stand for lost characters, where an empty
    bracket was dropped, and whether the page loses dashes between figures.

    >>> [(f.name, f.line) for f in find_damage("高职院校“□+2”\\n启动阶段", "高职院?!?+2”\\n启动阶段(")]
    [('lost_character', 1), ('lost_span', 2)]
    """
    lines = text.split("\n")
    before = source.split("\n") if source else lines
    loses_dashes = bool(_GLUED_PERIOD.search(source or text))
    stops = ends_in_stops(lines)
    found = []
    for n, (line, old) in enumerate(zip(lines, before, strict=True), 1):
        for name, holds in _SIGNS:
            if holds(line, old):
                found.append((n, name))
        if loses_dashes and GLUED_RANGE.search(line):
            found.append((n, "lost_dash"))
        if stops and "。" in line and not _FINISHED.search(line.strip()) and not shifted_runs(line):
            found.append((n, "cut_off"))
    found += [(n, "unbalanced") for n in _unbalanced(lines)]
    return [Fix(name, n, lines[n - 1], lines[n - 1], "damaged") for n, name in sorted(found)]


def _shifted(line: str, _old: str) -> bool:
    return bool(shifted_runs(line))


def _lost_character(line: str, old: str) -> bool:
    return line.count("□") > old.count("□")


def _lost_span(line: str, old: str) -> bool:
    return bool(line) and old.rstrip().endswith(("(", "（")) and not line.endswith("（")


def _glued_date(line: str, _old: str) -> bool:
    match = _GLUED_DATE.fullmatch(line.strip())
    return bool(match and readings(match[1], match[2]))


_SIGNS: tuple[tuple[str, Callable[[str, str], bool]], ...] = (
    ("byte_shift", _shifted),
    ("lost_character", _lost_character),
    ("lost_span", _lost_span),
    ("glued_date", _glued_date),
)


def _unbalanced(lines: list[str]) -> Iterator[int]:
    """Numbers of lines whose brackets balance neither alone nor together with a neighbour's."""
    odd = {n for n, line in enumerate(lines, 1) if not balanced(re.sub("[“”]", "", line))}
    filled = [n for n, line in enumerate(lines, 1) if line.strip()]
    for before, n in zip([0, *filled], filled, strict=False):
        if before in odd and n in odd and balanced(re.sub("[“”]", "", lines[before - 1] + lines[n - 1])):
            odd -= {before, n}
    return iter(sorted(odd))
