"""What every capture mode yields: the recorded text, handed out piece by piece."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import Self

from sacred.stdout_capturing.backlog import PIECE, Backlog, forks

# What a short text takes in memory besides its characters, and how much is put away at once.
_COST = 50
_MUCH = 1 << 16


class CapturedOutput:
    """The output recorded so far; as it stands, of a mode that records nothing.

    The modes that record override `_start`, `_stop` and `flush` and call `_add`. Entering the
    context starts the recording, leaving it ends it; both are done once.

    >>> with CapturedOutput() as output:
    ...     output._add("a")
    ...     output._add("b")
    ...     first = output.get()
    ...     output._add("c")
    >>> first, output.get(), output.get()
    ('ab', 'c', '')
    """

    def __init__(self) -> None:
        # Texts come here first, for many of them are short.
        self._new: deque[str] = deque()
        self._new_size = 0
        self._is_putting = False
        self._reset_new_lock()
        self._waiting = Backlog()
        #: Called, by the thread that records, when much text waits to be fetched.
        self.on_much: Callable[[], object] | None = None
        self._closed = False

    @property
    def closed(self) -> bool:
        """Whether the recording has ended. The rest of the text can still be fetched."""
        return self._closed

    def get(self) -> str:
        """Return the text recorded since the last call; after the end its rest, then ``""``."""
        return "".join(self.pieces())

    def pieces(self) -> Iterator[str]:
        """As `get`, a megabyte at a time: what waits on the disk need not be in memory."""
        if not self._closed:
            self.flush()
        self._put_away()
        # Not until nothing is left: others may write faster than we read.
        for _ in range(self._waiting.turns):
            for _, data in self._waiting.take():
                yield data.decode("utf-8", "surrogatepass")

    def flush(self) -> None:
        """Take in all that was written up to now, buffers of `sys.stdout` included."""

    def finalize(self) -> None:
        """End the recording and put back all that was replaced. Only the first call acts."""
        if not self._closed:
            # First, so that a failing `_stop` is not run a second time.
            self._closed = True
            self._stop()

    def _add(self, text: str) -> None:
        if text:
            self._new.append(text)
            # Threads may count wrongly here; then it is put away a little earlier or later.
            self._new_size += len(text) + _COST
            if self._new_size > _MUCH:
                self._put_away()
                if self._waiting.is_long and self.on_much is not None:
                    self.on_much()

    def _put_away(self) -> None:
        if not self._new:
            return
        if self._fork != forks[0]:
            self._reset_new_lock()  # another thread of the parent may have held it at the fork
        with self._new_lock:
            if self._is_putting:  # a signal handler that prints has come here
                return
            self._is_putting = True
            try:
                self._new_size = 0
                texts = "".join([self._new.popleft() for _ in range(len(self._new))])
                for start in range(0, len(texts), PIECE):
                    # Streams take halves of characters, which UTF-8 does not have.
                    data = texts[start : start + PIECE].encode("utf-8", "surrogatepass")
                    self._waiting.put(0, data)
            finally:
                self._is_putting = False

    def _forget(self) -> None:
        """In a forked child: what was recorded is its parent's."""
        self._new = deque()
        self._waiting = Backlog()

    def _reset_new_lock(self) -> None:
        self._fork = forks[0]
        self._new_lock = threading.RLock()
        self._is_putting = False

    def _start(self) -> None:
        """Begin to record."""

    def _stop(self) -> None:
        """End the recording."""

    def __enter__(self) -> Self:
        self._start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.finalize()
