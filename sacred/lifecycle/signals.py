"""Ending a run in order when the process is asked to stop.

SIGTERM and SIGHUP, sent by batch systems and closing terminals, end a process
at once by default. During a run they raise :class:`Terminated` in the main
thread instead, so that the run is stored as ``INTERRUPTED`` and the process
exits with 128 + signal, as a shell reports it. A handler that the user
installed is left alone.
"""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Iterator
from types import FrameType
from typing import TYPE_CHECKING, Any

# What `signal` itself is made of: the numbers without their enumerations, which are one percent
# of a short run to load, and half of what it costs to install a handler and to remove it.
if TYPE_CHECKING:
    import signal
else:
    try:
        import _signal as signal
    except ImportError:  # another implementation of Python
        import signal

__all__ = ["EndSignals", "Terminated", "patient_interrupts"]

_SIGNALS = tuple(getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name))


class Terminated(SystemExit):
    """The process was asked to end by a signal; exits with 128 + its number."""

    STATUS = "INTERRUPTED"

    def __init__(self, signum: int) -> None:
        super().__init__(128 + signum)
        self.signum = signum


@contextlib.contextmanager
def _handlers(handlers: dict[int, Any]) -> Iterator[None]:
    """Install handlers, and afterwards restore what was there if it is still ours."""
    if threading.current_thread() is not threading.main_thread():
        yield  # only the main thread may install handlers
        return
    previous = {number: signal.signal(number, handler) for number, handler in handlers.items()}
    _ours.append((handlers, previous))
    try:
        yield
    finally:
        if _ours:  # not so in a forked child that leaves this context
            _ours.pop()
        for number, handler in previous.items():
            # A handler that the user's code installed meanwhile stays.
            if signal.getsignal(number) is handlers[number]:
                signal.signal(number, handler)


# What is installed now and what was there before, the innermost last.
_ours: list[tuple[dict[int, Any], dict[int, Any]]] = []


def _restore_in_child() -> None:
    """A forked worker is not the run: it has to end at once when it is told to.

    `multiprocessing` ends the workers of a pool by SIGTERM, and waits for them.
    """
    while _ours:
        handlers, previous = _ours.pop()
        for number, handler in previous.items():
            if signal.getsignal(number) is handlers[number]:
                signal.signal(number, handler)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_restore_in_child)


class EndSignals:
    """SIGTERM and SIGHUP during one run: they raise :class:`Terminated`, once.

    A second such signal is ignored: batch systems send several in a row, and the run
    is being stored already. While the start or the end of the run is being stored, a
    signal waits; else a record would stay ``RUNNING`` for ever.
    """

    def __init__(self) -> None:
        self._terminated = False
        self._waiting = False
        self._held: Terminated | None = None

    @contextlib.contextmanager
    def handled(self) -> Iterator[None]:
        """Handle the signals in this block, as far as the user does not."""
        default = [s for s in _SIGNALS if signal.getsignal(s) == signal.SIG_DFL]
        with _handlers(dict.fromkeys(default, self._terminate)):
            yield

    @contextlib.contextmanager
    def deferred(self) -> Iterator[None]:
        """Signals that come in this block, and a first Ctrl-C, take effect at its end."""
        self._waiting = True
        try:
            with patient_interrupts() as pressed:
                yield
        finally:
            self._waiting = False
        if pressed:
            raise KeyboardInterrupt
        self.raise_held()

    def hold(self) -> None:
        """From now on a signal waits for `raise_held`."""
        self._waiting = True

    def raise_held(self) -> None:
        """Let a signal that waits take effect.

        Raises:
            Terminated: there is one.
        """
        held, self._held = self._held, None
        if held is not None:
            raise held

    def _terminate(self, signum: int, frame: FrameType | None) -> None:
        if self._terminated:
            return
        self._terminated = True
        if not self._waiting:
            raise Terminated(signum)
        self._held = Terminated(signum)


@contextlib.contextmanager
def patient_interrupts(message: str = "") -> Iterator[list[int]]:
    """While active, a first Ctrl-C only prints ``message``; a second one interrupts.

    Yields a list that is empty until the first.
    """
    pressed: list[int] = []

    def explain(signum: int, frame: FrameType | None) -> None:
        if pressed:
            raise KeyboardInterrupt
        pressed.append(signum)
        if message:
            import sys

            print(message, file=sys.stderr)

    numbers = [signal.SIGINT]
    with _handlers(
        {n: explain for n in numbers if signal.getsignal(n) is signal.default_int_handler}
    ):
        yield pressed
