"""Threads that start some time from now, unless nobody needs them by then.

Most runs of a series are over before their first heartbeat. To start a thread and to wait for
its end would be a sixth of what they cost; so one thread of the process, the clock, waits for
all of them, over the end of a run as well, and starts a thread of its own only for what is due.
"""

from __future__ import annotations

import _thread
import math
import os
import threading
from time import monotonic
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["DeferredThread"]

# While runs come and go, the clock looks so often what is due: to wake it up for each of them
# would cost as much as a thread. (seconds)
_TICK = 0.02
# So long after the last one it still does.
_LINGER = 0.25
# The system may refuse a thread for a while.
_PAUSE = 1.0


class DeferredThread:
    """A daemon thread that starts later.

    Args:
        target: what it does.
        name: of the thread.

    >>> late = DeferredThread(lambda: print("never"), "example")
    >>> late.start(delay=60)
    >>> late.join()
    """

    def __init__(self, target: Callable[[], object], name: str) -> None:
        self.due = math.inf
        self._target = target
        self._name = name
        self._thread: threading.Thread | None = None
        # What is not among those that wait has begun, or is going to at this very moment.
        self._has_begun = threading.Event()
        self._is_off = True
        self._process = 0

    def start(self, delay: float) -> None:
        """Let it begin in `delay` seconds, or some milliseconds later.

        Raises:
            RuntimeError: there can be no more threads.
        """
        self._process = os.getpid()
        self.due = monotonic() + delay
        self._is_off = False
        try:
            _clock.add(self)
        except RuntimeError:
            self._is_off = True
            raise

    def hasten(self) -> None:
        """Let it begin now, if it has not begun. To be called from any thread, at any time."""
        if self in _clock.waiting:
            self.due = 0.0
            _clock.bell.set()

    def join(self) -> None:
        """Wait for its end; if it has not begun yet, it never will."""
        if self._is_off or self._process != os.getpid():
            return  # in a forked child there is no such thread
        while not self._has_begun.is_set():
            if _clock.waiting.pop(self, False) is None:
                self._is_off = True
                return
            self._has_begun.wait(_TICK)
        assert self._thread is not None
        self._thread.join()

    def is_alive(self) -> bool:
        """Whether it runs, or is going to."""
        if self._is_off or self._process != os.getpid():
            return False
        return self._thread is None or self._thread.is_alive()

    def begin(self) -> None:
        """Start it now; called by the clock, where no signal interrupts."""
        if self._thread is None:
            # A daemon: a program that dies must not wait for it.
            thread = threading.Thread(target=self._target, name=self._name, daemon=True)
            thread.start()
            self._thread = thread
            self._has_begun.set()


class _Clock:
    """Begins the threads that are due.

    `waiting` is changed by single actions of the interpreter only: who removes a thread from
    it has the say over that one.
    """

    def __init__(self) -> None:
        self.waiting: dict[DeferredThread, None] = {}
        self.bell = threading.Event()
        self._lock = threading.Lock()
        self._is_running = False
        self._wakes_up = math.inf
        self._busy_until = 0.0

    def add(self, late: DeferredThread) -> None:
        """Begin it when it is due."""
        self.waiting[late] = None
        self._busy_until = monotonic() + _LINGER
        with self._lock:
            if not self._is_running:
                self._start(late)
        if late.due < self._wakes_up:
            self.bell.set()

    def _start(self, late: DeferredThread) -> None:
        try:
            # Not a `threading.Thread`, for whose beginning one has to wait.
            _thread.start_new_thread(self._run, ())
        except RuntimeError:
            self.waiting.pop(late, None)
            raise
        self._is_running = True

    def _run(self) -> None:
        while self._is_needed():
            # Whoever comes now rings, for it may be too late to be seen below.
            self._wakes_up = math.inf
            self.bell.clear()
            now = monotonic()
            for late in list(self.waiting):
                if late.due <= now and self.waiting.pop(late, False) is None:
                    self._begin(late)
            wakes_up = min((late.due for late in list(self.waiting)), default=math.inf)
            if now < self._busy_until:
                wakes_up = min(wakes_up, now + _TICK)
            if wakes_up < math.inf:
                self._wakes_up = wakes_up
                self.bell.wait(max(0.0, wakes_up - now))

    def _is_needed(self) -> bool:
        with self._lock:
            self._is_running = bool(self.waiting) or monotonic() < self._busy_until
            return self._is_running

    def _begin(self, late: DeferredThread) -> None:
        try:
            late.begin()
        except RuntimeError:  # there are as many threads as the system allows
            late.due = monotonic() + _PAUSE
            self.waiting[late] = None


_clock = _Clock()


def _after_fork_in_child() -> None:
    global _clock
    _clock = _Clock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork_in_child)
