"""Anonymous temporary files for data too large to stay in memory."""

from __future__ import annotations

import os
import weakref
from typing import IO

from sacred.stdout_capturing.libc import free_file_range

__all__ = ["SpillFile"]


class SpillFile:
    """An anonymous file on disk, removed with this object or its process.

    After a fork both processes have the same file; only one of them may change it.

    Args:
        prefix: start of the name that the file has before it is unlinked.

    Raises:
        OSError: it cannot be created.

    >>> file = SpillFile("example-")
    >>> file.append(b"hello"), file.append(b" world")
    (0, 5)
    >>> file.read(6, 99)
    b'world'
    """

    def __init__(self, prefix: str) -> None:
        self._file = _open(prefix)
        weakref.finalize(self, self._file.close)
        self._size = 0
        self._freed = 0

    def append(self, data: bytes | bytearray) -> int:
        """Append all of `data` or nothing; return its position.

        Raises:
            OSError: the disk is full, for example.
        """
        view, position = memoryview(data), self._size
        while view:
            written = _write_at(self._file, view, position)
            view, position = view[written:], position + written
        start, self._size = self._size, position
        return start

    def read(self, position: int, size: int) -> bytes:
        """Read a range, which ends with the file at the latest.

        Args:
            position: in bytes.
            size: in bytes.

        Raises:
            OSError: it cannot be read.
        """
        # Without moving the position, which a forked child would move for its parent, too.
        data = _read_at(self._file, size, position)
        while 0 < len(data) < size:  # one call reads at most 2 GB
            more = _read_at(self._file, size - len(data), position + len(data))
            if not more:
                break
            data += more
        return data

    def fileno(self) -> int:
        """Return the descriptor of the file."""
        return self._file.fileno()

    def free(self, end: int) -> None:
        """Release the disk space before `end` where the system can (Linux)."""
        free_file_range(self._file.fileno(), self._freed, end - self._freed)
        self._freed = end


def _open(prefix: str) -> IO[bytes]:
    import tempfile  # brings a dozen modules, and short runs need none of this

    for directory in (_on_a_disk(tempfile.gettempdir()), None):
        try:
            return tempfile.TemporaryFile(prefix=prefix, buffering=0, dir=directory)
        except OSError:
            if directory is None:
                raise
    raise AssertionError("unreachable")


def _on_a_disk(directory: str) -> str | None:
    # /tmp is often a file system in memory, which is to be spared. An explicit TMPDIR counts.
    is_chosen = any(os.environ.get(name) for name in ("TMPDIR", "TEMP", "TMP"))
    return "/var/tmp" if directory == "/tmp" and not is_chosen else None


def _read_at(file: IO[bytes], size: int, position: int) -> bytes:
    if hasattr(os, "pread"):
        return os.pread(file.fileno(), size, position)
    file.seek(position)  # Windows, which does not fork
    return file.read(size)


def _write_at(file: IO[bytes], data: memoryview, position: int) -> int:
    if hasattr(os, "pwrite"):
        return os.pwrite(file.fileno(), data, position)
    file.seek(position)
    return file.write(data)
