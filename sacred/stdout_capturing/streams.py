"""Python's own streams while the file descriptors are captured."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from typing import Any, Protocol

from sacred.stdout_capturing.write_hook import listen


class Recorder(Protocol):
    """What the listeners here need of a capture."""

    @property
    def ended(self) -> bool:
        """Whether it takes nothing in any more."""

    @property
    def has_one_target(self) -> bool:
        """Whether the order of descriptors 1 and 2 is kept by itself."""

    def sync(self, fd: int | None = None, copy: list[str] | None = None) -> None:
        """Take in what descriptor `fd` (None: both) has received; add it to `copy`, too."""

    def forward(self) -> None:
        """Pass on what was taken in."""

    def add_text(self, text: str) -> None:
        """Take in a text that reached no descriptor."""


def flush_streams() -> None:
    """Empty the buffers of Python's standard streams as far as that is possible."""
    for stream in (sys.__stdout__, sys.stdout, sys.__stderr__, sys.stderr):
        flush(stream)


def flush(stream: Any) -> None:
    """Flush a stream, whatever it is."""
    try:
        stream.flush()
    except (AttributeError, ValueError, OSError, RuntimeError):
        pass  # no stream, a closed one, a full disk, or a signal handler within a write


def listen_to_streams(recorder: Recorder) -> list[Callable[[], None]]:
    """Keep the order of the streams and record those that lead elsewhere; return how to end.

    `sys.stdout` is left as it is where it writes to descriptor 1: printing costs what it did.
    """
    stops = []
    for name, fd in (("stdout", 1), ("stderr", 2)):
        stream = getattr(sys, name)
        if stream is None or (name == "stderr" and stream is sys.stdout):
            continue
        if not _is_backed_by(stream, fd):
            stops.append(listen(name, _Unbacked(recorder)))
        elif fd == 2:
            stops.append(listen(name, _InOrder(recorder, stream)))
    return stops


def _is_backed_by(stream: Any, fd: int) -> bool:
    try:
        return bool(stream.fileno() == fd)
    except Exception:  # io.UnsupportedOperation, or whatever such an object comes up with
        return False


class _InOrder:
    """Sees to it that what was printed before a text on stderr is recorded before it."""

    def __init__(self, recorder: Recorder, stream: Any) -> None:
        self._recorder = recorder
        self._stream = stream

    def before(self, text: str) -> None:
        self._take_in(sys.stdout, 1)

    def after(self, text: str) -> None:
        self._take_in(self._stream, 2)

    def _take_in(self, stream: Any, fd: int) -> None:
        if self._recorder.ended:
            return  # a forked child: its buffers are its own affair
        flush(stream)
        if not self._recorder.has_one_target:
            self._recorder.sync(fd)


class _Unbacked:
    """Records a stream that does not write to its descriptor: in a notebook, under pytest.

    It may be a user's own object that hands on to the real stream. Then the descriptor has the
    text already; the first text written tells which it is.
    """

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._hands_on: bool | None = None
        # Held from `before` to `after` while that is open: the text must not be another thread's.
        self._trial = threading.RLock()
        self._on_trial = False

    def before(self, text: str) -> None:
        if self._recorder.ended or self._hands_on:
            return
        on_trial = self._hands_on is None and self._begin_trial()
        # What came by the descriptors stands first, on record and before the user's eyes.
        self._recorder.sync()
        self._recorder.forward()
        if not on_trial and not self._hands_on:
            self._recorder.add_text(text)

    def after(self, text: str) -> None:
        if self._on_trial:
            try:
                self._judge(text)
            finally:
                self._on_trial = False
                self._trial.release()

    def _begin_trial(self) -> bool:
        self._trial.acquire()
        # Another thread may have come first, or this is a signal handler during a trial.
        if self._hands_on is not None or self._on_trial:
            self._trial.release()
            return False
        self._on_trial = True
        flush_streams()
        return True

    def _judge(self, text: str) -> None:
        flush_streams()
        copy: list[str] = []
        self._recorder.sync(copy=copy)
        arrived = "".join(copy)
        if text.strip():
            self._hands_on = text.strip() in arrived
        if not (self._hands_on or (not text.strip() and arrived)):
            self._recorder.add_text(text)
