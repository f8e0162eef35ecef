"""Threads that start after a delay, unless they are joined first.

Most short runs are over before their first heartbeat. Starting and joining a thread would be a
sixth of their cost, so one scheduler thread per process waits for all deferred threads and
starts those that are due.

These threads block all signals. Otherwise a signal that the user's main thread has blocked for
a while would be delivered to one of them, and Python would call its handler in the main thread
after all.
"""

from __future__ import annotations

import _thread
import contextlib
import math
import os
import threading
from time import monotonic
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import signal
    from collections.abc import Callable, Iterator
else:  # without the enumerations of `signal`, which take one percent of a short run to load
    try:
        import _signal as signal
    except ImportError:  # another implementation of Python
        import signal

__all__ = ["DeferredThread", "block_signals", "blocking_only", "helper_thread"]

# Polling interval of the scheduler while runs come and go: waking it up for each of them would
# cost as much as a thread.
_TICK_SECONDS = 0.02
# How long the scheduler goes on polling after the last new thread.
LINGER_SECONDS = 0.25
# Delay before another attempt when the system refuses a thread.
RETRY_SECONDS = 1.0


def block_signals() -> set[int]:
    """Block all signals in this thread; return those that were blocked before."""
    if not hasattr(signal, "pthread_sigmask"):
        return set()
    return signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())


@contextlib.contextmanager
def blocking_only(signals: set[int]) -> Iterator[None]:
    """Block only these signals in this thread while it runs code that may start processes.

    A process inherits the blocked signals: if all were blocked, only SIGKILL would end it.
    """
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_SETMASK, signals)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def helper_thread(
    target: Callable[[], object], name: str, *, starts_processes: bool = False
) -> threading.Thread:
    """A daemon thread, not started yet, that blocks all signals.

    Args:
        target: called in the thread, without arguments.
        name: the thread's name.
        starts_processes: whether the thread calls other people's code, which may start processes.
            These would inherit the blocked signals, so the thread blocks only what the thread
            that starts it blocks.
    """

    def run() -> None:
        block_signals()
        target()

    # A daemon: a dying program must not wait for it.
    return threading.Thread(target=target if starts_processes else run, name=name, daemon=True)


class DeferredThread:
    """A daemon thread that starts after a delay.

    Args:
        target: called in the thread, without arguments.
        name: the thread's name.

    >>> thread = DeferredThread(lambda: print("never"), "example")
    >>> thread.start(delay=60)
    >>> thread.join()
    """

    def __init__(self, target: Callable[[], object], name: str) -> None:
        self.due = math.inf
        self._target = target
        self._name = name
        self._thread: threading.Thread | None = None
        # A thread that the scheduler does not hold has been launched, or is being launched.
        self._launched = threading.Event()
        self._is_done = True
        self._process = 0
        #: Signals that are blocked in the thread that starts this one.
        self.mask: set[int] = set()

    def start(self, delay: float) -> None:
        """Start the thread in `delay` seconds, or a few milliseconds later.

        Raises:
            RuntimeError: the system allows no more threads.
        """
        self._process = os.getpid()
        if hasattr(signal, "pthread_sigmask"):
            self.mask = signal.pthread_sigmask(signal.SIG_BLOCK, ())
        self.due = monotonic() + delay
        self._is_done = False
        try:
            scheduler.add(self)
        except RuntimeError:
            self._is_done = True
            raise

    def start_now(self) -> None:
        """Start the thread now if it has not started; may be called from any thread."""
        if self in scheduler.waiting:
            self.due = 0.0
            scheduler.wakeup.set()

    def join(self) -> None:
        """Wait until the thread has ended; one that has not started is cancelled."""
        if self._is_done or self._process != os.getpid():
            return  # in a forked child there is no such thread
        while not self._launched.is_set():
            if scheduler.cancel(self):
                self._is_done = True
                return
            self._launched.wait(_TICK_SECONDS)
        assert self._thread is not None
        self._thread.join()

    def is_alive(self) -> bool:
        """Whether the thread is running or scheduled."""
        if self._is_done or self._process != os.getpid():
            return False
        return self._thread is None or self._thread.is_alive()

    def launch(self) -> None:
        """Start the thread; called by the scheduler, where no signal handler can interrupt."""
        if self._thread is None:
            thread = helper_thread(self._target, self._name)
            thread.start()
            self._thread = thread
            self._launched.set()


class Scheduler:
    """Starts the threads that are due.

    `waiting` is changed only by atomic operations: the code that removes a thread from it
    decides what happens to that thread.
    """

    def __init__(self) -> None:
        self.waiting: dict[DeferredThread, None] = {}
        self.wakeup = threading.Event()
        self._lock = threading.Lock()
        self.is_running = False
        self._wakes_up = math.inf
        self._busy_until = 0.0

    def add(self, thread: DeferredThread) -> None:
        """Schedule a thread."""
        self.waiting[thread] = None
        self._busy_until = monotonic() + LINGER_SECONDS
        with self._lock:
            if not self.is_running:
                self._start(thread)
        if thread.due < self._wakes_up:
            self.wakeup.set()

    def cancel(self, thread: DeferredThread) -> bool:
        """Remove a thread; return whether it was waiting."""
        if self.waiting.pop(thread, False) is not None:
            return False
        # A scheduler that does not poll any more would sleep until that thread is due.
        if not self.waiting and self._wakes_up > monotonic() + _TICK_SECONDS:
            self.wakeup.set()
        return True

    def _start(self, thread: DeferredThread) -> None:
        try:
            # Not a `threading.Thread`, whose start() waits for the new thread.
            _thread.start_new_thread(self._run, ())
        except RuntimeError:
            self.waiting.pop(thread, None)
            raise
        self.is_running = True

    def _run(self) -> None:
        block_signals()  # the threads that it starts inherit that
        while self._is_needed():
            # A thread added from here on sets `wakeup`: it may be missed below.
            self._wakes_up = math.inf
            self.wakeup.clear()
            now = monotonic()
            for thread in list(self.waiting):
                if thread.due <= now and self.waiting.pop(thread, False) is None:
                    self._launch(thread)
            wakes_up = min((thread.due for thread in list(self.waiting)), default=math.inf)
            if now < self._busy_until:
                wakes_up = min(wakes_up, now + _TICK_SECONDS)
            if wakes_up < math.inf:
                self._wakes_up = wakes_up
                self.wakeup.wait(max(0.0, wakes_up - now))

    def _is_needed(self) -> bool:
        with self._lock:
            self.is_running = bool(self.waiting) or monotonic() < self._busy_until
            return self.is_running

    def _launch(self, thread: DeferredThread) -> None:
        try:
            thread.launch()
        except RuntimeError:  # there are as many threads as the system allows
            thread.due = monotonic() + RETRY_SECONDS
            self.waiting[thread] = None


scheduler = Scheduler()


def _after_fork_in_child() -> None:
    global scheduler
    scheduler = Scheduler()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork_in_child)
