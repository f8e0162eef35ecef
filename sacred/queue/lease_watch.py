"""Which leases have expired, without comparing the clocks of two machines."""

from __future__ import annotations

import time
from collections.abc import Callable

from sacred._base.run_ids import RunId
from sacred.status import is_gone
from sacred.stores.claims import QueueEntry

__all__ = ["LeaseWatch"]


class LeaseWatch:
    """Knows how long it has seen each lease unchanged, on its own clock.

    Args:
        clock: returns seconds, and is never set back.

    >>> from sacred.stores.claims import LEASED, Lease
    >>> seconds = iter([0.0, 50.0, 70.0])
    >>> watch = LeaseWatch(clock=lambda: next(seconds))
    >>> lease = Lease(worker="w", host="elsewhere", process=None, seconds=60.0)
    >>> entry = QueueEntry(run_id=1, state=LEASED, attempt=1, lease=lease)
    >>> [watch.is_expired(entry) for _ in range(3)]
    [False, False, True]
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._seen: dict[RunId, tuple[tuple[int, int], float]] = {}

    def is_expired(self, entry: QueueEntry, age: float | None = None) -> bool:
        """Whether a lease has not been renewed for its whole length, or its process has ended.

        Args:
            entry: the entry as just read.
            age: seconds since it was renewed, if that is known; None: as `silent_seconds` says.
        """
        if entry.lease is None or is_gone(entry.lease.process):
            return True
        silent = self.silent_seconds(entry) if age is None else age
        return silent > entry.lease.seconds

    def silent_seconds(self, entry: QueueEntry) -> float:
        """Return for how many seconds a lease has been seen unchanged; 0 the first time.

        Args:
            entry: the entry as just read, leased.
        """
        now, state = self._clock(), (entry.attempt, entry.lease.beat if entry.lease else 0)
        known = self._seen.get(entry.run_id)
        if known is None or known[0] != state:
            self._seen[entry.run_id] = state, now
            return 0.0
        return now - known[1]
