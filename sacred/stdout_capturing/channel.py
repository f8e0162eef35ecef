"""One captured target: its sink, and the way on to where it went before."""

from __future__ import annotations

import codecs
import os

from sacred.stdout_capturing.process import same_target
from sacred.stdout_capturing.sinks import FileSink, Sink, own_fd


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


def write_all(fd: int, data: bytes) -> bool:
    """Write all of `data`, waiting as long as it takes; False if nobody will read it."""
    view = memoryview(data)
    while view:
        try:
            view = view[os.write(fd, view) :]
        except BlockingIOError:
            import select

            # Some programs (ssh, node) make the terminal that we share with them non-blocking.
            select.select([], [fd], [], 1.0)
        except OSError:
            return False  # a closed pipe, a terminal that is gone, a full disk
    return True
