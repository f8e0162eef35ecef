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
import signal
import threading
from collections.abc import Iterator
from types import FrameType
from typing import Any

__all__ = ["Terminated", "patient_interrupts", "signals_end_the_run"]

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


@contextlib.contextmanager
def signals_end_the_run() -> Iterator[None]:
    """While active, SIGTERM and SIGHUP raise :class:`Terminated` once.

    A second such signal is ignored: batch systems send several in a row, and
    the run is being stored already.
    """
    terminated = False

    def terminate(signum: int, frame: FrameType | None) -> None:
        nonlocal terminated
        if not terminated:
            terminated = True
            raise Terminated(signum)

    default = [s for s in _SIGNALS if signal.getsignal(s) is signal.SIG_DFL]
    with _handlers(dict.fromkeys(default, terminate)):
        yield


@contextlib.contextmanager
def patient_interrupts(message: str) -> Iterator[None]:
    """While active, a first Ctrl-C only prints ``message``; a second one interrupts."""
    pressed = False

    def explain(signum: int, frame: FrameType | None) -> None:
        nonlocal pressed
        if pressed:
            raise KeyboardInterrupt
        pressed = True
        import sys

        print(message, file=sys.stderr)

    numbers = [signal.SIGINT]
    with _handlers(
        {n: explain for n in numbers if signal.getsignal(n) is signal.default_int_handler}
    ):
        yield
