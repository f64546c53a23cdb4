"""Pages that are pictures: read line by line, with how sure each reading is; a figure that is not sure is taken out.

Only importer of rapidocr, whose models lie in its package (extra `ocr`): nothing is fetched.
"""

from __future__ import annotations

import re
import tomllib
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from index.apart import Limits
from index.records import RECOGNISED, Fix

Picture = NDArray[np.uint8]
LOST = "□"
SCANNED = "PDF 的页面是图片，没有可用的文字，请放入 Word 原件，或安装扫描识别组件（youju[ocr]）后重新运行 sync。"
UNREAD = "PDF 的页面是图片，文字识别没有认出文字，请放入更清楚的扫描件或 Word 原件。"
# A figure as it is read: digits with what joins them, or a Chinese numeral; letters that look like digits beside them.
_FIGURE = re.compile(
    r"[\dOoIl|]*\d[\dOoIl|]*(?:[.．,，:：/／\-—–~～][\dOoIl|]*\d[\dOoIl|]*)*\s?[%％‰]?|[〇零一二两三四五六七八九十百千万亿]+"
)


@dataclass(frozen=True, slots=True)
class ReadLine:
    """A line of a picture: where it is in pixels, and how sure (0–1) each character of its text was read."""

    text: str
    sure: tuple[float, ...]
    left: float
    top: float
    right: float
    bottom: float


@dataclass(frozen=True, slots=True)
class Reading:
    """How surely a printed line was read, and the figures that were taken out of it, each as read with how sure that was."""

    sure: float
    doubts: tuple[tuple[str, float], ...] = ()


class Recogniser(ABC):
    """Reads the lines of text in a picture, from top to bottom."""

    @abstractmethod
    def lines(self, picture: Picture) -> Sequence[ReadLine]:
        """`picture` has the shape (height, width, 3)."""


class RapidRecogniser(Recogniser):
    """PP-OCR models run by onnxruntime, on one core."""

    def lines(self, picture: Picture) -> Sequence[ReadLine]:
        found = _engine()(picture, return_word_box=True, return_single_char_box=True)
        if not found.txts:
            return []
        each = zip(found.txts, found.scores, found.boxes, found.word_results, strict=True)
        return [_line(text, float(score), box, marks) for text, score, box, marks in each]


def installed() -> bool:
    """Whether pages that are pictures can be read here."""
    return find_spec("rapidocr") is not None and find_spec("onnxruntime") is not None


@cache
def settings() -> dict[str, dict[str, Any]]:
    """The tables of `scan.toml`."""
    return tomllib.loads(Path(__file__).with_name("scan.toml").read_text(encoding="utf8"))


def limits() -> Limits:
    """What reading one file of pictures may take."""
    return Limits(**settings()["limits"])


def rows(lines: Sequence[ReadLine]) -> list[ReadLine]:
    """Printed lines: what stands at one height becomes one line, parted by blanks (the cells of a table)."""
    found: list[list[ReadLine]] = []
    for line in sorted(lines, key=lambda line: (line.top + line.bottom, line.left)):
        last = found[-1][-1] if found else None
        if last is not None and min(last.bottom, line.bottom) - max(last.top, line.top) > 0.5 * (
            line.bottom - line.top
        ):
            found[-1].append(line)
        else:
            found.append([line])
    return [_joined(sorted(row, key=lambda line: line.left)) for row in found]


def without_doubtful(line: ReadLine) -> tuple[str, Reading]:
    """The text with each figure that is not surely read as boxes, and how it was read.

    >>> without_doubtful(ReadLine("每人600元，共80人", (1,) * 3 + (0.5,) + (1,) * 6, 0, 0, 9, 1))
    ('每人□□□元，共80人', Reading(sure=0.95, doubts=(('600', 0.5),)))
    """
    least = settings()["sure"]
    sure = float(np.mean(line.sure)) if line.sure else 0.0
    pieces, doubts, at = [], [], 0
    for match in _FIGURE.finditer(line.text):
        weakest = min(line.sure[match.start() : match.end()])
        if weakest < least["figure"] or sure < least["line"]:
            pieces += [line.text[at : match.start()], LOST * len(match[0])]
            doubts.append((match[0], round(min(weakest, sure), 3)))
            at = match.end()
    return "".join([*pieces, line.text[at:]]), Reading(sure, tuple(doubts))


@cache
def _engine() -> Any:
    """The recogniser, loaded once a process."""
    from rapidocr import RapidOCR

    return RapidOCR(
        params={
            "Global.use_cls": False,  # pages are upright
            "Global.text_score": 0.0,  # what is read badly is reported, not dropped
            "Global.max_side_len": settings()["page"]["longest"],
            "Global.log_level": "error",
            "Det.limit_type": "max",
            "Det.limit_side_len": 1280,  # more takes twice the memory and finds no more
            "Det.box_thresh": 0.3,  # faint lines too
            "Rec.rec_batch_num": 1,
            "EngineConfig.onnxruntime.intra_op_num_threads": 1,
            "EngineConfig.onnxruntime.inter_op_num_threads": 1,
        }
    )


def _line(text: str, score: float, box: Any, marks: Sequence[tuple[str, float, Any]]) -> ReadLine:
    """One line of the engine's; it gives no sureness for blanks, and in rare cases not for every character."""
    left, top = (float(v) for v in np.min(box, axis=0))
    right, bottom = (float(v) for v in np.max(box, axis=0))
    given = iter([float(sure) for _, sure, _ in marks])
    visible = sum(not c.isspace() for c in text)
    whole = visible == len(marks)
    sure = tuple(next(given) if whole and not c.isspace() else score for c in text)
    return ReadLine(text, sure, left, top, right, bottom)


def _joined(row: Sequence[ReadLine]) -> ReadLine:
    text, sure = row[0].text, row[0].sure
    for _, part in pairwise(row):
        text, sure = f"{text} {part.text}", (*sure, 1.0, *part.sure)
    edges = (min(p.left for p in row), min(p.top for p in row), max(p.right for p in row), max(p.bottom for p in row))
    return ReadLine(text, sure, *edges)


def told(number: int, text: str, readings: Sequence[Reading]) -> Iterator[Fix]:
    """What is to be known of line `number`, a paragraph made of printed lines: how surely it was read, and what was not."""
    if not readings:
        return
    sure = min(reading.sure for reading in readings)
    yield Fix(RECOGNISED, number, f"扫描件，把握 {sure:.0%}", text, "inferred")
    doubts = [f"{figure}（把握 {own:.0%}）" for reading in readings for figure, own in reading.doubts]
    if doubts:
        yield Fix("unsure_figure", number, "、".join(doubts), text, "damaged")
    if sure < settings()["sure"]["line"]:
        yield Fix("unsure_line", number, f"{text[:16]}（把握 {sure:.0%}）", text, "damaged")
