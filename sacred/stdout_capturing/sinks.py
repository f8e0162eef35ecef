"""What a captured file descriptor is connected to instead of its original.

A sink has a `write_fd`, which is put in the place of descriptor 1 or 2 and which child processes
inherit, and gives back what was written to it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Protocol

from sacred.stdout_capturing.backlog import PIECE

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

    def pieces(self, complete: bool) -> Iterator[bytes]:
        """Yield what is new now, a megabyte at a time.

        Args:
            complete: wait for all that was written before this call.
        """

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
    >>> list(sink.pieces(True)), list(sink.pieces(True))
    ([b'hello'], [])
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

    def pieces(self, complete: bool) -> Iterator[bytes]:
        """Yield what was appended since the last call; all of it can be read at once."""
        state = os.fstat(self.write_fd)
        stamp = (state.st_size, state.st_mtime_ns)
        if stamp == self._stamp:
            return
        if self._was_emptied():
            self._position = self._freed = 0
            self._tail = b""
        # Not what comes meanwhile: others may write faster than we read.
        while (left := stamp[0] - self._position) > 0:
            data = os.pread(self.write_fd, min(left, PIECE), self._position)
            if not data:
                return  # somebody has emptied it just now
            self._position += len(data)
            self._tail = (self._tail + data[-_TAIL:])[-_TAIL:]
            if self._position - self._freed > _KEEP:
                self._free()
            yield data
        self._stamp = stamp

    def _was_emptied(self) -> bool:
        # A shell's `echo text >/dev/stderr` opens the file anew and truncates it. Then it is
        # shorter than what we have read, or has other content before our position.
        before = os.pread(self.write_fd, len(self._tail), self._position - len(self._tail))
        return before != self._tail

    def _free(self) -> None:
        from sacred._base.libc import free_file_range

        # Without the tail, which `_was_emptied` looks at.
        end = self._position - _TAIL
        free_file_range(self.write_fd, self._freed, end - self._freed)
        self._freed = end

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
