"""A FIFO of bytes that spills to disk."""

from __future__ import annotations

import os
import threading
from collections import deque

from sacred.stdout_capturing.spill_file import SpillFile

__all__ = ["CHUNK_SIZE", "Backlog", "forks"]

#: Bytes per item.
CHUNK_SIZE = 1 << 18

# From `LARGE_BYTES` on the consumer is notified; above `MAX_BYTES_IN_MEMORY` items go to a
# file, and they come back in blocks of that size.
LARGE_BYTES = 2 * CHUNK_SIZE
MAX_BYTES_IN_MEMORY = 4 * CHUNK_SIZE
# Memory of an item besides its bytes: a tuple and object headers.
_ITEM_OVERHEAD = 100
# Header of an item in the file: its source and length.
_HEADER_BYTES = 1 + 4

#: Number of forks between the first process and this one; cheaper to read than the pid.
forks = [0]


def _after_fork_in_child() -> None:
    forks[0] += 1


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork_in_child)


class Backlog:
    r"""A FIFO of bytes, each item with the number of its source.

    The consumer may be slow, or blocked for a long time: a stopped terminal, a store that does not
    answer, C code that holds the global lock. So everything above a megabyte is kept in an
    anonymous file on disk while there is room; without room it stays in memory rather than
    being lost.

    Any thread may put and take, and so may a signal handler that interrupts either. After a
    fork the child has the items in memory; the file belongs to its parent.

    >>> backlog = Backlog()
    >>> backlog.put(1, b"one"); backlog.put(1, b"more"); backlog.put(2, b"two")
    >>> backlog.take(), backlog.take()
    ([(1, b'onemore'), (2, b'two')], [])
    """

    def __init__(self) -> None:
        self._items: deque[tuple[int, bytes]] = deque()
        # Racy on purpose: items then go to the file a little earlier or later.
        self._held = 0
        self._limit = MAX_BYTES_IN_MEMORY
        self._begin_file()

    def _begin_file(self) -> None:
        self._fork = forks[0]
        self.spill_file: SpillFile | None = None
        # (position, size) of the blocks in the file; each is written and read as a whole.
        self._blocks: deque[tuple[int, int]] = deque()
        self._lock = threading.RLock()
        self._is_busy = False

    @property
    def held(self) -> int:
        """Approximate memory in bytes."""
        return self._held

    @property
    def is_large(self) -> bool:
        """Whether so much waits that the consumer should be notified."""
        return self._held > LARGE_BYTES or bool(self._blocks)

    @property
    def takes_needed(self) -> int:
        """Number of `take` calls that fetch everything waiting now."""
        return len(self._blocks) + self._held // MAX_BYTES_IN_MEMORY + 1

    def put(self, source: int, data: bytes) -> None:
        """Append data; empty data is ignored.

        Args:
            source: which stream it comes from, 0 to 255.
            data: of any length.
        """
        for start in range(0, len(data), CHUNK_SIZE):
            piece = data[start : start + CHUNK_SIZE]
            self._items.append((source, piece))
            self._held += len(piece) + _ITEM_OVERHEAD
            if self._held > self._limit:
                self._spill()

    def take(self) -> list[tuple[int, bytes]]:
        """Remove and return the oldest items, at most a megabyte; ``[]`` if there are none."""
        if not (self._items or self._blocks):
            return []  # the usual case; saves the lock
        self._reset_after_fork()
        with self._lock:
            if self._is_busy:  # in a signal handler that interrupted this function or `_spill`
                return []
            self._is_busy = True
            try:
                return (
                    self._from_file() if self._blocks else _merged(self._pop(MAX_BYTES_IN_MEMORY))
                )
            finally:
                self._is_busy = False

    def clear(self) -> None:
        """Drop all items."""
        while self.take():
            pass

    def _pop(self, size: int) -> list[tuple[int, bytes]]:
        popped: list[tuple[int, bytes]] = []
        while self._items and size > 0:
            popped.append(self._items.popleft())
            cost = len(popped[-1][1]) + _ITEM_OVERHEAD
            self._held -= cost
            size -= cost
        if not self._items:
            self._held, self._limit = 0, MAX_BYTES_IN_MEMORY
        return popped

    def _spill(self) -> None:
        self._reset_after_fork()
        with self._lock:
            if self._is_busy or self._held <= self._limit:
                return
            self._is_busy = True
            try:
                self._to_file(self._pop(self._held))
            finally:
                self._is_busy = False

    def _to_file(self, items: list[tuple[int, bytes]]) -> None:
        block = bytearray()
        for source, data in _merged(items):
            block += source.to_bytes(1) + len(data).to_bytes(_HEADER_BYTES - 1) + data
        try:
            if self.spill_file is None:
                self.spill_file = SpillFile("sacred-output-")
            self._blocks.append((self.spill_file.append(block), len(block)))
        except BaseException as error:
            self._items.extendleft(reversed(items))
            self._held += sum(len(data) + _ITEM_OVERHEAD for _, data in items)
            if not isinstance(error, OSError):
                raise
            self._limit = 2 * self._held  # no room on the disk: try again much later

    def _from_file(self) -> list[tuple[int, bytes]]:
        assert self.spill_file is not None
        position, size = self._blocks.popleft()
        try:
            block = self.spill_file.read(position, size)
            if self._blocks:
                self.spill_file.free(position + size)
            else:
                self.spill_file = None
        except OSError:  # the user's code has closed descriptors that are not its own
            block = b""
        items, start = [], 0
        while start < len(block):
            data = start + _HEADER_BYTES
            end = data + int.from_bytes(block[start + 1 : data])
            items.append((block[start], block[data:end]))
            start = end
        return items

    def _reset_after_fork(self) -> None:
        if self._fork != forks[0]:
            self._begin_file()


def _merged(items: list[tuple[int, bytes]]) -> list[tuple[int, bytes]]:
    """Join neighbouring items of one source."""
    merged: list[tuple[int, list[bytes]]] = []
    for source, data in items:
        if merged and merged[-1][0] == source:
            merged[-1][1].append(data)
        else:
            merged.append((source, [data]))
    return [(source, b"".join(parts)) for source, parts in merged]
