"""The statuses of a run: what stores hold and what readers show.

A run begins as `QUEUED` or `RUNNING` and ends as one of `ENDED`; what interrupts it may bring a
status of its own (`sacred.utils.SacredInterrupt.STATUS`), so readers meet other texts as well.

>>> shown_status("RUNNING", silent_for=datetime.timedelta(hours=1))
'DEAD'
>>> shown_status("RUNNING", silent_for=datetime.timedelta(seconds=20))
'RUNNING'
"""

from __future__ import annotations

import datetime

__all__ = [
    "ACTIVE",
    "COMPLETED",
    "COPYING",
    "DEAD",
    "DEAD_AFTER",
    "ENDED",
    "FAILED",
    "INTERRUPTED",
    "QUEUED",
    "RUNNING",
    "TIMEOUT",
    "shown_status",
]

QUEUED = "QUEUED"
RUNNING = "RUNNING"
COMPLETED = "COMPLETED"
FAILED = "FAILED"
INTERRUPTED = "INTERRUPTED"
TIMEOUT = "TIMEOUT"
#: Of a record that is being copied: it has its own status when the copy is whole.
COPYING = "COPYING"
#: Never stored: readers show it of a run that is `RUNNING` by its record but gives no sign of life.
DEAD = "DEAD"

#: What may still change.
ACTIVE = (QUEUED, RUNNING)
ENDED = (COMPLETED, FAILED, INTERRUPTED, TIMEOUT)

#: A running run without a heartbeat for so long is dead. Heartbeats come every ten seconds
#: unless the experiment says otherwise.
DEAD_AFTER = datetime.timedelta(minutes=2)


def shown_status(
    stored: str | None,
    silent_for: datetime.timedelta | None,
    dead_after: datetime.timedelta = DEAD_AFTER,
) -> str | None:
    """Return the status that readers show.

    Args:
        stored: the status in the record.
        silent_for: the time since the last heartbeat; None: it is not known.
        dead_after: the silence after which a running run is dead.
    """
    if stored == RUNNING and silent_for is not None and silent_for > dead_after:
        return DEAD
    return stored
