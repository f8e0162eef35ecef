"""What every capture mode yields: the recorded text, in chunks."""

from __future__ import annotations

import contextlib
import threading
from collections import deque
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import Self

from sacred.stdout_capturing.backlog import CHUNK_SIZE, Backlog, forks

# Memory of a short text besides its characters, and the size from which texts are moved on.
_TEXT_OVERHEAD = 50
_MAX_NEW_CHARS = 1 << 16


class CapturedOutput:
    """The output recorded so far; this base class records nothing.

    The modes that record override `_start`, `_stop` and `flush` and call `_add`. Entering the
    context starts the recording, leaving it ends it; both are done once.

    >>> with CapturedOutput() as output:
    ...     output.add("a")
    ...     output.add("b")
    ...     first = output.get()
    ...     output.add("c")
    >>> first, output.get(), output.get()
    ('ab', 'c', '')
    """

    def __init__(self) -> None:
        # Texts are collected here first, since many of them are short.
        self._new: deque[str] = deque()
        self._new_size = 0
        self._is_moving = False
        self._reset_new_lock()
        self.backlog = Backlog()
        #: Called by the recording thread when a lot of text waits to be fetched.
        self.on_large_backlog: Callable[[], object] | None = None
        self._closed = False

    @property
    def closed(self) -> bool:
        """Whether recording has ended; the rest of the text can still be fetched."""
        return self._closed

    def get(self) -> str:
        """Return the text recorded since the last call; after the end the rest, then ``""``."""
        return "".join(self.chunks())

    def chunks(self) -> Iterator[str]:
        """Yield the text as `get` returns it, in chunks of at most a megabyte."""
        if not self._closed:
            self.flush()
        self._move_to_backlog()
        # Bounded: others may write faster than we read.
        for _ in range(self.backlog.takes_needed):
            for _, data in self.backlog.take():
                yield data.decode("utf-8", "surrogatepass")

    def flush(self) -> None:
        """Record everything written up to now, including buffers of `sys.stdout`."""

    @contextlib.contextmanager
    def suspended(self) -> Iterator[None]:
        """Within this block, let the output go where it would go without this capture."""
        yield

    def finalize(self) -> None:
        """End the recording and restore everything replaced; idempotent."""
        if not self._closed:
            # First, so that a failing `_stop` is not run a second time.
            self._closed = True
            self._stop()

    def add(self, text: str) -> None:
        """Record a string; an empty one is ignored."""
        if text:
            self._new.append(text)
            # Racy on purpose: the text is then moved a little earlier or later.
            self._new_size += len(text) + _TEXT_OVERHEAD
            if self._new_size > _MAX_NEW_CHARS:
                self._move_to_backlog()
                if self.backlog.is_large and self.on_large_backlog is not None:
                    self.on_large_backlog()

    def _move_to_backlog(self) -> None:
        if not self._new:
            return
        if self._fork != forks[0]:
            self._reset_new_lock()  # another thread of the parent may have held it at the fork
        with self._new_lock:
            if self._is_moving:  # re-entered by a signal handler that prints
                return
            self._is_moving = True
            try:
                self._new_size = 0
                texts = "".join([self._new.popleft() for _ in range(len(self._new))])
                for start in range(0, len(texts), CHUNK_SIZE):
                    # Streams accept lone surrogates, which UTF-8 does not have.
                    data = texts[start : start + CHUNK_SIZE].encode("utf-8", "surrogatepass")
                    self.backlog.put(0, data)
            finally:
                self._is_moving = False

    def _forget(self) -> None:
        """Drop the recorded text in a forked child: it belongs to the parent."""
        self._new = deque()
        self.backlog = Backlog()

    def _reset_new_lock(self) -> None:
        self._fork = forks[0]
        self._new_lock = threading.RLock()
        self._is_moving = False

    def _start(self) -> None:
        """Start recording."""

    def _stop(self) -> None:
        """Stop recording."""

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
