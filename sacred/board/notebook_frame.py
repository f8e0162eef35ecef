"""The board in a notebook: a server in a thread, and the frame that shows its page."""

from __future__ import annotations

import html
import threading
import time
from collections.abc import Iterable, Mapping
from types import TracebackType

import uvicorn

from sacred._base.deferred_thread import helper_thread
from sacred.board.access import new_token
from sacred.board.application import app
from sacred.board.serving import free_socket, new_server
from sacred.runs import RunStore
from sacred.stores.store import Store

__all__ = ["BoardFrame", "show"]

_FIRST_PORT = 8050
_START_SECONDS = 10.0
#: Where notebooks are served. Cookies come along where frame and notebook have the same host.
_NOTEBOOKS = ("http://localhost:*", "https://localhost:*", "http://127.0.0.1:*")


class BoardFrame:
    """A board that is served until it is closed or the process ends; notebooks display it.

    Attributes:
        url: the URL for a browser on this machine.
        height: the height of the frame in pixels.
    """

    def __init__(self, server: uvicorn.Server, thread: threading.Thread, url: str, height: int):
        self._server = server
        self._thread = thread
        self.url = url
        self.height = height

    def __repr__(self) -> str:
        return f"<board at {self.url}>"

    def _repr_html_(self) -> str:
        url = html.escape(self.url, quote=True)
        return (
            f'<iframe src="{url}" title="sacred board" width="100%" height="{self.height}" '
            f'style="border: 1px solid #8884; border-radius: 6px"></iframe>'
            f'<a href="{url}" target="_blank" rel="noopener">Open the board by itself</a>'
        )

    def close(self) -> None:
        """Stop the server; the frame then shows nothing."""
        self._server.should_exit = True
        self._thread.join(_START_SECONDS)

    def __enter__(self) -> BoardFrame:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


def show(
    stores: str
    | Store
    | RunStore
    | Mapping[str, str | Store | RunStore]
    | Iterable[str | Store | RunStore] = "runs",
    *,
    height: int = 720,
    read_only: bool = False,
) -> BoardFrame:
    """Show the board in a notebook.

    A thread that ends with the process serves it to this machine only. The frame works if the
    notebook is open at ``localhost``; elsewhere, its link still works.

    Args:
        stores: a URL or a store, or several, as for `app`.
        height: the height of the frame in pixels.
        read_only: whether to leave out everything that makes changes.

    Returns:
        a frame that notebooks display.

    Raises:
        StoreAddressError: a URL is not the URL of a store.
        RuntimeError: the server does not start.
    """
    several = [stores] if isinstance(stores, str | Store | RunStore) else stores
    token = new_token()
    application = app(several, token=token, read_only=read_only, frame_ancestors=_NOTEBOOKS)
    listening = free_socket("127.0.0.1", _FIRST_PORT)
    server = new_server(application)
    thread = helper_thread(lambda: server.run(sockets=[listening]), "sacred-board")
    url = f"http://localhost:{listening.getsockname()[1]}/?token={token}"
    thread.start()
    deadline = time.monotonic() + _START_SECONDS
    while not server.started:
        if not thread.is_alive() or time.monotonic() > deadline:
            raise RuntimeError("the board's server does not start")
        time.sleep(0.01)
    return BoardFrame(server, thread, url, height)
