"""Logs as lines of JSON, and errors by an id: what went wrong and where, never what was asked or by whom."""

from __future__ import annotations

import json
import logging
import secrets
import sys
import threading
import traceback
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

_OURS = ("youju", "index", "bot")
_ROOT = Path(__file__).resolve().parent.parent
_FRAMES = 12
_log = logging.getLogger("youju")


def report(error: BaseException, what: str, level: int = logging.ERROR) -> str:
    """Log an unexpected error and return its id, which the visitor is told. An error that was logged before keeps its id.

    Its kind and the places in the code that it went through are logged. Its message is not, as it may hold what was asked; at
    the level DEBUG it is.
    """
    known: str | None = getattr(error, "youju_id", None)
    if known is not None:
        return known
    error_id = secrets.token_hex(4)
    error.youju_id = error_id  # type: ignore[attr-defined]
    kind = type(error).__name__
    told = {"error_id": error_id, "kind": kind, "at": _places(error)}
    whole = error if _log.isEnabledFor(logging.DEBUG) else None
    _log.log(level, "%s: %s (%s)", what, kind, error_id, extra={"told": told}, exc_info=whole)
    return error_id


def note_request(route: str, method: str, status: int, seconds: float) -> None:
    """Log a request that is over, at the level INFO: no address, neither the visitor's nor the one that was asked for."""
    if _log.isEnabledFor(logging.INFO):
        told = {"route": route, "method": method, "status": status, "ms": round(seconds * 1000, 1)}
        _log.info("request", extra={"told": told})


def _places(error: BaseException) -> list[str]:
    """Where an error came through and what caused it, the innermost last, as `bot/errands.py:76 replies`."""
    places: list[str] = []
    cause: BaseException | None = error
    while cause is not None and len(places) < 5 * _FRAMES:
        frames = traceback.extract_tb(cause.__traceback__)[-_FRAMES:]
        places = [f"{_short(f.filename)}:{f.lineno} {f.name}" for f in frames] + places
        cause = cause.__cause__ or (None if cause.__suppress_context__ else cause.__context__)
        if cause is not None:
            places.insert(0, f"{type(cause).__name__}, from which came")
    return places


def _short(path: str) -> str:
    """A file by its place in the program or in its package: the folders above it are the operator's."""
    parts = Path(path).parts
    if "site-packages" in parts:
        return "/".join(parts[parts.index("site-packages") + 1 :])
    return Path(path).relative_to(_ROOT).as_posix() if Path(path).is_relative_to(_ROOT) else Path(path).name


class Lines(logging.Formatter):
    """A record as one line of JSON. Of other packages' records the sentence stands without what it was filled in with."""

    def format(self, record: logging.LogRecord) -> str:
        ours = record.name.partition(".")[0] in _OURS
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage() if ours else str(record.msg),
            **getattr(record, "told", {}),
        }
        if record.exc_info and record.exc_info[1] is not None:
            error = record.exc_info[1]
            line |= {"kind": type(error).__name__, "at": _places(error)}
            if _log.isEnabledFor(logging.DEBUG):
                line["error"] = str(error)
        return json.dumps(line, ensure_ascii=False)


def set_up(level: str = "WARNING") -> None:
    """Send every record to standard error as a line of JSON: ours from `level` on, other packages' from WARNING on.

    Called once the server is up, since it sets its own loggers up when it starts.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Lines())
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    for name in _OURS:
        logging.getLogger(name).setLevel(level)
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True
    logging.captureWarnings(True)
    threading.excepthook = _thread_failed


def _thread_failed(failed: threading.ExceptHookArgs) -> None:
    if failed.exc_value is not None:
        report(failed.exc_value, "a thread failed")
