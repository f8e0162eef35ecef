"""What a captured file descriptor is connected to instead of its original.

A sink has a `write_fd`, which is put in the place of descriptor 1 or 2 and which child processes
inherit, and gives back what was written to it.
"""

from __future__ import annotations

import os
from typing import Protocol

# Descriptors of our own stay above those that shells and scripts number by hand ("3>log"), and
# never become 0, 1 or 2 in a process that was started with one of these closed.
_LOWEST_FD = 20

# How much may be on record in a `FileSink` before its memory is given back.
_KEEP = 4 << 20

# So much in front of the position is compared to notice that somebody has emptied the file.
_TAIL = 64


class Sink(Protocol):
    """A place that a descriptor writes to and that we read from."""

    write_fd: int

    def read(self) -> bytes:
        """Return all that is new now; ``b""`` if that is nothing. Does not wait."""

    def sync(self) -> None:
        """Wait until all that was written before this call can be read."""

    def tick(self) -> None:
        """Called every few milliseconds while the capture runs."""

    def forget_in_child(self) -> None:
        """Close what only the parent of a fork may hold."""

    def close(self) -> None:
        """Give up our ends. Child processes may still hold theirs."""


def own_fd(fd: int) -> int:
    """Return a high, not inherited copy of `fd` (`OSError` if that is closed)."""
    import fcntl

    return fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, _LOWEST_FD)


def move_fd(fd: int) -> int:
    """As `own_fd`, and close `fd`."""
    try:
        return own_fd(fd)
    finally:
        os.close(fd)


class FileSink:
    """A nameless file to which everybody appends.

    Not a pipe, whose writers wait for us when it is full. C code that prints while it holds
    Python's global lock would then wait for a reader that waits for the lock: for ever.

    >>> sink = FileSink()
    >>> os.write(sink.write_fd, b"hello")
    5
    >>> sink.read(), sink.read()
    (b'hello', b'')
    >>> sink.close()
    """

    def __init__(self) -> None:
        self.write_fd = move_fd(_nameless_file())
        self._set_append()
        self._position = 0
        self._stamp = (0, 0)
        self._freed = 0
        self._tail = b""

    def _set_append(self) -> None:
        import fcntl

        flags = fcntl.fcntl(self.write_fd, fcntl.F_GETFL)
        fcntl.fcntl(self.write_fd, fcntl.F_SETFL, flags | os.O_APPEND)

    def read(self) -> bytes:
        """Return all that was appended since the last call."""
        state = os.fstat(self.write_fd)
        stamp = (state.st_size, state.st_mtime_ns)
        if stamp == self._stamp:
            return b""
        self._stamp = stamp
        if self._was_emptied():
            self._position = self._freed = 0
            self._tail = b""
        data = os.pread(self.write_fd, max(0, stamp[0] - self._position), self._position)
        self._position += len(data)
        if self._position < stamp[0]:
            self._stamp = (-1, 0)  # there is more than one call reads (2 GB)
        self._tail = (self._tail + data[-_TAIL:])[-_TAIL:]
        if self._position - self._freed > _KEEP:
            self._free()
        return data

    def _was_emptied(self) -> bool:
        # A shell's `echo text >/dev/stderr` opens the file anew and truncates it. Then it is
        # shorter than what we have read, or has other content before our position.
        before = os.pread(self.write_fd, len(self._tail), self._position - len(self._tail))
        return before != self._tail

    def _free(self) -> None:
        from sacred.stdout_capturing.process import free_file_range

        # Without the tail, which `_was_emptied` looks at.
        end = self._position - _TAIL
        free_file_range(self.write_fd, self._freed, end - self._freed)
        self._freed = end

    def sync(self) -> None:
        """Nothing to wait for: what is written to a file can be read at once."""

    def tick(self) -> None:
        """Nothing to do."""

    def forget_in_child(self) -> None:
        """Nothing that only the parent may hold."""

    def close(self) -> None:
        """Close the file; it lives on as long as a child process has it open."""
        os.close(self.write_fd)


def _nameless_file() -> int:
    # In memory where possible: a full or read-only /tmp must not make the user's print() fail.
    if hasattr(os, "memfd_create"):
        try:
            return os.memfd_create("sacred-output", os.MFD_CLOEXEC)
        except OSError:
            pass
    import tempfile

    fd, name = tempfile.mkstemp(prefix="sacred-output-")
    os.unlink(name)
    return fd
