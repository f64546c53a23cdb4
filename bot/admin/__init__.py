"""The administration: pages for staff under /admin, closed unless a password is set (ADR 12)."""

from __future__ import annotations

from functools import partial

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.admin import corrections, library, review, uploads
from bot.admin.desk import make_desk
from bot.messages import message
from bot.shelf import Shelf
from bot.site import refusal, style

_READ, _WRITE, _BOTH = ["GET"], ["POST"], ["GET", "POST"]
_PAGES = (
    ("/admin", _READ, library.overview),
    ("/admin/files", _READ, library.files),
    ("/admin/remove", _BOTH, library.remove),
    ("/admin/put-back", _WRITE, library.put_back),
    ("/admin/sync", _WRITE, library.sync),
    ("/admin/progress", _READ, library.progress),
    ("/admin/generations", _BOTH, library.generations),
    ("/admin/upload", _WRITE, uploads.upload),
    ("/admin/check", _WRITE, uploads.check),
    ("/admin/staged", _READ, uploads.staged),
    ("/admin/preview", _READ, uploads.preview),
    ("/admin/admit", _WRITE, uploads.admit),
    ("/admin/discard", _WRITE, uploads.discard),
    ("/admin/correct", _BOTH, corrections.correction),
    ("/admin/feedback", _READ, review.feedback),
    ("/admin/questions", _BOTH, review.questions),
    ("/admin/lexicon", _BOTH, review.lexicon),
)


def routes(shelf: Shelf) -> list[Route]:
    """The administration's routes; without a password every one of them is as closed as any other address."""
    password = shelf.settings.admin_password
    if password is None:
        return [Route("/admin", _closed, methods=_BOTH), Route("/admin/{rest:path}", _closed, methods=_BOTH)]
    desk = make_desk(shelf, password.get_secret_value())
    door = desk.door
    return [
        Route("/admin/login", door.login, methods=_BOTH),
        Route("/admin/logout", door.inside(door.logout), methods=_WRITE),
        *(Route(path, door.inside(partial(handler, desk)), methods=methods) for path, methods, handler in _PAGES),
        Route("/admin.css", style("admin.css")),
        Route("/admin/{rest:path}", _closed, methods=_BOTH),
    ]


def _closed(request: Request) -> Response:
    return refusal(request, 404, message("closed_route"))
