"""Python's own streams while the file descriptors are captured."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from typing import Any, Protocol

from sacred.stdout_capturing.write_hook import listen


class Recorder(Protocol):
    """The part of a capture that the listeners here use."""

    @property
    def ended(self) -> bool:
        """Whether recording has ended."""

    @property
    def has_one_target(self) -> bool:
        """Whether one sink preserves the order of descriptors 1 and 2."""

    def sync(self, fd: int | None = None, copy: list[str] | None = None) -> None:
        """Record everything that was written before this call.

        Args:
            fd: the descriptor; None: both (default).
            copy: receives the recorded pieces, too.
        """

    def forward(self) -> None:
        """Forward recorded bytes."""

    def add_text(self, text: str) -> None:
        """Record text that reached no descriptor."""


def flush_streams() -> None:
    """Flush Python's standard streams as far as possible."""
    for stream in (sys.__stdout__, sys.stdout, sys.__stderr__, sys.stderr):
        flush(stream)


def flush(stream: Any) -> None:
    """Flush a stream, whatever it is."""
    try:
        stream.flush()
    except (AttributeError, ValueError, OSError, RuntimeError):
        pass  # no stream, a closed one, a full disk, or a signal handler within a write


def listen_to_streams(recorder: Recorder) -> list[Callable[[], None]]:
    """Preserve the order of the streams and record those with other targets.

    `sys.stdout` is left alone where it writes to descriptor 1, so printing costs nothing more.

    Returns:
        functions that end the listening.
    """
    stops = []
    for name, fd in (("stdout", 1), ("stderr", 2)):
        stream = getattr(sys, name)
        if stream is None or (name == "stderr" and stream is sys.stdout):
            continue
        if not _is_backed_by(stream, fd):
            stops.append(listen(name, _UnbackedStream(recorder)))
        elif fd == 2:
            stops.append(listen(name, _OrderKeeper(recorder, stream)))
    return stops


def _is_backed_by(stream: Any, fd: int) -> bool:
    try:
        return bool(stream.fileno() == fd)
    except Exception:  # io.UnsupportedOperation, or anything else such an object raises
        return False


class _OrderKeeper:
    """Ensures that everything printed before a write to stderr is recorded before it."""

    def __init__(self, recorder: Recorder, stream: Any) -> None:
        self._recorder = recorder
        self._stream = stream

    def before(self, text: str) -> None:
        self._take_in(sys.stdout, 1)

    def after(self, text: str) -> None:
        self._take_in(self._stream, 2)

    def _take_in(self, stream: Any, fd: int) -> None:
        if self._recorder.ended:
            return  # a forked child has buffers of its own
        flush(stream)
        if not self._recorder.has_one_target:
            self._recorder.sync(fd)


class _UnbackedStream:
    """Records a stream that does not write to its descriptor: in a notebook, under pytest.

    It may be an object of the user that forwards to the real stream. Then the descriptor has
    the text already; the first write finds out which case it is.
    """

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._forwards: bool | None = None
        # Held from `before` to `after` of the probe: the text must not be another thread's.
        self._probe_lock = threading.RLock()
        self._probing = False

    def before(self, text: str) -> None:
        if self._recorder.ended or self._forwards:
            return
        probing = self._forwards is None and self._begin_probe()
        # What was written to descriptors before comes first, on record and on the screen.
        self._recorder.sync()
        self._recorder.forward()
        if not probing and not self._forwards:
            self._recorder.add_text(text)

    def after(self, text: str) -> None:
        if self._probing:
            try:
                self._finish_probe(text)
            finally:
                self._probing = False
                self._probe_lock.release()

    def _begin_probe(self) -> bool:
        self._probe_lock.acquire()
        # Another thread came first, or this is a signal handler during a probe.
        if self._forwards is not None or self._probing:
            self._probe_lock.release()
            return False
        self._probing = True
        flush_streams()
        return True

    def _finish_probe(self, text: str) -> None:
        flush_streams()
        copy: list[str] = []
        self._recorder.sync(copy=copy)
        arrived = "".join(copy)
        if text.strip():
            self._forwards = text.strip() in arrived
        if not (self._forwards or (not text.strip() and arrived)):
            self._recorder.add_text(text)
