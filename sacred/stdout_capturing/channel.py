"""One captured target: its sink, and the way on to where it went before."""

from __future__ import annotations

import codecs
import os
import stat
import sys
from collections.abc import Callable

from sacred.stdout_capturing.process import same_target
from sacred.stdout_capturing.sinks import FileSink, Sink, own_fd

# What can be written without waiting where anything can (PIPE_BUF is at least 512).
_ROOM = 4096 if sys.platform == "linux" else 512
_PATIENCE = 0.04


def open_sink(original: int) -> Sink:
    """Return a terminal for a terminal, and a file for anything else. May raise `OSError`."""
    if os.isatty(original):
        from sacred.stdout_capturing.terminal import TerminalSink

        try:
            return TerminalSink(original)
        except (OSError, ImportError, AttributeError):
            pass  # no pseudo terminal or no ctypes here: isatty() will be False
    return FileSink()


class Channel:
    """Descriptors (1, 2, or both if they had one target) that write to one sink.

    `saved` has for each descriptor a copy of its original. A capture that began earlier and ends
    before this one puts its own originals there (`os.dup2`), so only the numbers are fixed.
    """

    def __init__(self, saved: dict[int, int]) -> None:
        self.saved = saved
        self.sink: Sink = open_sink(self.target)
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")

    @property
    def target(self) -> int:
        """The descriptor to which recorded output is passed on."""
        return next(iter(self.saved.values()))

    def connect(self) -> None:
        """Lead the descriptors into the sink."""
        for fd in self.saved:
            os.dup2(self.sink.write_fd, fd)

    def restore(self) -> None:
        """Lead the descriptors to their originals again."""
        for fd, original in self.saved.items():
            os.dup2(original, fd)

    def decode(self, data: bytes, final: bool = False) -> str:
        """Turn the next bytes into text. A character may be spread over two pieces."""
        return self._decoder.decode(data, final)

    def close(self) -> None:
        """Close all that belongs to this channel."""
        self.sink.close()
        for original in self.saved.values():
            os.close(original)


def open_channels() -> list[Channel]:
    """Return channels for descriptors 1 and 2, not yet connected. May raise `OSError`.

    A descriptor that is closed (``python script.py >&-``) is left alone.
    """
    saved: dict[int, int] = {}
    channels: list[Channel] = []
    try:
        for fd in (1, 2):
            try:
                saved[fd] = own_fd(fd)
            except OSError:
                continue
        # One sink for both keeps the exact order, whoever writes.
        if len(saved) == 2 and same_target(saved[1], saved[2]):
            channels.append(Channel(saved))
        else:
            for fd, original in saved.items():
                channels.append(Channel({fd: original}))
    except OSError:
        for channel in channels:
            channel.sink.close()
        for original in saved.values():
            os.close(original)
        raise
    return channels


def write_all(fd: int, data: bytes, meanwhile: Callable[[], object] | None = None) -> bool:
    """Write all of `data`, waiting as long as it takes; False if nobody will read it.

    With `meanwhile` the waiting is not within the system: it is called again and again.
    """
    view = memoryview(data)
    try:
        if meanwhile is not None and not stat.S_ISREG(os.fstat(fd).st_mode):
            return _write_patiently(fd, view, meanwhile)
        while view:
            view = _write(fd, view)
    except OSError:
        return False  # a closed pipe, a terminal that is gone, a full disk
    return True


def _write(fd: int, view: memoryview) -> memoryview:
    try:
        return view[os.write(fd, view) :]
    except BlockingIOError:
        # Some programs (ssh, node) make the terminal that we share with them non-blocking.
        _has_room(fd, 1.0)
        return view


def _write_patiently(fd: int, view: memoryview, meanwhile: Callable[[], object]) -> bool:
    while view:
        while not _has_room(fd, _PATIENCE):
            meanwhile()
        # A pipe that has room for anything has it for so much.
        rest = _write(fd, view[:_ROOM])
        view = view[min(len(view), _ROOM) - len(rest) :]
    return True


def _has_room(fd: int, seconds: float) -> bool:
    """Wait until something can be written, or will never be."""
    import select

    if not hasattr(select, "poll"):
        return bool(select.select([], [fd], [], seconds)[1])
    poll = select.poll()
    poll.register(fd, select.POLLOUT)
    return bool(poll.poll(seconds * 1000))
