"""What every capture mode yields: the recorded text, handed out piece by piece."""

from __future__ import annotations

from collections import deque
from types import TracebackType
from typing import Self


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
        self._closed = False

    @property
    def closed(self) -> bool:
        """Whether the recording has ended. The rest of the text can still be fetched."""
        return self._closed

    def get(self) -> str:
        """Return the text recorded since the last call; after the end its rest, then ``""``."""
        if not self._closed:
            self.flush()
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
