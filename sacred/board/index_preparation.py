"""The first index of a large store is built in the background, while its newest runs are shown."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable

from sacred._base.deferred_thread import helper_thread
from sacred.runs import RunStore
from sacred.stores.store import StoreError

__all__ = ["IndexPreparation"]

#: Seconds that the first question waits: to bring an index up to date takes less.
_PATIENCE = 1.0


class IndexPreparation:
    """Brings the index of a store up to date in a thread of its own.

    Args:
        runs: the runs of the store.
    """

    def __init__(self, runs: RunStore) -> None:
        self._runs = runs
        self._ready = threading.Event()
        self._lock = threading.Lock()
        self._is_begun = self._is_late = False
        self._tell: Callable[[], None] | None = None

    def is_ready(self) -> bool:
        """Return whether queries are answered at once; the first call waits a moment for that."""
        with self._lock:
            is_first, self._is_begun = not self._is_begun, True
        if is_first:
            helper_thread(self._prepare, "sacred-board-index").start()
        is_ready = self._ready.wait(_PATIENCE if is_first else 0)
        self._is_late = self._is_late or not is_ready
        return is_ready

    def when_late(self, tell: Callable[[], None]) -> None:
        """Call a function when the index is ready, if building it took long.

        Args:
            tell: called without arguments, from another thread.
        """
        self._tell = tell

    def _prepare(self) -> None:
        # What is wrong with the store, whoever asks it is told.
        with contextlib.suppress(StoreError, OSError):
            if self._runs.index is not None:
                # The least question that the index has to be up to date for.
                self._runs.runs("status = FAILED", limit=1).first()
        self._ready.set()
        if self._is_late and self._tell is not None:
            self._tell()
