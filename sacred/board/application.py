"""The ASGI application: the page, the API, and access to them."""

from __future__ import annotations

import contextlib
import os
from collections.abc import AsyncIterator, Collection, Iterable, Mapping
from typing import TYPE_CHECKING
from urllib.parse import unquote

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from sacred.board.access import AccessControl, Tokens
from sacred.board.api.context import Board
from sacred.board.api.openapi import openapi_document
from sacred.board.api.operations import SLASH, endpoint_of
from sacred.board.api.routes import OPERATIONS
from sacred.board.api.view_file import ViewFile
from sacred.board.opened_stores import open_stores
from sacred.board.page_files import page_routes
from sacred.board.problem_details import Problem, response_to
from sacred.board.security_headers import SecurityHeaders
from sacred.board.tensorboard_servers import TensorBoardServers
from sacred.queue.launching import Launcher
from sacred.runs import RunStore
from sacred.stores.store import Store

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

__all__ = ["app"]

_API = "/api/v1"


def app(
    stores: Mapping[str, str | Store | RunStore] | Iterable[str | Store | RunStore],
    *,
    token: str | None = None,
    read_token: str | None = None,
    read_only: bool = False,
    allowed_hosts: Collection[str] = (),
    views: str | os.PathLike[str] | None = None,
    base_path: str = "",
    frame_ancestors: Collection[str] = (),
    launcher: Launcher | None = None,
    tensorboard: bool = False,
) -> Starlette:
    """Return the board as an ASGI application, to serve or to mount in another one.

    Args:
        stores: URLs or stores, or a mapping of these from the names to show.
        token: the token for the API; None if the surrounding application controls access.
        read_token: another token, which does not allow changes.
        read_only: whether to leave out everything that makes changes.
        allowed_hosts: names of this server besides ``localhost`` and ``127.0.0.1``; requests
            for others are refused.
        views: the file for named views (default: they stay in browsers).
        base_path: the path where it is mounted, such as ``/board``, for its cookie.
        frame_ancestors: sources of pages that may show it in a frame, besides its own.
        launcher: queues runs for the launch form; None if there is no form. It needs a token.
        tensorboard: whether a click may start TensorBoard for the log directories of a run, on
            this machine. This needs a token.

    Raises:
        ValueError: a launcher or TensorBoard without a token, or a launcher on a board that can
            only be read.
        StoreAddressError: a URL is not the URL of a store.
    """
    if launcher is not None and (token is None or read_only):
        raise ValueError("who launches runs needs a token that may write")
    if tensorboard and token is None:
        raise ValueError("who starts TensorBoard needs a token")
    servers = TensorBoardServers() if tensorboard else None
    board = Board(open_stores(stores), read_only, ViewFile(views), launcher, servers)

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        yield
        board.close()

    tokens = Tokens(full=token, read=read_token)
    return Starlette(
        routes=[*_api_routes(board), *page_routes()],
        middleware=[
            Middleware(SecurityHeaders, frame_ancestors=frame_ancestors),
            Middleware(_KeepSlashes),
            Middleware(AccessControl, tokens=tokens, hosts=allowed_hosts, base_path=base_path),
        ],
        exception_handlers={HTTPException: _refuse},
        lifespan=lifespan,
    )


def _api_routes(board: Board) -> list[BaseRoute]:
    served = [
        op
        for op in OPERATIONS
        if not (board.read_only and op.is_writing)
        and not (board.launcher is None and op.is_launching)
    ]
    document = openapi_document(served)

    async def describe(_: Request) -> Response:
        return JSONResponse(document)

    routes: list[BaseRoute] = [Route(f"{_API}/openapi.json", describe, methods=["GET"])]
    for operation in served:
        endpoint = endpoint_of(operation, board)
        routes.append(Route(f"{_API}{operation.path}", endpoint, methods=[operation.method]))
    return routes


async def _refuse(request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        return response_to(error)
    what = {404: f"there is nothing at {request.url.path}", 405: "not with this method"}
    return response_to(Problem(error.status_code, what.get(error.status_code, error.detail)))


class _KeepSlashes:
    """Middleware for slashes within a part of a path: ``%2F`` in the id of a run is none."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        raw = scope.get("raw_path", b"")
        if scope["type"] == "http" and b"%2f" in raw.lower():
            text = raw.decode("ascii", errors="replace").partition("?")[0]
            kept = text.replace("%2F", SLASH).replace("%2f", SLASH)
            scope = {**scope, "path": unquote(kept)}
        await self._app(scope, receive, send)
