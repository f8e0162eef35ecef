"""Access to the board: host names, origins of pages, tokens."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Collection
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from sacred._base.frozen import Frozen
from sacred.board.problem_details import Problem, response_to

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

__all__ = ["LOOPBACK_NAMES", "AccessControl", "Tokens", "new_token"]

#: What a machine calls itself; behind ``ssh -L``, at any port.
LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})
_UNSAFE_METHODS = frozenset({"POST", "PUT", "PATCH", "DELETE"})
_API = "/api/"


def new_token() -> str:
    """Return a token that nobody can guess."""
    return secrets.token_urlsafe(24)


class Tokens(Frozen):
    """The tokens for the API.

    Args:
        full: the token for reading and writing; None if no token is needed.
        read: the token for reading only, or None.
    """

    full: str | None = None
    read: str | None = None

    def permits(self, given: str, writing: bool) -> bool:
        """Return whether a token allows a request.

        Args:
            given: the token of a request.
            writing: whether the request changes something.
        """
        if self.full is None or _equal(given, self.full):
            return True
        return not writing and self.read is not None and _equal(given, self.read)


class AccessControl:
    """Middleware that refuses requests for other hosts, from other pages, and without a token.

    ``/?token=TOKEN`` stores the token in a cookie that scripts cannot read, and redirects to the
    page. The page itself has no data and needs no token.

    Args:
        app: the application behind it.
        tokens: the tokens for the API.
        hosts: host names of this server that requests may use, in addition to the loopback ones.
        base_path: the path where the application is mounted, without a trailing slash.
    """

    def __init__(
        self, app: ASGIApp, tokens: Tokens, hosts: Collection[str] = (), base_path: str = ""
    ) -> None:
        self._app = app
        self._tokens = tokens
        self._hosts = LOOPBACK_NAMES.union(host.lower() for host in hosts)
        self._base_path = base_path
        # Browsers send cookies to all ports of a host: two boards must not share a name.
        self._cookie = f"sacred-board-{secrets.token_hex(6)}"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        try:
            self._check_host(request)
            response = self._login(request)
            if response is None and _API in scope["path"]:
                self._check_origin(request)
                self._check_token(request)
        except Problem as problem:
            response = response_to(problem)
        await (self._app if response is None else response)(scope, receive, send)

    def _check_host(self, request: Request) -> None:
        """Refuse names that lead here by somebody else's DNS (rebinding)."""
        host = _host_name(request.headers.get("host", ""))
        if host not in self._hosts:
            raise Problem(
                403, f"this board is not called {host!r}; --allowed-host {host} lets it be"
            )

    def _check_origin(self, request: Request) -> None:
        """Refuse requests that the page of another site makes."""
        origin = request.headers.get("origin")
        if origin is not None and urlsplit(origin).netloc != request.headers.get("host"):
            raise Problem(403, f"requests of pages of {origin} are not served")
        if origin is None and request.headers.get("sec-fetch-site") in ("cross-site", "same-site"):
            raise Problem(403, "requests of pages of other sites are not served")

    def _check_token(self, request: Request) -> None:
        scheme, _, given = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            given = request.cookies.get(self._cookie, "")
        writing = request.method in _UNSAFE_METHODS
        if self._tokens.permits(given, writing):
            return
        if writing and self._tokens.permits(given, writing=False):
            raise Problem(403, "with this token, the board can only be read")
        raise Problem(
            401, "open the address with a token that `sacred board` has printed when it started"
        )

    def _login(self, request: Request) -> Response | None:
        """Make a cookie of the token in an address, and lead to the address without it."""
        given = request.query_params.get("token")
        if given is None or request.method != "GET" or _API in request.scope["path"]:
            return None
        if not self._tokens.permits(given, writing=False):
            raise Problem(
                403,
                "this token is not that of this board, which may have been started anew; open "
                "the address that `sacred board` has printed",
            )
        # A path of its own only: two slashes in front would lead to another site.
        path = "/" + request.scope["path"].lstrip("/\\")
        response = RedirectResponse(path, status_code=303)
        response.set_cookie(
            self._cookie,
            given,
            httponly=True,
            samesite="strict",
            path=f"{self._base_path}/",
        )
        return response


def _equal(given: str, wanted: str) -> bool:
    return hmac.compare_digest(given.encode(), wanted.encode())


def _host_name(header: str) -> str:
    """The name in a Host header, without its port.

    >>> _host_name("LocalHost:8050"), _host_name("[::1]:8050"), _host_name("a@b")
    ('localhost', '::1', '')
    """
    try:
        split = urlsplit(f"//{header}")
        return "" if "@" in header else (split.hostname or "")
    except ValueError:
        return ""
