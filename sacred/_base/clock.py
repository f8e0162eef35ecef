"""The current time, and a thread that calls a function at intervals."""

from __future__ import annotations

import datetime
import threading
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["IntervalTimer", "local_time", "naive_utc", "utc_of_local", "utcnow", "zone_name"]

_UTC = datetime.timezone.utc  # noqa: UP017 - one attribute less to look up at each call


def utcnow() -> datetime.datetime:
    """Return the current time as naive UTC, the form in which all stores keep times.

    >>> utcnow().tzinfo is None
    True
    """
    return datetime.datetime.now(_UTC).replace(tzinfo=None)


def naive_utc(time: datetime.datetime) -> datetime.datetime:
    """Convert a time to naive UTC; one without a time zone counts as naive UTC.

    >>> naive_utc(datetime.datetime.fromisoformat("2026-01-02T03:04:05+01:00"))
    datetime.datetime(2026, 1, 2, 2, 4, 5)
    """
    return time if time.tzinfo is None else time.astimezone(_UTC).replace(tzinfo=None)


def local_time(time: datetime.datetime) -> datetime.datetime:
    """Convert a time in naive UTC to this machine's time zone (aware)."""
    aware = time.replace(tzinfo=_UTC)
    try:
        return aware.astimezone()
    except (OverflowError, OSError, ValueError):  # beyond what the system's calendar knows
        return aware


def utc_of_local(time: datetime.datetime) -> datetime.datetime:
    """Convert a naive time in this machine's time zone to naive UTC."""
    try:
        return naive_utc(time.astimezone())
    except (OverflowError, OSError, ValueError):
        return time


def zone_name(time: datetime.datetime) -> str:
    """Return the short name of an aware time's zone: ``CET``, or ``UTC-03`` if it has none.

    >>> zone_name(datetime.datetime(2026, 1, 2, tzinfo=datetime.timezone.utc))
    'UTC'
    """
    name = time.tzname() or "UTC"
    return f"UTC{name}" if name[:1] in ("+", "-") else name


class IntervalTimer(threading.Thread):
    """A daemon thread that calls `func` at intervals, and once more at the end.

    Args:
        event: set it to stop; the thread then calls `func` one last time and ends.
        func: what to call, without arguments.
        interval: seconds between two calls.

    >>> calls = []
    >>> stop, timer = IntervalTimer.create(lambda: calls.append(1), interval=60)
    >>> timer.start()
    >>> stop.set(); timer.join()
    >>> calls
    [1]
    """

    def __init__(
        self, event: threading.Event, func: Callable[[], Any], interval: float = 10.0
    ) -> None:
        # A daemon: a dying program must not wait for the next call.
        super().__init__(daemon=True)
        self.stop_event = event
        self.func = func
        self.interval = interval

    @classmethod
    def create(
        cls, func: Callable[[], Any], interval: float = 10.0
    ) -> tuple[threading.Event, IntervalTimer]:
        """Return a new timer, not yet started.

        Args:
            func: what to call, without arguments.
            interval: seconds between two calls.

        Returns:
            the event that stops the thread, and the thread.
        """
        stop_event = threading.Event()
        return stop_event, cls(stop_event, func, interval)

    def run(self) -> None:
        """Call the function at intervals until the event is set, then once more."""
        while not self.stop_event.wait(self.interval):
            self.func()
        self.func()
