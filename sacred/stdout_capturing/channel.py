"""A captured target: its sink and its original descriptors."""

from __future__ import annotations

import codecs
import os
import select
import stat
import sys
from collections.abc import Callable

from sacred.stdout_capturing.process import same_target
from sacred.stdout_capturing.sinks import FileSink, Sink, identity, own_fd, refers_to

# A pipe that is writable accepts so many bytes without blocking (PIPE_BUF is at least 512).
_SAFE_WRITE_BYTES = 4096 if sys.platform == "linux" else 512
_POLL_SECONDS = 0.04


def open_sink(original: int) -> Sink:
    """Return a `TerminalSink` for a terminal, else a `FileSink`; may raise `OSError`."""
    if os.isatty(original):
        # Not at the top: few runs have a terminal.
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
        self._originals = {fd: identity(original) for fd, original in saved.items()}
        self.sink: Sink = open_sink(self.target)
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")

    @property
    def target(self) -> int:
        """The descriptor to which recorded output is passed on."""
        return next(iter(self.saved.values()))

    @property
    def descriptors(self) -> list[int]:
        """All descriptors of ours."""
        return [*self.saved.values(), *self.sink.descriptors]

    def connect(self) -> None:
        """Redirect the descriptors to the sink."""
        for fd in self.saved:
            os.dup2(self.sink.write_fd, fd)

    def restore(self) -> None:
        """Redirect the descriptors to their originals."""
        for fd, original in self.saved.items():
            if refers_to(original, self._originals[fd]):
                os.dup2(original, fd)

    def decode(self, data: bytes, final: bool = False) -> str:
        """Turn the next bytes into text; a character may be split between two calls.

        Args:
            data: the next bytes.
            final: whether nothing follows; an incomplete character is then replaced (default:
                False).
        """
        return self._decoder.decode(data, final)

    def close(self) -> None:
        """Close the sink and the saved descriptors."""
        self.sink.close()
        for fd, original in self.saved.items():
            if refers_to(original, self._originals[fd]):
                os.close(original)

    def replace_original(self, fd: int, new: int) -> None:
        """Let the copy of a descriptor point to another file; the number of the copy stays.

        Args:
            fd: the captured descriptor.
            new: an open descriptor of the other file.
        """
        os.dup2(new, self.saved[fd], inheritable=False)
        self._originals[fd] = identity(new)

    @property
    def has_target(self) -> bool:
        """Whether the original is still there: user code may have closed it."""
        fd, original = next(iter(self.saved.items()))
        return refers_to(original, self._originals[fd])


def open_channels() -> list[Channel]:
    """Return unconnected channels for descriptors 1 and 2; may raise `OSError`.

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
        # One sink for both preserves the exact order, whoever writes.
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
    """Write all of `data`, blocking as long as needed; return False if the target is gone.

    Args:
        fd: the descriptor to write to.
        data: the bytes.
        meanwhile: called repeatedly while the target is not writable.
    """
    view = memoryview(data)
    try:
        if meanwhile is not None and not stat.S_ISREG(os.fstat(fd).st_mode):
            return _write_polling(fd, view, meanwhile)
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
        _wait_until_writable(fd, 1.0)
        return view


def _write_polling(fd: int, view: memoryview, meanwhile: Callable[[], object]) -> bool:
    while view:
        while not _wait_until_writable(fd, _POLL_SECONDS):
            meanwhile()
        # Bounded: a writable pipe accepts this much without blocking.
        rest = _write(fd, view[:_SAFE_WRITE_BYTES])
        view = view[min(len(view), _SAFE_WRITE_BYTES) - len(rest) :]
    return True


def _wait_until_writable(fd: int, seconds: float) -> bool:
    """Wait until the descriptor is writable or broken; return False after a timeout."""
    if not hasattr(select, "poll"):
        return bool(select.select([], [fd], [], seconds)[1])
    poll = select.poll()
    poll.register(fd, select.POLLOUT)
    return bool(poll.poll(seconds * 1000))
