"""Sinks: replacement targets of captured file descriptors.

A sink's `write_fd` replaces descriptor 1 or 2 and is inherited by child processes; what was
written to it can be read from the sink.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Protocol

from sacred.stdout_capturing.backlog import CHUNK_SIZE
from sacred.stdout_capturing.libc import free_file_range

# Our descriptors stay above those that scripts number explicitly ("3>log"), and never become
# 0, 1 or 2 in a process that was started with one of these closed.
_LOWEST_FD = 20

# Bytes read from a `FileSink` before their memory is released.
_MAX_UNFREED_BYTES = 4 << 20

# Bytes before the position that are compared to detect truncation by others.
_TAIL_BYTES = 64


class Sink(Protocol):
    """A target that a descriptor writes to and that we read from."""

    write_fd: int

    @property
    def descriptors(self) -> list[int]:
        """Its descriptors, which user code must not close."""

    def chunks(self, complete: bool) -> Iterator[bytes]:
        """Yield new bytes, at most a megabyte at a time.

        Args:
            complete: include everything written before this call, waiting if needed.
        """

    def tick(self) -> None:
        """Do what is due; called every few milliseconds while the capture runs."""

    def forget_in_child(self) -> None:
        """Close what a forked child must not hold."""

    def close(self) -> None:
        """Close our descriptors; child processes may still hold theirs."""


def own_fd(fd: int) -> int:
    """Return a high copy of `fd` that is not inherited (`OSError` if that is closed)."""
    # Not at the top, as others below: Windows has no `fcntl`.
    import fcntl

    return fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, _LOWEST_FD)


def move_fd(fd: int) -> int:
    """Replace `fd` with a high copy, as from `own_fd`, and close `fd`."""
    try:
        return own_fd(fd)
    finally:
        os.close(fd)


def identity(fd: int) -> tuple[int, int]:
    """Return what file a descriptor refers to (`OSError` if it is closed).

    User code may close our descriptors (daemons close all of them), and their numbers may then
    belong to other files.
    """
    state = os.fstat(fd)
    return state.st_dev, state.st_ino


def refers_to(fd: int, file: tuple[int, int]) -> bool:
    """Whether a descriptor is open and still refers to a file.

    Args:
        fd: descriptor.
        file: device and inode, as `identity` returns them.
    """
    try:
        return identity(fd) == file
    except OSError:
        return False


class FileSink:
    """An anonymous file to which all writers append.

    Not a pipe, whose writers block when it is full: C code that prints while it holds Python's
    global lock would deadlock with our reader, which needs that lock.

    >>> sink = FileSink()
    >>> os.write(sink.write_fd, b"hello")
    5
    >>> list(sink.chunks(True)), list(sink.chunks(True))
    ([b'hello'], [])
    >>> sink.close()
    """

    def __init__(self) -> None:
        self.write_fd = move_fd(_anonymous_file())
        self._file = identity(self.write_fd)
        self._set_append()
        self._position = 0
        self._stamp = (0, 0)
        self._freed = 0
        self._tail = b""

    def _set_append(self) -> None:
        import fcntl

        flags = fcntl.fcntl(self.write_fd, fcntl.F_GETFL)
        fcntl.fcntl(self.write_fd, fcntl.F_SETFL, flags | os.O_APPEND)

    @property
    def descriptors(self) -> list[int]:
        """The descriptor of the file."""
        return [self.write_fd]

    def chunks(self, complete: bool) -> Iterator[bytes]:
        """Yield what was appended since the last call."""
        if not refers_to(self.write_fd, self._file):
            self._reopen()
        state = os.fstat(self.write_fd)
        stamp = (state.st_size, state.st_mtime_ns)
        if stamp == self._stamp:
            return
        if self._was_emptied():
            self._position = self._freed = 0
            self._tail = b""
        # Bounded: others may write faster than we read.
        while (left := stamp[0] - self._position) > 0:
            data = os.pread(self.write_fd, min(left, CHUNK_SIZE), self._position)
            if not data:
                return  # truncated by others just now
            self._position += len(data)
            self._tail = (self._tail + data[-_TAIL_BYTES:])[-_TAIL_BYTES:]
            if self._position - self._freed > _MAX_UNFREED_BYTES:
                self._free()
            yield data
        self._stamp = stamp

    def _reopen(self) -> None:
        # Closed by user code. What is captured is a copy of it, as long as that is left alone.
        for fd in (1, 2):
            if refers_to(fd, self._file):
                self.write_fd = own_fd(fd)
                return
        raise OSError("the descriptors of the output have been closed")

    def _was_emptied(self) -> bool:
        # A shell's `echo text >/dev/stderr` opens the file anew and truncates it: it is then
        # shorter than our position, or has other content before it.
        before = os.pread(self.write_fd, len(self._tail), self._position - len(self._tail))
        return before != self._tail

    def _free(self) -> None:
        # Without the tail, which `_was_emptied` compares.
        end = self._position - _TAIL_BYTES
        free_file_range(self.write_fd, self._freed, end - self._freed)
        self._freed = end

    def tick(self) -> None:
        """Nothing to do."""

    def forget_in_child(self) -> None:
        """Nothing to close."""

    def close(self) -> None:
        """Close the file; it exists until the last child process closes it."""
        if refers_to(self.write_fd, self._file):
            os.close(self.write_fd)


def _anonymous_file() -> int:
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
