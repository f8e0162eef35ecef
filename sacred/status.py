"""The statuses of a run: what stores hold and what readers show.

A run begins as `QUEUED` or `RUNNING` and ends with one of `ENDED`. An exception that interrupts it
may have a status of its own (`sacred.utils.SacredInterrupt.STATUS`), so readers see other
strings as well.

>>> shown_status("RUNNING", silent_for=datetime.timedelta(hours=1))
'DEAD'
>>> shown_status("RUNNING", silent_for=datetime.timedelta(seconds=20))
'RUNNING'
"""

from __future__ import annotations

import datetime
import functools
import os

__all__ = [
    "ACTIVE",
    "CANCELLED",
    "COMPLETED",
    "COPYING",
    "DEAD",
    "DEAD_AFTER",
    "ENDED",
    "FAILED",
    "INTERRUPTED",
    "PRUNED",
    "QUEUED",
    "RUNNING",
    "TIMEOUT",
    "is_gone",
    "is_process",
    "process_token",
    "shown_status",
]

QUEUED = "QUEUED"
RUNNING = "RUNNING"
COMPLETED = "COMPLETED"
FAILED = "FAILED"
INTERRUPTED = "INTERRUPTED"
TIMEOUT = "TIMEOUT"
#: Stopped because other runs of its sweep are better.
PRUNED = "PRUNED"
#: Removed from the queue before it ended.
CANCELLED = "CANCELLED"
#: The status of a record that is being copied; it gets its own when the copy is complete.
COPYING = "COPYING"
#: Readers show it for a run that is `RUNNING` by its record but gives no sign of life. Only the
#: queue stores it, for a run whose attempts have all been lost.
DEAD = "DEAD"

#: Statuses that may still change.
ACTIVE = (QUEUED, RUNNING)
ENDED = (COMPLETED, FAILED, INTERRUPTED, TIMEOUT, PRUNED, CANCELLED)

#: A running run without a heartbeat for this long is dead. Heartbeats come every ten seconds
#: unless the experiment says otherwise.
DEAD_AFTER = datetime.timedelta(minutes=2)


def shown_status(
    stored: str | None,
    silent_for: datetime.timedelta | None,
    dead_after: datetime.timedelta = DEAD_AFTER,
    process: object = None,
) -> str | None:
    """Return the status that readers show.

    Args:
        stored: the status in the record.
        silent_for: the time since the last heartbeat; None if unknown.
        dead_after: the silence after which a running run is dead.
        process: the token of its process, if the record has one; see `is_gone`.
    """
    if stored != RUNNING:
        return stored
    is_silent = silent_for is not None and silent_for > dead_after
    return DEAD if is_silent or is_gone(process) else RUNNING


def process_token() -> str | None:
    """Return a token that identifies this process among all that ever run; None if unknown.

    It names the boot of the machine, the namespace of its process ids (a container has its own),
    the id of the process, and when it started, in clock ticks since the boot. With anything
    appended, it is the token of no process.

    >>> token = process_token()
    >>> token is None or not is_gone(token)
    True
    """
    started = _start_of("self")
    place = _process_namespace()
    return None if started is None or place is None else f"{place} {os.getpid()} {started}"


def is_gone(token: object) -> bool:
    """Whether a process of this machine is known to have ended since the machine's last boot.

    Args:
        token: the process's token, made by `process_token`; nothing is known about anything else.

    >>> is_gone("another-boot 4026531836 17 1234"), is_gone(None)
    (False, False)
    """
    namespace = _process_namespace()
    if not isinstance(token, str) or namespace is None:
        return False
    place = f"{namespace} "
    number, _, started = token.removeprefix(place).partition(" ")
    if not token.startswith(place) or not (number.isdecimal() and len(number) < 10):
        return False
    now = _start_of(str(int(number)))
    return now != started if now is not None else not _is_visible(int(number))


def is_process(number: int) -> bool:
    """Whether there is a process with this number that has not ended.

    >>> is_process(os.getpid())
    True
    """
    return _start_of(str(number)) != "" and _is_visible(number)


@functools.cache
def _process_namespace() -> str | None:
    """The boot of the machine and the namespace that the numbers of processes belong to."""
    try:
        with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as file:
            return f"{file.read().strip()} {os.stat('/proc/self/ns/pid').st_ino}"
    except OSError:
        return None  # another system than Linux


def _start_of(process: str) -> str | None:
    """When a process started; None if it cannot be seen, ``""`` if it is a zombie."""
    try:
        with open(f"/proc/{process}/stat", "rb") as file:
            # The second field, in parentheses, is the name and may contain anything.
            fields = file.read().rpartition(b")")[2].split()
    except OSError:
        return None
    return "" if fields[0] in (b"Z", b"X") else fields[19].decode()


def _is_visible(process: int) -> bool:
    """Whether there is a process, even if ``/proc`` hides it from other users."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):
        pass
    return True
