"""The door to the administration: one password, throttled; signed sessions; a token in every form (the only importer of itsdangerous)."""

from __future__ import annotations

import secrets
import time
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from itsdangerous import BadSignature, TimestampSigner
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from bot.messages import message
from bot.site import BadInput, page, same_origin
from index.errors import YoujuError

COOKIE, SESSION_SECONDS = "youju_admin", 8 * 3600
FAILURES, FAILURES_OF_ALL, WINDOW = 5, 30, 60.0  # wrong passwords of one client, and of all, in so many seconds
FILES, FIELDS, FIELD_BYTES = 200, 1000, 1_000_000
Endpoint = Callable[[Request], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Visit:
    """A request of somebody who may be here, with its form and the token for the forms of the next page."""

    request: Request
    form: FormData
    token: str

    def field(self, name: str) -> str:
        """A text field of the form, or of the address, empty where there is none."""
        value = self.form.get(name) if self.request.method == "POST" else self.request.query_params.get(name)
        return value if isinstance(value, str) else ""

    def fields(self, name: str) -> list[str]:
        return [v for v in self.form.getlist(name) if isinstance(v, str)]

    def files(self, name: str) -> list[UploadFile]:
        return [v for v in self.form.getlist(name) if isinstance(v, UploadFile) and v.filename]

    def page(self, name: str, status: int = 200, **variables: Any) -> Response:
        """A page of the administration; nothing of it is kept by the browser."""
        shown = page(f"admin/{name}.html", status, texts="admin", token=self.token, **variables)
        shown.headers["cache-control"] = "no-store"
        return shown


class Throttle:
    """Refuses further passwords after `FAILURES` wrong ones of a client, or many of all, within `WINDOW` seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._wrong: deque[tuple[float, str]] = deque(maxlen=FAILURES_OF_ALL)

    def allows(self, client: str) -> bool:
        begin = self._clock() - WINDOW
        recent = [who for when, who in self._wrong if when > begin]
        return len(recent) < FAILURES_OF_ALL and recent.count(client) < FAILURES

    def failed(self, client: str) -> None:
        self._wrong.append((self._clock(), client))


class Sessions:
    """Sessions as signed cookies, under a key that lives as long as the server; those that were ended stay ended."""

    def __init__(self, seconds: int = SESSION_SECONDS) -> None:
        key = secrets.token_bytes(32)
        self._cookies, self._tokens = (TimestampSigner(key, salt=salt) for salt in ("session", "form"))
        self._seconds = seconds
        self._ended: deque[str] = deque(maxlen=10_000)

    def open(self, kind: str) -> str:
        """The cookie of a new session; `kind` is `staff`, or `guest` for who looks at the login page."""
        return self._cookies.sign(f"{kind}:{secrets.token_urlsafe(18)}").decode()

    def of(self, cookie: str, kind: str) -> str | None:
        """The session of a cookie, None for one that is forged, over or of another kind."""
        try:
            session = self._cookies.unsign(cookie, max_age=self._seconds).decode()
        except (BadSignature, UnicodeDecodeError):
            return None
        return session if session.startswith(f"{kind}:") and session not in self._ended else None

    def end(self, session: str) -> None:
        self._ended.append(session)

    def token(self, session: str) -> str:
        return self._tokens.sign(session).decode()

    def is_token(self, session: str, token: str) -> bool:
        try:
            return self._tokens.unsign(token, max_age=self._seconds).decode() == session
        except (BadSignature, UnicodeDecodeError):
            return False


class Door:
    """Lets in who knows the password, and hands handlers only visits of those."""

    def __init__(self, password: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._password = password.encode()
        self._throttle = Throttle(clock)
        self._sessions = Sessions()

    def inside(self, handler: Callable[[Visit], Response]) -> Endpoint:
        """A route for staff: others are sent to the login page, a form needs our origin and its token."""

        async def endpoint(request: Request) -> Response:
            session = self._sessions.of(request.cookies.get(COOKIE, ""), "staff")
            if session is None and request.method != "POST":
                return RedirectResponse("/admin/login", 303)
            visit, refusal = await self._visit(request, session)
            try:
                if refusal:
                    return visit.page("refused", 403, sentence=message(refusal, file="admin"))
                return await run_in_threadpool(handler, visit)
            except BadInput as error:
                return visit.page("refused", 400, sentence=str(error))
            except YoujuError as error:
                return visit.page("refused", 503, sentence=str(error))
            finally:
                await visit.form.close()

        return endpoint

    async def login(self, request: Request) -> Response:
        """The login page and its form."""
        cookie = request.cookies.get(COOKIE, "")
        if request.method != "POST":
            inside = self._sessions.of(cookie, "staff") is not None
            return RedirectResponse("/admin", 303) if inside else self._login_page(request, "")
        session = self._sessions.of(cookie, "guest")
        visit, refusal = await self._visit(request, session)
        if refusal:
            return self._login_page(request, refusal, 403)
        client = request.client.host if request.client else ""
        if not self._throttle.allows(client):
            return self._login_page(request, "login_throttled", 429)
        if not secrets.compare_digest(visit.field("password").encode(), self._password):
            self._throttle.failed(client)
            return self._login_page(request, "login_wrong", 403)
        return self._with_cookie(request, RedirectResponse("/admin", 303), self._sessions.open("staff"))

    def logout(self, visit: Visit) -> Response:
        session = self._sessions.of(visit.request.cookies.get(COOKIE, ""), "staff")
        if session is not None:
            self._sessions.end(session)
        left = RedirectResponse("/admin/login", 303)
        left.delete_cookie(COOKIE, path="/admin")
        return left

    async def _visit(self, request: Request, session: str | None) -> tuple[Visit, str]:
        """The visit, and the key of the sentence why its form is refused; the body is read only of who may send one."""
        visit = Visit(request, FormData(), self._sessions.token(session) if session else "")
        if request.method != "POST":
            return visit, ""
        if session is None or not same_origin(request):
            return visit, "session_over" if session is None else "foreign_form"
        try:
            form = await request.form(max_files=FILES, max_fields=FIELDS, max_part_size=FIELD_BYTES)
        except HTTPException:
            return visit, "form_unreadable"
        visit = Visit(request, form, visit.token)
        return visit, "" if self._sessions.is_token(session, visit.field("token")) else "foreign_form"

    def _login_page(self, request: Request, key: str, status: int = 200) -> Response:
        cookie = request.cookies.get(COOKIE, "")
        session = self._sessions.of(cookie, "guest")
        if session is None:
            cookie = self._sessions.open("guest")
            session = self._sessions.of(cookie, "guest") or ""
        visit = Visit(request, FormData(), self._sessions.token(session))
        said = message(key, file="admin") if key else ""
        return self._with_cookie(request, visit.page("login", status, sentence=said), cookie)

    def _with_cookie(self, request: Request, response: Response, cookie: str) -> Response:
        secure = request.url.scheme == "https"
        response.set_cookie(
            COOKIE, cookie, max_age=SESSION_SECONDS, path="/admin", httponly=True, samesite="strict", secure=secure
        )
        return response


def chosen(names: Sequence[str], offered: Sequence[str]) -> list[str]:
    """Those names that were offered, so that a form cannot name anything else."""
    return [name for name in dict.fromkeys(names) if name in offered]
