"""A pseudo terminal as a sink, so that programs still see a terminal."""

from __future__ import annotations

import ctypes
import errno
import fcntl
import mmap
import os
import secrets
import signal
import termios
import threading
import time
from collections.abc import Iterator

from sacred._base.deferred_thread import helper_thread
from sacred.stdout_capturing.backlog import CHUNK_SIZE
from sacred.stdout_capturing.libc import libc
from sacred.stdout_capturing.sinks import move_fd

# Room for what C code may print without releasing Python's global lock. It is address space
# only: pages take memory when they are written.
_SEGMENT_BYTES = 64 << 20
_SMALL_SEGMENT_BYTES = 1 << 20  # where address space is limited (ulimit -v)

# A zero byte followed by data counts as output after so many seconds.
_SETTLE_SECONDS = 0.002

# Seconds to wait for a mark, and for further marks after one has not arrived.
_SYNC_TIMEOUT = 10.0
_RETRY_SYNC_TIMEOUT = 0.1

# Bounded: others may write faster than we read.
_MAX_CHUNKS_PER_CALL = 2 * (_SEGMENT_BYTES // CHUNK_SIZE)


class TerminalSink:
    """A pseudo terminal with the window size of the user's terminal.

    The kernel buffers only some 12 kB. C code that prints more while it holds Python's global
    lock would deadlock with a reading Python thread. So a thread reads by one long call of C's
    `fread`, which needs no lock, into a large block of zeroed memory, and `chunks` checks how
    far that block is filled.
    """

    def __init__(self, original: int) -> None:
        self._original = original
        self._prepare_libc()
        master, slave = os.openpty()
        self.write_fd = move_fd(slave)
        self._master = move_fd(master)
        self._window = b""
        self._set_raw()
        self.tick()
        self._segments = [_Segment()]
        self.marks: list[bytes] = []  # that have not arrived yet
        self._held = b""  # possibly the start of one
        self._timeout = _SYNC_TIMEOUT
        self._ended = threading.Event()
        helper_thread(self._drain, "sacred-terminal").start()
        # The thread needs the global lock until it reads, and C code may hold it from now on.
        for _ in self.chunks(complete=True):
            pass

    def _prepare_libc(self) -> None:
        library = libc()
        if library is None:
            raise OSError("no C library")
        # The unlocked variant, so that exit() does not wait for the stream of a blocked thread.
        self._fread = getattr(library, "fread_unlocked", None) or library.fread
        self._fread.restype = ctypes.c_size_t
        self._fread.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_size_t, ctypes.c_void_p]
        library.fdopen.restype = ctypes.c_void_p
        library.fdopen.argtypes = [ctypes.c_int, ctypes.c_char_p]
        library.setvbuf.argtypes = [
            ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int, ctypes.c_size_t
        ]  # fmt: skip
        library.clearerr.argtypes = library.fclose.argtypes = [ctypes.c_void_p]

    def _set_raw(self) -> None:
        # As the user's terminal, but without output processing, which happens there.
        attributes = termios.tcgetattr(self._original)
        attributes[1] &= ~termios.OPOST
        attributes[3] &= ~termios.ECHO
        termios.tcsetattr(self.write_fd, termios.TCSANOW, attributes)

    def tick(self) -> None:
        """Copy the window size. Polled: its signal (SIGWINCH) belongs to the user."""
        try:
            window = fcntl.ioctl(self._original, termios.TIOCGWINSZ, b"\0" * 8)
            if window != self._window:
                fcntl.ioctl(self.write_fd, termios.TIOCSWINSZ, window)
                self._window = window
        except OSError:
            pass  # the user's terminal is gone

    def _drain(self) -> None:
        # A signal handled here would only interrupt the read.
        signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
        library = libc()
        stream = library.fdopen(self._master, b"r")
        unbuffered = 2
        library.setvbuf(stream, None, unbuffered, 0)
        segment, ended = self._segments[-1], False
        while not ended:
            ended = not segment.fill(self._fread, stream)
            if not ended and segment.filled == segment.size:
                segment = _Segment()
                self._segments.append(segment)
            library.clearerr(stream)
        self._ended.set()
        library.fclose(stream)

    @property
    def descriptors(self) -> list[int]:
        """Both ends of the pseudo terminal."""
        return [self.write_fd, self._master]

    def chunks(self, complete: bool) -> Iterator[bytes]:
        """Yield what has arrived since the last call.

        Args:
            complete: write a mark and wait until it arrives, and with it everything written
                before.
        """
        if complete:
            yield from self._until_mark()
        for _ in range(_MAX_CHUNKS_PER_CALL):
            arrived = self._scan()
            yield self._without_marks(arrived)
            if len(arrived) < CHUNK_SIZE:
                break

    def _until_mark(self) -> Iterator[bytes]:
        mark = self._send_mark()
        deadline = time.monotonic() + self._timeout
        while mark in self.marks and time.monotonic() < deadline:
            has_ended = self._ended.is_set()
            arrived = self._scan()
            yield self._without_marks(arrived)
            if has_ended and not arrived:
                self.marks.clear()  # no mark will arrive any more
            elif not arrived:
                time.sleep(0)
        # Do not wait as long for further marks if one got lost.
        self._timeout = _RETRY_SYNC_TIMEOUT if self.marks else _SYNC_TIMEOUT

    def _send_mark(self) -> bytes:
        mark = b"\x1b]sacred;" + secrets.token_hex(8).encode() + b"\x07"
        self.marks.append(mark)
        try:
            os.write(self.write_fd, mark)
        except OSError:
            self.marks.remove(mark)
        return mark

    def _without_marks(self, data: bytes) -> bytes:
        """Remove marks that have arrived; hold back what may become one."""
        data, self._held = self._held + data, b""
        clean = b""
        while self.marks:
            found = [(data.find(mark), number) for number, mark in enumerate(self.marks)]
            place, number = min((item for item in found if item[0] >= 0), default=(-1, 0))
            if place < 0:
                start = data.rfind(b"\x1b", -len(self.marks[0]))
                if start >= 0 and any(mark.startswith(data[start:]) for mark in self.marks):
                    data, self._held = data[:start], data[start:]
                break
            clean += data[:place]
            data = data[place + len(self.marks[number]) :]
            # Earlier marks are lost: somebody has flushed the terminal's queue.
            del self.marks[: number + 1]
        return clean + data

    def _scan(self) -> bytes:
        # Never the last one: it is still being filled.
        while len(self._segments) > 1 and self._segments[0].exhausted:
            del self._segments[0]
        return self._segments[0].take(CHUNK_SIZE)

    def forget_in_child(self) -> None:
        """Close the master end, so that the terminal hangs up when the parent dies."""
        os.close(self._master)

    def close(self) -> None:
        """Close our end; the thread ends when the last child process has closed the other one."""
        os.close(self.write_fd)


