"""Graceful end of a run when the process is asked to stop.

SIGTERM and SIGHUP, sent by batch systems and closing terminals, end a process
at once by default. During a run they raise :class:`Terminated` in the main
thread instead, so that the run is stored as ``INTERRUPTED`` and the process
exits with 128 + signal, as a shell reports it. A handler that the user
installed is left alone.
"""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from collections.abc import Iterator
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

__all__ = ["EndSignals", "Terminated", "delayed_interrupts"]

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
        """Handle those signals in this block that have no handler of the user's."""
        default = [s for s in _SIGNALS if signal.getsignal(s) == signal.SIG_DFL]
        with _handlers(dict.fromkeys(default, self._terminate)):
            yield

    @contextlib.contextmanager
    def deferred(self) -> Iterator[None]:
        """Let signals and a first Ctrl-C take effect at the end of this block."""
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
        """Let signals wait for `raise_held` from now on."""
        self._waiting = True

    def raise_held(self) -> None:
        """Raise the waiting signal, if there is one.

        Raises:
            Terminated: a signal was waiting.
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
def delayed_interrupts(message: str = "") -> Iterator[list[int]]:
    """Let a first Ctrl-C in this block only print ``message``; a second one interrupts.

    Yields a list that is empty until the first.
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
