"""Numbered events about changes in the stores, for open pages."""

from __future__ import annotations

import asyncio
import collections
import contextlib
import threading
from collections.abc import AsyncIterator, Iterable, Mapping

from sacred.board.api.watching import StoreChange, Watcher
from sacred.board.opened_stores import BoardStore, run_key
from sacred.records import RunId

__all__ = ["ChangeFeed", "edited"]

#: So many events are kept for pages that come back.
_MAX_KEPT = 500
#: Seconds after which something is sent, so that whoever is gone is noticed.
_MAX_SILENCE = 15.0

_Event = tuple[int, str, str]


class ChangeFeed:
    """Numbers events, keeps the last ones, and passes them to all listeners.

    Args:
        stores: the stores of the board.
    """

    def __init__(self, stores: Mapping[str, BoardStore]) -> None:
        self._lock = threading.Lock()
        self._kept: collections.deque[_Event] = collections.deque(maxlen=_MAX_KEPT)
        self._last = 0
        self._listeners: dict[asyncio.Queue[_Event], asyncio.AbstractEventLoop] = {}
        self._watcher = Watcher(stores, self.publish)

    def publish(self, change: StoreChange) -> None:
        """Pass a change to all listeners, from any thread.

        Args:
            change: of a store.
        """
        self._send("change", change.to_json())

    def reset(self) -> None:
        """Tell all listeners that anything may have changed, from any thread."""
        self._send("reset", "{}")

    def _send(self, kind: str, data: str) -> None:
        with self._lock:
            self._last += 1
            event = (self._last, kind, data)
            self._kept.append(event)
            for queue, loop in self._listeners.items():
                # A loop that has ended has nobody to tell.
                with contextlib.suppress(RuntimeError):
                    loop.call_soon_threadsafe(queue.put_nowait, event)

    async def listen(self, after: int | None) -> AsyncIterator[str]:
        """Yield events as strings, until nobody reads them any more.

        Args:
            after: the number of the last known event; None to start now. If later events have been
                dropped, an event ``reset`` comes first.
        """
        queue: asyncio.Queue[_Event] = asyncio.Queue()
        with self._lock:
            missed = self._missed(after)
            self._listeners[queue] = asyncio.get_running_loop()
            self._watcher.start()
        try:
            for event in missed:
                yield _text(event)
            while True:
                try:
                    yield _text(await asyncio.wait_for(queue.get(), _MAX_SILENCE))
                except TimeoutError:
                    yield ": nothing new\n\n"
        finally:
            with self._lock:
                del self._listeners[queue]
                if not self._listeners:
                    self._watcher.pause()

    def close(self) -> None:
        """Stop the thread that watches the stores."""
        self._watcher.close()

    def _missed(self, after: int | None) -> list[_Event]:
        if after is None or after == self._last:
            # Whoever has just come knows where it is.
            return [(self._last, "hello", "{}")]
        first = self._kept[0][0] if self._kept else self._last + 1
        if after > self._last or after + 1 < first:
            return [(self._last, "reset", "{}")]
        return [event for event in self._kept if event[0] > after]


def _text(event: _Event) -> str:
    number, kind, data = event
    return f"id: {number}\nevent: {kind}\ndata: {data}\n\n"


def edited(store: str, ids: Iterable[RunId]) -> StoreChange:
    """Return the change for an edit on the board.

    Args:
        store: the key of the store.
        ids: the ids of the runs.
    """
    return StoreChange(store=store, changed=tuple(map(run_key, ids)))
