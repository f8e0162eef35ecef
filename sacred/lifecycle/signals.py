"""Graceful end of a run when the process is asked to stop.

SIGTERM and SIGHUP, sent by batch systems and closing terminals, end a process
at once by default, and so do SIGUSR1, SIGXCPU and others that batch systems, timers and
keyboards send. During a run they raise :class:`Terminated` in the main
thread instead, so that the run is stored as ``INTERRUPTED`` and the process
exits with 128 + signal, as a shell reports it. A handler that the user
installed is left alone.
"""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from collections.abc import Callable, Iterator
from types import FrameType
from typing import TYPE_CHECKING, Any

# `_signal` has the numbers without the enumerations of `signal`, which take one percent of a
# short run to load and half the time of installing and removing a handler.
if TYPE_CHECKING:
    import signal
else:
    try:
        import _signal as signal
    except ImportError:  # another implementation of Python
        import signal

__all__ = ["END_AS_TIMEOUT", "EndSignals", "Terminated", "delayed_interrupts"]

_NAMES = (
    *("SIGTERM", "SIGHUP", "SIGUSR1", "SIGUSR2", "SIGXCPU", "SIGQUIT", "SIGALRM", "SIGVTALRM"),
    *("SIGPROF", "SIGIO", "SIGPWR", "SIGSTKFLT"),
)
_SIGNALS = tuple(getattr(signal, name) for name in _NAMES if hasattr(signal, name))
#: Batch systems may be asked to send these. There are some thirty of them, which takes 0.1 ms, so
#: they are handled for the sake of a record only.
_REAL_TIME = (
    tuple(range(signal.SIGRTMIN, signal.SIGRTMAX + 1)) if hasattr(signal, "SIGRTMIN") else ()
)


#: By this one, a worker says that the time is over; None: this system has none.
END_AS_TIMEOUT: int | None = getattr(signal, "SIGUSR1", None)


class Terminated(SystemExit):
    """A signal asked the process to end; the exit status is 128 + its number."""

    STATUS = "INTERRUPTED"

    def __init__(self, signum: int, status: str = STATUS) -> None:
        super().__init__(128 + signum)
        self.signum = signum
        self.STATUS = status


@contextlib.contextmanager
def _handlers(handlers: dict[int, Any]) -> Iterator[None]:
    """Install handlers, and afterwards restore what was there if it is still ours."""
    if threading.current_thread() is not threading.main_thread():
        yield  # only the main thread may install handlers
        return
    previous = {number: signal.signal(number, handler) for number, handler in handlers.items()}
    _installed.append((handlers, previous))
    try:
        yield
    finally:
        if _installed:  # not so in a forked child that leaves this context
            _installed.pop()
        for number, handler in previous.items():
            # A handler that the user's code installed meanwhile stays.
            if signal.getsignal(number) is handlers[number]:
                signal.signal(number, handler)


# Installed handlers and the previous ones, the innermost last.
_installed: list[tuple[dict[int, Any], dict[int, Any]]] = []


def _restore_in_child() -> None:
    """Let a forked worker end at once: it is not the run.

    `multiprocessing` ends the workers of a pool by SIGTERM and waits for them.
    """
    while _installed:
        handlers, previous = _installed.pop()
        for number, handler in previous.items():
            if signal.getsignal(number) is handlers[number]:
                signal.signal(number, handler)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_restore_in_child)


def _without_handler(numbers: tuple[int, ...]) -> list[int]:
    """Those of the signals that would end this process."""
    default = [number for number in numbers if signal.getsignal(number) == signal.SIG_DFL]
    caught = _caught_by_c_code() if default else 0
    return [number for number in default if not caught >> (number - 1) & 1]


def _caught_by_c_code() -> int:
    """The signals that have handlers, also those that Python does not know: `faulthandler`'s."""
    try:
        with open("/proc/self/status", "rb") as file:
            return int(file.read().partition(b"SigCgt:")[2].split(None, 1)[0], 16)
    except (OSError, ValueError, IndexError):
        return 0  # another system than Linux


