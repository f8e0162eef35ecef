"""Leases and workers, as seen by somebody who looks now and then."""

from __future__ import annotations

import collections
import threading
import time

from sacred.queue.lease_watch import LeaseWatch
from sacred.stores.claims import Lease, QueueEntry

__all__ = ["QueueWatch"]

#: How long workers without runs are remembered, in seconds.
_REMEMBERED_SECONDS = 3600.0


class QueueWatch:
    """Knows which leases were renewed, and by which workers; clocks are not compared."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._leases: dict[str, LeaseWatch] = collections.defaultdict(LeaseWatch)
        self._workers: dict[tuple[str, str], tuple[Lease, float]] = {}

    def look(self, store: str, entry: QueueEntry, age: float | None) -> tuple[float, bool]:
        """Return for how many seconds a lease has been silent, and whether it has expired.

        Args:
            store: the key of the store.
            entry: a leased entry, as just read.
            age: seconds since it was renewed, by the clock of its store; None: the store has none.
        """
        with self._lock:
            watch = self._leases[store]
            silent = watch.silent_seconds(entry) if age is None else age
            is_expired = watch.is_expired(entry, silent)
            if entry.lease is not None and not is_expired:
                self._workers[store, entry.lease.worker] = entry.lease, time.monotonic() - silent
            return silent, is_expired

    def workers(self, store: str) -> list[tuple[Lease, float]]:
        """Return the workers that had runs when somebody looked, with the seconds since then.

        Args:
            store: the key of the store.
        """
        now = time.monotonic()
        with self._lock:
            for key, (_, seen) in list(self._workers.items()):
                if now - seen > _REMEMBERED_SECONDS:
                    del self._workers[key]
            return [
                (lease, now - seen) for (key, _), (lease, seen) in self._workers.items()
                if key == store
            ]  # fmt: skip