class _Segment:
    """A block of zeroed memory that C code fills from the start while Python reads it."""

    def __init__(self) -> None:
        flags = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS
        try:
            self._memory = mmap.mmap(-1, _SEGMENT_BYTES, flags=flags)
        except OSError:
            self._memory = mmap.mmap(-1, _SMALL_SEGMENT_BYTES, flags=flags)
        self.size = len(self._memory)
        self._address = ctypes.addressof(ctypes.c_char.from_buffer(self._memory))
        self.filled = 0  # known for certain, whatever the bytes are
        self._taken = 0
        self._freed = 0
        self._unclear = (0, 0.0)  # the place of a zero with data behind it, and since when

    @property
    def exhausted(self) -> bool:
        """Whether all of it has been filled and taken."""
        return self._taken == self.size

    def fill(self, fread: object, stream: int) -> bool:
        """Let C read until the block is full; False at the end of the stream."""
        ctypes.set_errno(0)
        count = fread(  # type: ignore[operator]
            self._address + self.filled, 1, self.size - self.filled, stream
        )
        self.filled += count
        return count > 0 or ctypes.get_errno() == errno.EINTR

    def take(self, limit: int) -> bytes:
        """Return what has come since the last call, at most `limit` bytes."""
        end = min(self._end(self._taken + limit), self._taken + limit)
        data = self._memory[self._taken : end]
        self._taken = end
        self._free()
        return data

    def _end(self, limit: int) -> int:
        start = max(self._taken, self.filled)
        zero = self._memory.find(b"\0", start, limit)
        if zero < 0:
            return min(max(start, limit), self.size)
        # A written zero byte is followed by data sooner or later; so is one that the kernel is
        # about to overwrite, but only briefly.
        behind = self._memory[zero : zero + (1 << 16)]
        rest = len(behind) - len(behind.lstrip(b"\0"))
        if rest == len(behind):
            return zero
        place, since = self._unclear
        if place != zero:
            self._unclear = (zero, time.monotonic())
        elif time.monotonic() - since > _SETTLE_SECONDS:
            return zero + rest
        return zero

    def _free(self) -> None:
        # Whole pages in front of what has been taken.
        end = self._taken - self._taken % mmap.PAGESIZE
        if end > self._freed and hasattr(mmap, "MADV_DONTNEED"):
            self._memory.madvise(mmap.MADV_DONTNEED, self._freed, end - self._freed)
            self._freed = end
