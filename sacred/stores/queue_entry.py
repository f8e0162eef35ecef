"""What the queue of a store knows about a run: its state, its attempts, and its lease."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sacred._base.clock import utcnow
from sacred._base.frozen import Frozen, fields_of, replace
from sacred._base.run_ids import RunId

__all__ = ["DONE", "HELD", "LEASED", "WAITING", "Lease", "QueueEntry"]

WAITING, HELD, LEASED, DONE = "waiting", "held", "leased", "done"


class Lease(Frozen):
    """Which worker has a run, and how long that holds without a renewal.

    Args:
        worker: the unique name of the worker.
        host: name of its machine.
        process: token of its process (`sacred.status.process_token`), if there is one.
        seconds: how long the lease holds after the last renewal.
        beat: number of renewals.
        by_hand: whether somebody has resumed the run by hand, so no worker continues it.
    """

    worker: str
    host: str
    process: str | None
    seconds: float
    beat: int = 0
    by_hand: bool = False


class QueueEntry(Frozen):
    """What the queue knows about a run.

    Args:
        run_id: of the run.
        state: ``waiting``, ``held``, ``leased`` or ``done``.
        attempt: number of the last attempt, 0 before the first one.
        version: number of changes of this entry.
        priority: a higher one comes first.
        queue_time: when it was queued, in ISO 8601; with equal priorities, the earlier comes first.
        lost: the number of attempts that were lost with their worker or process.
        lease: of the current attempt, or of the last one.
        attempts: one mapping for each attempt: ``attempt``, ``worker``, ``start``, ``end``,
            ``status``.
    """

    run_id: RunId
    state: str
    attempt: int = 0
    version: int = 0
    priority: float = 0.0
    queue_time: str = ""
    lost: int = 0
    lease: Lease | None = None
    attempts: tuple[Mapping[str, Any], ...] = ()

    def plain(self) -> dict[str, Any]:
        """Return the entry as plain data, without the id."""
        fields = {name: value for name, value in fields_of(self).items() if name != "run_id"}
        lease = None if self.lease is None else dict(fields_of(self.lease))
        return {**fields, "lease": lease, "attempts": [dict(item) for item in self.attempts]}

    @classmethod
    def of_plain(cls, run_id: RunId, fields: Mapping[str, Any]) -> QueueEntry:
        """Return the entry that `plain` has made.

        Args:
            run_id: of the run.
            fields: plain data.
        """
        known = {name: value for name, value in fields.items() if name in cls._fields}
        if known.get("lease") is not None:
            lease = known["lease"]
            known["lease"] = Lease(**{n: value for n, value in lease.items() if n in Lease._fields})
        known["attempts"] = tuple(known.get("attempts") or ())
        return cls(**{**known, "run_id": run_id})

    def next(self, **changes: Any) -> QueueEntry:
        """Return the entry after a change.

        Args:
            **changes: new values of fields.
        """
        return replace(self, version=self.version + 1, **changes)

    def leased_to(self, lease: Lease) -> QueueEntry:
        """Return the entry with a new attempt, which begins now.

        Args:
            lease: of the worker.
        """
        number = self.attempt + 1
        begun = {
            "attempt": number,
            "worker": lease.worker,
            "host": lease.host,
            "start": utcnow().isoformat(),
        }
        attempts = (*self.attempts, begun)
        return self.next(state=LEASED, attempt=number, lease=lease, attempts=attempts)

    def ended(self, status: str | None) -> tuple[Mapping[str, Any], ...]:
        """Return the attempts, of which the last one ends now, unless it has ended before.

        Args:
            status: how it ended; None: as the record says.
        """
        if not self.attempts or self.attempts[-1].get("end"):
            return self.attempts
        last = {**self.attempts[-1], "end": utcnow().isoformat()}
        return (*self.attempts[:-1], {**last, "status": status} if status else last)
