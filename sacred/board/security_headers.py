"""What browsers may do with responses of the board: nothing stored is executed, nothing leaves."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from starlette.datastructures import MutableHeaders

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ["DOCUMENT_POLICY", "PAGE_POLICY", "STORED_POLICY", "SecurityHeaders"]

#: Of the page: scripts, styles and requests of this server only, and none that stand in the page.
PAGE_POLICY = (
    "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'self'"
)
#: Of stored files, whatever they are: no scripts, no requests, an origin of their own.
STORED_POLICY = (
    "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; media-src 'self'; "
    "frame-ancestors 'self'"
)

#: Of PDF files, which viewers of browsers show apart from the page, but in no sandbox.
DOCUMENT_POLICY = "script-src 'none'; connect-src 'none'; frame-ancestors 'self'"

_HEADERS = {
    "Content-Security-Policy": PAGE_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}


class SecurityHeaders:
    """Middleware that adds the headers to every response that does not have its own.

    Args:
        app: the application behind it.
        frame_ancestors: sources of pages that may show the page in a frame, besides its own.
    """

    def __init__(self, app: ASGIApp, frame_ancestors: Collection[str] = ()) -> None:
        self._app = app
        own = "frame-ancestors 'self'"
        policy = PAGE_POLICY.replace(own, " ".join([own, *frame_ancestors]))
        self._headers = {**_HEADERS, "Content-Security-Policy": policy}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, send_with_headers)
