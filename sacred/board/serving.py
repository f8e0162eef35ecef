"""A server of its own for the board."""

from __future__ import annotations

import errno
import socket
from collections.abc import Callable, Mapping
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.routing import Mount

from sacred.board.access import LOOPBACK_NAMES
from sacred.board.application import app
from sacred.runs import RunStore
from sacred.runs.errors import UsageError

__all__ = ["board_below", "free_socket", "is_loopback", "new_server", "serve"]

#: So many ports are tried, from the one that is asked for.
_MAX_PORTS = 50
_BACKLOG = 128


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach a host.

    >>> is_loopback("127.0.0.1"), is_loopback("0.0.0.0")
    (True, False)
    """
    return host.lower() in LOOPBACK_NAMES or host.startswith("127.")


def free_socket(host: str, port: int) -> socket.socket:
    """Return a socket that listens at a port, or at the next one that is free.

    Args:
        host: the name or address of this machine.
        port: the first port to try; 0 for any.

    Raises:
        UsageError: it is not a port, or not an address of this machine.
        OSError: no port is free.
    """
    if not 0 <= port < 1 << 16:
        raise UsageError(f"a port is a number from 0 to 65535, not {port}")
    try:
        family, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except OSError as error:
        raise UsageError(f"--host {host}: {error.strerror}") from None
    last = min(port + _MAX_PORTS, 1 << 16)
    for tried in range(port, last):
        listening = socket.socket(family, socket.SOCK_STREAM)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind((address[0], tried, *address[2:]))
            listening.listen(_BACKLOG)
        except OSError as error:
            listening.close()
            if error.errno in (errno.EADDRINUSE, errno.EACCES):
                continue
            raise UsageError(f"--host {host}: {error.strerror}") from None
        return listening
    raise UsageError(f"no port from {port} to {last - 1} is free on {host}; --port 0 takes any")


def board_below(base_path: str, stores: Mapping[str, RunStore], **options: Any) -> Starlette:
    """Return the application of a board that is served below a path.

    Args:
        base_path: the path, without a trailing slash; empty for the root.
        stores: the stores by the names to show.
        options: the options of `sacred.board.app`.
    """
    board = app(stores, base_path=base_path, **options)
    return Starlette(routes=[Mount(base_path, board)]) if base_path else board


def new_server(application: Starlette) -> uvicorn.Server:
    """Return a server for a board, which is not started yet.

    Args:
        application: the application.
    """
    config = uvicorn.Config(
        application,
        # Its own configuration would enable loggers that were disabled.
        log_config=None,
        log_level="warning",
        access_log=False,
        server_header=False,
        ws="none",
        # Streams of events never end by themselves.
        timeout_graceful_shutdown=1,
    )
    return uvicorn.Server(config)


def serve(application: Starlette, listening: socket.socket, ready: Callable[[], None]) -> None:
    """Serve an application until Ctrl-C, or a signal to end.

    Args:
        application: the application.
        listening: the socket where it is served.
        ready: called when the server is ready, or almost.
    """
    # Whoever asks before the server has started waits in the queue of the socket.
    ready()
    try:
        new_server(application).run(sockets=[listening])
    except KeyboardInterrupt:
        pass  # that is how a board ends
    finally:
        listening.close()
