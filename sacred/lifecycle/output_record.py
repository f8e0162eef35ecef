"""The output of a run so far: of any length, in little memory.

Observers of the classic interface are given the whole text at every beat, and users may
ask for it (``run.captured_out``); it is put together when somebody does. What keeps
records takes the new part only (`sacred.events.OutputWritten`), so as long as nobody
asks, the memory does not grow with the output.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from sacred._base.text import common_prefix_length

if TYPE_CHECKING:
    from sacred._base.spill_file import SpillFile

__all__ = ["LongText", "OutputPiece", "OutputRecord"]

OutputFilter = Callable[[str], str]

# Characters that stay in memory; what is longer goes to a file without a name.
_IN_MEMORY = 1 << 20


class OutputPiece(NamedTuple):
    """The output is now ``output[:start] + text``; `offset` is `start` in bytes of UTF-8."""

    start: int
    offset: int
    text: str


class LongText:
    """A text that grows at its end.

    >>> text = LongText()
    >>> text.append("a" * 3_000_000); text.append("b")
    >>> len(str(text)), str(text)[-2:]
    (3000001, 'ab')
    """

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._waiting = 0
        self._file: SpillFile | None = None
        self._size = 0
        self._can_spill = True
        # Users may ask for it while the heart appends.
        self._lock = threading.Lock()

    def append(self, new: str) -> None:
        """Add to the end."""
        with self._lock:
            self._pieces.append(new)
            self._waiting += len(new)
            if self._waiting > _IN_MEMORY and self._can_spill:
                self._spill()

    def __str__(self) -> str:
        with self._lock:
            self._pieces = ["".join(self._pieces)]
            return self._in_file() + self._pieces[0]

    def _spill(self) -> None:
        # Half of a character that UTF-8 does not have must come back as it was.
        data = "".join(self._pieces).encode("utf-8", "surrogatepass")
        try:
            if self._file is None:
                from sacred._base.spill_file import SpillFile

                self._file = SpillFile("sacred-output-")
            self._file.append(data)
        except OSError:
            self._can_spill = False  # no place on the disk: then in memory
            return
        self._size += len(data)
        self._pieces, self._waiting = [], 0

    def _in_file(self) -> str:
        if self._file is None:
            return ""
        return self._file.read(0, self._size).decode("utf-8", "surrogatepass")


class OutputRecord:
    """The whole captured output of a run so far, filtered if the user wants it.

    >>> record = OutputRecord(str.upper, logging.getLogger("doc"))
    >>> record.add("a")
    OutputPiece(start=0, offset=0, text='A')
    >>> record.add("b").text, str(record)
    ('B', 'AB')
    """

    def __init__(self, output_filter: OutputFilter | None, logger: logging.Logger) -> None:
        self._text = LongText()
        self._length = 0
        self._bytes = 0
        # A filter takes and gives the whole text, so it has to be there.
        self._filtered = ""
        self._filter = output_filter
        self._logger = logger

    def __str__(self) -> str:
        return self._filtered if self._filter is not None else str(self._text)

    def add(self, new: str) -> OutputPiece | None:
        """Append text; a filter that fails is reported once and dropped.

        Returns:
            what has changed; None if nothing has.
        """
        if not new:
            return None
        if self._filter is not None:
            return self._add_filtered(self._filter, new)
        piece = OutputPiece(self._length, self._bytes, new)
        self._text.append(new)
        self._length += len(new)
        self._bytes += size_in_utf8(new)
        return piece

    def _add_filtered(self, output_filter: OutputFilter, new: str) -> OutputPiece | None:
        before = self._filtered
        try:
            after = output_filter(before + new)
        except Exception as error:
            self._logger.warning(
                "The captured_out_filter failed with %s: %s. The output is stored unfiltered.",
                type(error).__name__,
                error,
            )
            self._text.append(before)
            self._filter, self._filtered = None, ""
            return self.add(new)
        if after == before:
            return None
        start, offset = self._length, self._bytes
        if not after.startswith(before):  # the end has been rewritten, as with progress bars
            start = common_prefix_length(before, after)
            offset = size_in_utf8(before[:start])
        self._filtered, self._length = after, len(after)
        self._bytes = offset + size_in_utf8(after[start:])
        return OutputPiece(start, offset, after[start:])


def size_in_utf8(text: str) -> int:
    """How many bytes it takes; what UTF-8 has no form for becomes a question mark.

    >>> size_in_utf8("aö"), size_in_utf8(chr(0xDC80))
    (3, 1)
    """
    return len(text) if text.isascii() else len(text.encode(errors="replace"))
