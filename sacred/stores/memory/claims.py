"""The queue of a store in memory."""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterator, Sequence
from typing import Protocol

from sacred._base.run_ids import RunId
from sacred.stores.changes import Change
from sacred.stores.claims import LEASED, WAITING, Claims, QueueEntry, stale_attempt

__all__ = ["MemoryClaims"]


class _Store(Protocol):
    url: str
    lock: threading.RLock
    queue: dict[RunId, QueueEntry]

    def apply(self, run_id: RunId, changes: Sequence[Change]) -> None: ...

    def stored_status(self, run_id: RunId) -> str | None: ...


class MemoryClaims(Claims):
    """Entries in a dict, under the lock of the store.

    Args:
        store: the store of the runs.
    """

    def __init__(self, store: _Store) -> None:
        self.url = store.url
        self._store = store

    def entry(self, run_id: RunId) -> QueueEntry | None:
        """See `Claims.entry`."""
        return self._store.queue.get(run_id)

    def swap(
        self,
        before: QueueEntry | None,
        after: QueueEntry,
        changes: Sequence[Change] = (),
        unless: Collection[str] = (),
    ) -> bool:
        """See `Claims.swap`."""
        with self._store.lock:
            if self._store.queue.get(after.run_id) != before:
                return False
            if unless and self._store.stored_status(after.run_id) in unless:
                return False
            self._store.apply(after.run_id, changes)
            self._store.queue[after.run_id] = after
            return True

    def waiting(self) -> Iterator[QueueEntry]:
        """See `Claims.waiting`."""
        found = self.entries(WAITING)
        yield from sorted(found, key=lambda entry: (-entry.priority, entry.queue_time))

    def entries(self, state: str) -> list[QueueEntry]:
        """See `Claims.entries`."""
        with self._store.lock:
            return [entry for entry in self._store.queue.values() if entry.state == state]

    def apply(self, run_id: RunId, attempt: int, changes: Sequence[Change]) -> None:
        """See `Claims.apply`."""
        with self._store.lock:
            now = self._store.queue.get(run_id)
            if now is None or (now.state, now.attempt) != (LEASED, attempt):
                raise stale_attempt(run_id, attempt, self.url)
            self._store.apply(run_id, changes)