class EndSignals:
    """Signals that end a process, during one run: they raise :class:`Terminated`.

    While that exception propagates, further signals are ignored, because batch systems send several
    in a row. If the user's code swallows it and continues, the next signal raises it again. While
    the start or the end of the run is being stored, signals wait; otherwise a record could stay
    ``RUNNING`` forever.

    Args:
        request_stop: called with a signal that would end the run; if it returns True, the run was
            asked to end by itself, and continues.
    """

    def __init__(self, request_stop: Callable[[int], bool] = lambda signum: False) -> None:
        self._request_stop = request_stop
        #: Signals that end a run with another status than ``INTERRUPTED``.
        self.statuses: dict[int, str] = {}
        self._waiting = False
        self._held: Terminated | None = None
        self._raised: Terminated | None = None

    @contextlib.contextmanager
    def handled(self, is_recorded: bool = True) -> Iterator[None]:
        """Handle, in this block, the signals for which the user has no handler.

        Args:
            is_recorded: whether the run has observers; if not, real-time signals end it at once.
        """
        numbers = _SIGNALS + _REAL_TIME if is_recorded else _SIGNALS
        with _handlers(dict.fromkeys(_without_handler(numbers), self._terminate)):
            yield

    @contextlib.contextmanager
    def deferred(self) -> Iterator[None]:
        """Delay signals and a first Ctrl-C until the end of this block."""
        self._waiting = True
        try:
            with delayed_interrupts() as pressed:
                yield
        finally:
            self._waiting = False
        if pressed:
            raise KeyboardInterrupt
        self.raise_held()

    def hold(self) -> None:
        """Hold back signals until `raise_held`."""
        self._waiting = True
        self._restore_interrupt()

    def raise_held(self) -> None:
        """Raise the signal that was held back, if there is one.

        Raises:
            Terminated: a signal was held back.
        """
        held, self._held = self._held, None
        if held is not None:
            raise held

    def _terminate(self, signum: int, frame: FrameType | None) -> None:
        if self._waiting:
            self._held = self._held or self.terminated(signum)
        elif not self._is_ending() and not self._request_stop(signum):
            self._raised = self.terminated(signum)
            if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
                signal.signal(signal.SIGINT, self._interrupt)
            raise self._raised

    def terminated(self, signum: int) -> Terminated:
        """Return the exception for a signal."""
        return Terminated(signum, self.statuses.get(signum, Terminated.STATUS))

    def _interrupt(self, signum: int, frame: FrameType | None) -> None:
        """Handle Ctrl-C after a signal: it must not take its place on the way out.

        Code that catches `KeyboardInterrupt` and goes on would swallow both.
        """
        if self._raised is not None and self._is_ending():
            raise self._raised
        self._restore_interrupt()
        raise KeyboardInterrupt

    def _restore_interrupt(self) -> None:
        if self._raised is not None and signal.getsignal(signal.SIGINT) == self._interrupt:
            signal.signal(signal.SIGINT, signal.default_int_handler)

    def _is_ending(self) -> bool:
        """Whether the interrupted code runs because of an earlier signal, on its way out."""
        error = sys.exc_info()[1]
        while error is not None and error is not self._raised:
            error = error.__context__
        return error is not None


@contextlib.contextmanager
def delayed_interrupts(message: str = "") -> Iterator[list[int]]:
    """Make the first Ctrl-C in this block only print ``message``; the second one interrupts.

    Yields a list that is empty until the first Ctrl-C.
    """
    pressed: list[int] = []

    def explain(signum: int, frame: FrameType | None) -> None:
        if pressed:
            raise KeyboardInterrupt
        pressed.append(signum)
        if message:
            print(message, file=sys.stderr)

    numbers = [signal.SIGINT]
    with _handlers(
        {n: explain for n in numbers if signal.getsignal(n) is signal.default_int_handler}
    ):
        yield pressed
