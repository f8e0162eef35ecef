"""What waits to be fetched: in the order of its coming, and in little memory."""

from __future__ import annotations

import os
import threading
from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sacred._base.spill_file import SpillFile

__all__ = ["PIECE", "Backlog", "forks"]

#: What comes in at once, in bytes.
PIECE = 1 << 18

# When so much waits, somebody should come; with so much it goes to a file, and out of it.
_MUCH = 2 * PIECE
_LIMIT = 4 * PIECE
# What an item takes in memory besides its bytes: a tuple, and the head of the object.
_COST = 100
# In the file each has a head: where it comes from, and its length.
_HEAD = 1 + 4

#: How many forks lie between the first process and this one: cheaper to ask than its id.
forks = [0]


def _after_fork_in_child() -> None:
    forks[0] += 1


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork_in_child)


class Backlog:
    r"""Bytes with a number that says where they come from; fetched first in, first out.

    Whoever fetches them may be slow, or get no time at all for long: a terminal that is
    stopped, a store that does not answer, a thread beside C code that keeps the global lock. So
    what is more than a megabyte is left in a nameless file on the disk, as long as there
    is room; without room it stays in memory, for that is better than losing it.

    Any thread may put and take; a signal handler may do so in the midst of either. After a fork
    the child has what was in memory: the file is its parent's.

    >>> backlog = Backlog()
    >>> backlog.put(1, b"one"); backlog.put(1, b"more"); backlog.put(2, b"two")
    >>> backlog.take(), backlog.take()
    ([(1, b'onemore'), (2, b'two')], [])
    """

    def __init__(self) -> None:
        self._items: deque[tuple[int, bytes]] = deque()
        # Threads may count wrongly here: then it goes to the file a little earlier or later.
        self._held = 0
        self._limit = _LIMIT
        self._begin_file()

    def _begin_file(self) -> None:
        self._fork = forks[0]
        self._file: SpillFile | None = None
        # The places of what is in the file; each is written and read as a whole.
        self._blocks: deque[tuple[int, int]] = deque()
        self._lock = threading.RLock()
        self._is_busy = False

    @property
    def held(self) -> int:
        """How many bytes it takes in memory, about."""
        return self._held

    @property
    def is_long(self) -> bool:
        """Whether so much waits that somebody should come and fetch it."""
        return self._held > _MUCH or bool(self._blocks)

    @property
    def turns(self) -> int:
        """How often to `take` in order to have all that waits now."""
        return len(self._blocks) + self._held // _LIMIT + 1

    def put(self, source: int, data: bytes) -> None:
        """Add to the end. `source` is between 0 and 255; nothing is done for no data."""
        for start in range(0, len(data), PIECE):
            piece = data[start : start + PIECE]
            self._items.append((source, piece))
            self._held += len(piece) + _COST
            if self._held > self._limit:
                self._spill()

    def take(self) -> list[tuple[int, bytes]]:
        """Return what has waited for longest, a megabyte at most; ``[]`` if nothing has."""
        if not (self._items or self._blocks):
            return []  # what most runs print is not worth a lock
        self._part_after_fork()
        with self._lock:
            if self._is_busy:  # we are a signal handler within this function or `_spill`
                return []
            self._is_busy = True
            try:
                return self._from_file() if self._blocks else _merged(self._pop(_LIMIT))
            finally:
                self._is_busy = False

    def clear(self) -> None:
        """Forget all of it."""
        while self.take():
            pass

    def _pop(self, size: int) -> list[tuple[int, bytes]]:
        popped: list[tuple[int, bytes]] = []
        while self._items and size > 0:
            popped.append(self._items.popleft())
            cost = len(popped[-1][1]) + _COST
            self._held -= cost
            size -= cost
        if not self._items:
            self._held, self._limit = 0, _LIMIT
        return popped

    def _spill(self) -> None:
        self._part_after_fork()
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
            block += source.to_bytes(1) + len(data).to_bytes(_HEAD - 1) + data
        try:
            if self._file is None:
                from sacred._base.spill_file import SpillFile

                self._file = SpillFile("sacred-output-")
            self._blocks.append((self._file.append(block), len(block)))
        except BaseException as error:
            self._items.extendleft(reversed(items))
            self._held += sum(len(data) + _COST for _, data in items)
            if not isinstance(error, OSError):
                raise
            self._limit = 2 * self._held  # no room on the disk: try again much later

    def _from_file(self) -> list[tuple[int, bytes]]:
        assert self._file is not None
        position, size = self._blocks.popleft()
        try:
            block = self._file.read(position, size)
            if self._blocks:
                self._file.free(position + size)
            else:
                self._file = None
        except OSError:  # the user's code has closed descriptors that are not its own
            block = b""
        items, start = [], 0
        while start < len(block):
            data = start + _HEAD
            end = data + int.from_bytes(block[start + 1 : data])
            items.append((block[start], block[data:end]))
            start = end
        return items

    def _part_after_fork(self) -> None:
        if self._fork != forks[0]:
            self._begin_file()


def _merged(items: list[tuple[int, bytes]]) -> list[tuple[int, bytes]]:
    """Neighbours from one source as one."""
    merged: list[tuple[int, list[bytes]]] = []
    for source, data in items:
        if merged and merged[-1][0] == source:
            merged[-1][1].append(data)
        else:
            merged.append((source, [data]))
    return [(source, b"".join(parts)) for source, parts in merged]
