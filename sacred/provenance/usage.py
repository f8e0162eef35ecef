"""Which functions read which entries of the configuration of a run.

Calls of captured functions are counted where their arguments are computed
(`sacred.config.bindings`); here, reads of ``_config`` and of ``run.config`` are counted.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from typing import Any

from sacred._base.tracebacks import is_own_file

__all__ = ["Read", "UsageLog", "note"]

#: How often this process has forked: what its children read is not known here.
_forks = 0


def _count_fork() -> None:
    global _forks
    _forks += 1


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_parent=_count_fork)


class Read:
    """The reads of one entry.

    Attributes:
        calls: the number of reads.
        function: the name of the function that read it first.
        where: the file and line of that read.
    """

    __slots__ = ("calls", "function", "where")

    def __init__(self, function: str, where: str) -> None:
        self.calls = 1
        self.function = function
        self.where = where


class UsageLog:
    """The reads of the configuration of a run, in this process."""

    def __init__(self) -> None:
        self._parts: list[tuple[str, dict[Any, Read]]] = []
        self._forks = _forks
        #: The first read of everything at once, if there was one.
        self.whole: Read | None = None
        #: Functions of other processes may have read entries as well.
        self.is_shared = False

    @property
    def is_complete(self) -> bool:
        """Whether entries that are not recorded here were certainly not read."""
        return not self.is_shared and self._forks == _forks

    def part(self, start: str) -> dict[Any, Read]:
        """Return the record in which a dict of the configuration counts reads of its keys.

        Args:
            start: the prefix of the paths of its entries: empty, or a path and a dot.
        """
        reads: dict[Any, Read] = {}
        self._parts.append((start, reads))
        return reads

    def by_path(self) -> Iterator[tuple[str, Read]]:
        """Return all reads of single entries."""
        for start, reads in self._parts:
            for key, read in list(reads.items()):
                yield f"{start}{key}", read

    def note_whole(self) -> None:
        """Record that the user's calling code may read everything from now on."""
        if self.whole is None:
            found: dict[Any, Read] = {}
            note(found, ("",))
            self.whole = found.get("")
        else:
            self.whole.calls += 1


def note(reads: dict[Any, Any], keys: Iterable[Any]) -> None:
    """Record first reads of keys, by the innermost code outside of this package.

    Args:
        reads: the record of the dict; for known keys, only the count changes.
        keys: the keys that are read.
    """
    frame: Any = sys._getframe(1)
    while frame is not None and is_own_file(frame.f_code.co_filename):
        frame = frame.f_back
    if frame is None:
        return
    code = frame.f_code
    for key in keys:
        read = reads.get(key)
        if read is None:
            reads[key] = Read(code.co_name, f"{code.co_filename}:{frame.f_lineno}")
        else:
            read.calls += 1
