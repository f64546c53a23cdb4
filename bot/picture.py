"""A small picture of the library, documents by place and year, as SVG; drawn once for each generation, when it is first looked at."""

from __future__ import annotations

import io
import threading
import warnings
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.messages import message
from bot.shelf import Shelf
from bot.site import answering
from index.records import PolicyDocument

ROWS, COLUMNS = 12, 16
_CELL = 0.42  # inches
# Colours that the drawing is made in; the file names them so that a page in dark colours has a dark picture.
_INK, _FILL = "#010203", "#040506"
_STYLE = (
    "<style>svg{--ink:#1f2a30;--fill:#1f6a4f}"
    "@media(prefers-color-scheme:dark){svg{--ink:#e4e7e6;--fill:#7cc7a6}}"
    "text{font-family:'PingFang SC','Microsoft YaHei','Noto Sans CJK SC','Noto Sans SC',system-ui,sans-serif!important}"
    "</style>"
)


@dataclass(frozen=True, slots=True)
class Grid:
    """How many documents there are of each place (rows) and year (columns), both as they are shown."""

    places: tuple[str, ...]
    years: tuple[str, ...]
    counts: dict[tuple[str, str], int]

    @property
    def totals(self) -> dict[str, int]:
        return {p: sum(n for (place, _), n in self.counts.items() if place == p) for p in self.places}


def grid(documents: Iterable[PolicyDocument]) -> Grid:
    """The `ROWS` places with the most documents and the last `COLUMNS` years; the others together, undated ones last."""
    found = [(d.place.full_name if d.place else message("picture_nowhere", file="page"), _year(d)) for d in documents]
    dated = [year for _, year in found if year]
    last, earliest = max(dated, default=0), min(dated, default=0)
    first = max(earliest, last - COLUMNS + 1)
    older, undated = message("picture_older", file="page"), message("picture_undated", file="page")
    known = sorted({*range(first, last + 1), *dated} - {0})
    names = {0: undated} | {year: str(year) if year >= first else older for year in known}
    years = tuple(dict.fromkeys(name for year, name in names.items() if year))
    ranked = [place for place, _ in Counter(place for place, _ in found).most_common()]
    shown = ranked if len(ranked) <= ROWS else ranked[: ROWS - 1]
    rest = message("picture_others", file="page", count=len(ranked) - len(shown))
    counts = Counter((p if p in shown else rest, names[year]) for p, year in found)
    places = (*shown, rest) if len(shown) < len(ranked) else tuple(shown)
    return Grid(places, years if len(dated) == len(found) else (*years, undated), dict(counts))


def _year(document: PolicyDocument) -> int:
    day = document.written or document.published or document.effective
    return day.year if day else 0


def described(documents: Iterable[PolicyDocument]) -> str:
    """The picture in words, for who does not see it."""
    found = grid(documents)
    totals = "，".join(f"{place} {count}" for place, count in found.totals.items())
    return message("picture_described", file="page", totals=totals)


def draw(found: Grid) -> str:
    """The grid as SVG whose text is text, in the reader's fonts and colours."""
    import matplotlib as mpl
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    left = 0.16 * max(map(len, found.places), default=1) + 0.2  # a Han character of 11 points is 0.153 inches wide
    width, height = left + _CELL * max(len(found.years), 1) + 0.7, _CELL * max(len(found.places), 1) + 0.5
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": "youju", "font.size": 11}), _without_font_warnings():
        figure = Figure(figsize=(width, height))
        FigureCanvasSVG(figure)
        axes = figure.add_axes((left / width, 0.02, 1 - (left + 0.7) / width, 1 - 0.5 / height - 0.02))
        _fill(axes, found)
        file = io.BytesIO()
        figure.savefig(file, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    return _styled(file.getvalue().decode("utf8"))


def _fill(axes: Any, found: Grid) -> None:
    from matplotlib.patches import Rectangle

    most = max(found.counts.values(), default=1)
    for (place, year), count in found.counts.items():
        x, y = found.years.index(year), found.places.index(place)
        strength = 0.08 + 0.27 * count / most  # the number over it stays readable
        axes.add_patch(Rectangle((x + 0.05, y + 0.05), 0.9, 0.9, facecolor=_FILL, alpha=strength, linewidth=0))
        axes.text(x + 0.5, y + 0.5, str(count), ha="center", va="center", color=_INK)
    for y, total in enumerate(found.totals.values()):
        axes.text(len(found.years) + 0.25, y + 0.5, str(total), ha="left", va="center", color=_INK, weight="bold")
    axes.set(xlim=(0, max(len(found.years), 1)), ylim=(max(len(found.places), 1), 0))
    axes.set_xticks([x + 0.5 for x in range(len(found.years))], found.years)
    axes.set_yticks([y + 0.5 for y in range(len(found.places))], found.places)
    axes.xaxis.tick_top()
    axes.tick_params(length=0, colors=_INK)
    axes.spines[:].set_visible(False)


@contextmanager
def _without_font_warnings() -> Iterator[None]:
    """Matplotlib measures with its own fonts and complains of each Han character; the reader's fonts show them."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph", category=UserWarning)
        yield


def _styled(svg: str) -> str:
    return svg.replace(_INK, "var(--ink)").replace(_FILL, "var(--fill)").replace("<defs>", f"{_STYLE}<defs>", 1)


def routes(shelf: Shelf) -> list[Route]:
    """The picture's address; the last one drawn is kept."""
    lock = threading.Lock()
    kept: dict[tuple[str, str], str] = {}

    def picture(_: Request) -> Response:
        answerer = shelf.answerer
        drawn_for = (answerer.info.generation, answerer.info.built)
        with lock:
            if drawn_for not in kept:
                kept.clear()
                kept[drawn_for] = draw(grid(answerer.library.documents()))
            return Response(kept[drawn_for], media_type="image/svg+xml", headers={"cache-control": "no-cache"})

    return [Route("/documents/picture.svg", answering(picture))]
