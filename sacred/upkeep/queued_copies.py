"""Copies of queued runs: only the workers of one store run a queued run."""

from __future__ import annotations

import contextlib
import datetime
from collections.abc import Mapping
from typing import Any

from sacred.records import RunId, RunRecord
from sacred.runs import RunStore
from sacred.status import ACTIVE, CANCELLED, QUEUED
from sacred.stores.changes import Annotate
from sacred.stores.claims import HELD, LEASED, WAITING, Claims, claims_of
from sacred.stores.store import QueueUnsupportedError

__all__ = ["QueuedRuns"]

#: The entry of ``meta`` that says where a run waits instead. The run continues there: what is left
#: here does not update its copy.
MOVED_TO = "moved_to"


class QueuedRuns:
    """Decides what becomes of queued runs of one store that are copied to another.

    Args:
        source: where the runs are.
        target: where they go.
        move: whether they wait in the target from now on.

    Raises:
        QueueUnsupportedError: they are to be moved, and the target cannot be a queue.
    """

    def __init__(self, source: RunStore, target: RunStore, *, move: bool) -> None:
        self._target = claims_of(target.backend) if move else None
        self._target_store, self._source_store = target, source
        self._source: Claims | None = None
        with contextlib.suppress(QueueUnsupportedError):  # no worker takes its runs
            self._source = claims_of(source.backend)

    def is_kept(self, record: RunRecord) -> bool:
        """Return whether a run stays where it is because a worker has it; hold it if it is waiting.

        Args:
            record: the run, which is to be copied.
        """
        if self._target is None or record.stored("status") not in ACTIVE:
            return False
        state = self._state(record)
        if state == WAITING and self._source is not None:
            # Until its copy waits, nobody may take it; if this ends before, it waits nowhere.
            self._source.hold(record.id)
        return state == LEASED

    def is_moved(self, record: RunRecord) -> bool:
        """Whether a run was moved to the target before.

        Args:
            record: the run.
        """
        place = record.meta.get(MOVED_TO)
        return isinstance(place, Mapping) and place.get("store") == self._target_store.url

    def status_of_copy(self, record: RunRecord) -> Any:
        """Return the status that the copy of a run has.

        Args:
            record: the run.
        """
        status = record.stored("status")
        if status not in ACTIVE or (status != QUEUED and self._state(record) != LEASED):
            return status
        return CANCELLED if self._target is None else status

    def move(self, record: RunRecord, new_id: RunId) -> None:
        """Let the copy of a queued run wait instead of it.

        Args:
            record: the run, of which there is a complete copy.
            new_id: the id of the copy.
        """
        if self._target is None or record.stored("status") != QUEUED:
            return
        if self._target_store[new_id].stored("status") == CANCELLED:  # it was copied before
            self._target.requeue(new_id)
        else:
            time = record.queue_time
            queue_time = time.isoformat() if isinstance(time, datetime.datetime) else ""
            self._target.enqueue(new_id, float(record.meta.get("priority") or 0.0), queue_time)
        moved = {"store": self._target_store.url, "id": str(new_id)}
        self._source_store.apply(record.id, [Annotate(fields={MOVED_TO: moved})])
        if self._source is not None and self._state(record) in (WAITING, HELD):
            self._source.cancel(record.id)

    def _state(self, record: RunRecord) -> str | None:
        entry = None if self._source is None else self._source.entry(record.id)
        return None if entry is None else entry.state
