"""What visitors think of answers: POST /api/feedback from our own pages only, kept without anything that names them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bot.kept import REASONS, Feedback
from bot.messages import message
from bot.privacy import for_keeping
from bot.shelf import Shelf
from bot.site import BadInput, same_origin
from index.errors import YoujuError

REMARK_CAP = 500


def reason_label(reason: str) -> str:
    """One of `REASONS` in words."""
    return message(f"reason_{reason}", file="receipt")


def save_feedback(shelf: Shelf, receipt: str, *, good: bool, reasons: Sequence[str] = (), remark: str = "") -> None:
    """Keep what a visitor thinks of the answer of a receipt; a second thought takes the place of the first.

    Raises `BadInput` for reasons that are none of `REASONS`, a remark over `REMARK_CAP` or a receipt that is not there, and
    `JournalError` where it cannot be kept.
    """
    if not set(reasons) <= set(REASONS) or len(remark) > REMARK_CAP:
        raise BadInput(message("feedback_wrong", file="receipt"))
    unique = tuple(r for r in REASONS if r in reasons)
    given = Feedback(receipt, datetime.now(UTC), good, unique, for_keeping(remark))
    if not shelf.journal.add_feedback(given):
        raise BadInput(message("no_receipt", file="receipt", days=shelf.journal.days))


def routes(shelf: Shelf) -> list[Route]:
    """The route for scripts of our pages: `{"receipt", "verdict": "up" | "down", "reason", "remark"}` as JSON, the last two optional."""

    async def feedback(request: Request) -> Response:
        kind = request.headers.get("content-type", "").partition(";")[0].strip()
        if kind != "application/json" or not same_origin(request):  # no form of another site can send JSON
            return JSONResponse({"error": message("feedback_refused", file="receipt")}, 403)
        try:
            values = _values(await request.body())
            await run_in_threadpool(save_feedback, shelf, values.pop("receipt"), **values)
        except BadInput as error:
            return JSONResponse({"error": str(error)}, 400)
        except YoujuError as error:
            return JSONResponse({"error": str(error)}, 503)
        return JSONResponse({"said": message("feedback_thanks", file="receipt")})

    return [Route("/api/feedback", feedback, methods=["POST"])]


def _values(body: bytes) -> dict[str, Any]:
    """The arguments of `save_feedback` out of a request. Raises `BadInput` for anything else."""
    try:
        sent = json.loads(body)
        receipt, verdict = sent["receipt"], sent["verdict"]
        reason, remark = sent.get("reason", ""), sent.get("remark", "")
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise BadInput(message("feedback_wrong", file="receipt")) from error
    if verdict not in ("up", "down") or not all(isinstance(v, str) for v in (receipt, reason, remark)):
        raise BadInput(message("feedback_wrong", file="receipt"))
    return {"receipt": receipt, "good": verdict == "up", "reasons": [reason] if reason else [], "remark": remark}
