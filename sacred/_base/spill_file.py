"""A file that has no name: for what is too long to stay in memory, and of no use afterwards."""

from __future__ import annotations

import os
import weakref
from typing import IO

__all__ = ["SpillFile"]


class SpillFile:
    """Bytes on the disk that nobody else can open, gone with this object or its process.

    After a fork both processes have the same file; only one of them may change it.

    Args:
        prefix: of the name that it has for a moment.

    Raises:
        OSError: there is no place for it.

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
        """Add to the end, all or nothing; return where it stands.

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
        """Return `size` bytes from `position` on; fewer at the end.

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

    def free(self, end: int) -> None:
        """Give back the disk space in front of `end`, if the system can (Linux)."""
        from sacred._base.libc import free_file_range

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
    # In many systems /tmp is in memory, which is what is to be spared. Who has set TMPDIR,
    # however, has meant it.
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
