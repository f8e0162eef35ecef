"""What every capture mode yields: the recorded text, handed out piece by piece."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from types import TracebackType
from typing import Self

# Characters; when so many wait to be fetched, `on_much` is called.
_MUCH = 1 << 20


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
        self._pieces: deque[str] = deque()
        self._waiting = 0
        #: Called, by the thread that records, when much text waits to be fetched.
        self.on_much: Callable[[], object] | None = None
        self._closed = False

    @property
    def closed(self) -> bool:
        """Whether the recording has ended. The rest of the text can still be fetched."""
        return self._closed

    def get(self) -> str:
        """Return the text recorded since the last call; after the end its rest, then ``""``."""
        if not self._closed:
            self.flush()
        self._waiting = 0
        # Piece by piece: other threads add meanwhile, and a signal handler may call this, too.
        pieces = []
        for _ in range(len(self._pieces)):
            try:
                pieces.append(self._pieces.popleft())
            except IndexError:
                break
        return "".join(pieces)

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
            self._pieces.append(text)
            # Threads may count wrongly here; then it is called a little earlier or later.
            self._waiting += len(text)
            if self._waiting > _MUCH and self.on_much is not None:
                self.on_much()

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
