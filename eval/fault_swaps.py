"""What questions outlive: another process publishes generations while they are asked."""

from __future__ import annotations

import shutil
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import quantiles
from typing import TYPE_CHECKING

from bot.settings import SAMPLE_DOCUMENTS, Settings
from eval.fault_builds import Row, build
from index.embed import Embedder

if TYPE_CHECKING:
    from bot.shelf import Shelf

_FIRST = 100  # 元
_NOTICE = "某县教育局关于班主任津贴的通知\n各中小学：\n一、标准\n（一）津贴标准。班主任津贴每人每月{amount}元，由县财政局按月发放。\n某县教育局\n2024年12月1日\n"
_ASKED = (
    ("某县班主任津贴每人每月多少元", None),
    ("学校午休可以收费吗", "60元"),
    ("德清县随迁子女什么时候报名", "2026年6月20日"),
)


def swaps(work: Path, _: Embedder, questions: int = 10_000, builds: int = 10) -> Iterator[Row]:
    """Requirement 4: questions to a running shelf while another process publishes generations."""
    from bot.shelf import Shelf

    home, documents = work / "swaps", work / "documents-swaps"
    shutil.copytree(SAMPLE_DOCUMENTS, documents)
    notice = documents / "津贴.txt"
    notice.write_text(_NOTICE.format(amount=_FIRST), encoding="utf8")
    build(home, documents)
    shelf = Shelf(Settings(home=home, documents=documents))
    newest = [_FIRST]
    idle = _asked(shelf, 600, newest)[2]

    def publish() -> None:
        for amount in range(_FIRST + 1, _FIRST + 1 + builds):
            notice.write_text(_NOTICE.format(amount=amount), encoding="utf8")
            newest.append(amount)
            build(home, documents)
            deadline = time.monotonic() + 60
            while _served(shelf) != amount and time.monotonic() < deadline:
                time.sleep(0.1)

    builder = threading.Thread(target=publish)
    builder.start()
    count, wrong, errors, during, after = 0, 0, 0, list[float](), list[float]()
    while builder.is_alive() or count < questions:
        times = during if builder.is_alive() else after
        found = _asked(shelf, 60, newest)
        count, wrong, errors = count + 60, wrong + found[0], errors + found[1]
        times += found[2]
    builder.join()
    p95, calm = _p95(during), _p95(idle)
    reached = (
        f"{count} over {_served(shelf) - _FIRST} swaps: {wrong} wrong, {errors} errors; p95 {p95:.0f} ms while building"
    )
    yield Row(
        "4 questions during swaps",
        "≥ 10,000 over ≥ 10: 0 wrong, 0 errors; p95 ≤ 3× idle",
        f"{reached} ({len(during)} questions), {calm:.0f} ms idle ({p95 / calm:.1f}×)",
    )


def _served(shelf: Shelf) -> int:
    """The amount in the generation that is served: each one tells the next."""
    return int(shelf.answerer.info.generation) - 1 + _FIRST


def _asked(shelf: Shelf, count: int, newest: Sequence[int]) -> tuple[int, int, list[float]]:
    """Ask so many questions: how many were answered wrongly, how many failed, milliseconds each.

    Right is what was served when a question began, or anything that was published before it ended.
    """
    wrong, errors, times = 0, 0, list[float]()
    for number in range(count):
        question, expected = _ASKED[number % len(_ASKED)]
        low, began = _served(shelf), time.perf_counter()
        try:
            answer = shelf.answerer.ask(question).text
        except Exception as error:
            print(f"error: {error!r}", file=sys.stderr)
            errors += 1
            continue
        times.append((time.perf_counter() - began) * 1000)
        right = expected in answer if expected else any(f"{n}元" in answer for n in range(low, newest[-1] + 1))
        if not right:
            print(f"wrong: {question} {answer!r}", file=sys.stderr)
        wrong += not right
    return wrong, errors, times


def _p95(times: Sequence[float]) -> float:
    return quantiles(times, n=20)[18]
