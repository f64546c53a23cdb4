"""Who a visitor is behind a reverse proxy: its word is taken only if the settings name it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any, cast

from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from bot.asgi import App, Receive, Scope, Send

# The server itself would believe every program on this machine.
os.environ["FORWARDED_ALLOW_IPS"] = ""
_SAID = (b"forwarded", b"x-forwarded-", b"x-real-ip", b"x-gradio-server")


class Proxies:
    """Sets a request's client and scheme by the headers of a trusted proxy; from anybody else those headers are dropped.

    `trusted`: addresses and networks. Of several proxies in a row the nearest address that is none of theirs is the client, so
    what a visitor claims in the header counts for nothing.
    """

    def __init__(self, app: App, trusted: Sequence[str] = ()) -> None:
        self._app = app
        self._behind = ProxyHeadersMiddleware(cast("Any", app), trusted_hosts=list(trusted))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and (scope.get("client") or ("",))[0] not in self._behind.trusted_hosts:
            headers = [h for h in scope["headers"] if not h[0].startswith(_SAID)]
            await self._app({**scope, "headers": headers}, receive, send)
        else:
            await self._behind(cast("Any", scope), cast("Any", receive), cast("Any", send))
