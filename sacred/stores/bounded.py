"""A deadline around the calls of a store whose server may stop answering.

A server that is stopped, or swapped out, still has a kernel that acknowledges what it is sent, so
no timeout of a connection helps. Here each call has a thread of its own; a call that does not
return in time is abandoned, and the server counts as absent. The store gets no other call until
that one returns, so changes stay in order; all of them may be applied again.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from sacred._base.deferred_thread import helper_thread
from sacred._base.run_ids import RunId
from sacred.stores.changes import AddFile, Change, SourceFile, WriteOutput
from sacred.stores.store import Store, StoreUnavailableError

__all__ = ["BoundedStore", "bounded"]

_T = TypeVar("_T")

# Bytes per second: what a slow network carries at least.
_LEAST_RATE = 100_000
# The start of a run may wait for others that start, as long as the store's own limits let it.
_MORE_SECONDS_TO_START = 60.0


def bounded(store: Store) -> Store:
    """Return a store whose calls have deadlines; the store itself, if it is on this machine."""
    return store if store.answer_seconds is None else BoundedStore(store, store.answer_seconds)


class _Call:
    """One call in a thread of its own, which nobody has to wait for."""

    def __init__(self, function: Callable[[], Any]) -> None:
        self._function = function
        self.ended = threading.Event()
        self.result: Any = None
        self.error: BaseException | None = None
        # Clients of buckets start programs that know the credentials.
        helper_thread(self._run, "sacred-store", starts_processes=True).start()

    def _run(self) -> None:
        try:
            self.result = self._function()
        except BaseException as error:
            self.error = error
        finally:
            self.ended.set()


class BoundedStore(Store):
    """Writes to another store, and waits only a limited time for its answers.

    Args:
        store: the store.
        seconds: the time limit of a call; long contents get more.
    """

    def __init__(self, store: Store, seconds: float) -> None:
        self.url = store.url
        self.supports_output_append = store.supports_output_append
        self.supports_details = store.supports_details
        self._store = store
        self._seconds = seconds
        self._unfinished: _Call | None = None
        self._process = os.getpid()

    def create(
        self, run_id: RunId | None, document: Mapping[str, Any], files: Sequence[SourceFile]
    ) -> RunId:
        """See `Store.create`."""
        seconds = self._seconds + _MORE_SECONDS_TO_START + _transfer_seconds(files)
        return self._call(lambda: self._store.create(run_id, document, files), seconds)

    def apply(self, run_id: RunId, changes: Sequence[Change]) -> None:
        """See `Store.apply`."""
        # A copy: the caller goes on with his after the deadline.
        changes = tuple(changes)
        seconds = self._seconds + _transfer_seconds(changes)
        self._call(lambda: self._store.apply(run_id, changes), seconds)

    def highest_id(self) -> int | None:
        """See `Store.highest_id`."""
        return self._call(self._store.highest_id, self._seconds)

    def discard(self, run_id: RunId) -> None:
        """See `Store.discard`."""
        self._call(lambda: self._store.discard(run_id), self._seconds)

    def remove(self, run_id: RunId) -> None:
        """See `Store.remove`."""
        self._call(lambda: self._store.remove(run_id), self._seconds)

    def check(self, change: Change) -> None:
        """See `Store.check`; it does not ask the server."""
        self._store.check(change)

    def is_unreachable(self, error: BaseException) -> bool:
        """See `Store.is_unreachable`."""
        return self._store.is_unreachable(error)

    def check_reachable(self, within: float) -> None:
        """See `Store.check_reachable`."""
        self._settle(within)
        self._call(lambda: self._store.check_reachable(within), within + self._seconds)

    def _call(self, function: Callable[[], _T], seconds: float) -> _T:
        self._settle(0)
        call = _Call(function)
        try:
            ended = call.ended.wait(seconds)
        except BaseException:  # Ctrl-C: the call goes on, and must not be overtaken
            self._unfinished = call
            raise
        if not ended:
            self._unfinished = call
            raise self._silence(seconds)
        if call.error is not None:
            raise call.error
        result: _T = call.result
        return result

    def _settle(self, seconds: float) -> None:
        """Wait for a call that has been given up.

        Raises:
            StoreUnavailableError: it has not returned by then.
        """
        if self._process != os.getpid():
            self._process, self._unfinished = os.getpid(), None  # its thread is the parent's
        if self._unfinished is not None:
            if not self._unfinished.ended.wait(seconds):
                raise self._silence(self._seconds)
            self._unfinished = None

    def _silence(self, seconds: float) -> StoreUnavailableError:
        return StoreUnavailableError(f"{self.url} has not answered for {seconds:.0f} seconds")

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_unfinished": None}


def _transfer_seconds(contents: Sequence[Change | SourceFile]) -> float:
    """How long a slow network may take for these contents."""
    return sum(map(_size, contents)) / _LEAST_RATE


def _size(content: Change | SourceFile) -> int:
    if isinstance(content, WriteOutput):
        return len(content.text)
    if isinstance(content, AddFile | SourceFile):
        try:
            return os.path.getsize(content.path)
        except OSError:
            return 0
    return 0
