"""The output of a run so far: of any length, in bounded memory.

Observers of the classic interface receive the whole text with every heartbeat, and users may
read it (``run.captured_out``); it is assembled on demand. Store observers receive only the new
chunk (`sacred.events.OutputWritten`), so without such readers memory does not grow with the
output.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import NamedTuple

from sacred._base.text import common_prefix_length
from sacred.stdout_capturing.spill_file import SpillFile

__all__ = ["OutputChunk", "OutputRecord", "SpillingText"]

OutputFilter = Callable[[str], str]

# Longer text is moved to an anonymous file.
MAX_CHARS_IN_MEMORY = 1 << 20


class OutputChunk(NamedTuple):
    """The output is now ``output[:start] + text``; `offset` is `start` in bytes of UTF-8."""

    start: int
    offset: int
    text: str


class SpillingText:
    """A string that grows at its end and spills to disk.

    >>> text = SpillingText()
    >>> text.append("a" * 3_000_000); text.append("b")
    >>> len(str(text)), str(text)[-2:]
    (3000001, 'ab')
    """

    def __init__(self) -> None:
        self._chunks: list[str] = []
        self._waiting = 0
        self._file: SpillFile | None = None
        self._size = 0
        self._can_spill = True
        # Users may read it while the heartbeat thread appends.
        self._lock = threading.Lock()

    def append(self, new: str) -> None:
        """Append text."""
        with self._lock:
            self._chunks.append(new)
            self._waiting += len(new)
            if self._waiting > MAX_CHARS_IN_MEMORY and self._can_spill:
                self._spill()

    def __str__(self) -> str:
        with self._lock:
            self._chunks = ["".join(self._chunks)]
            return self._in_file() + self._chunks[0]

    def _spill(self) -> None:
        # Lone surrogates, which UTF-8 does not have, must come back unchanged.
        data = "".join(self._chunks).encode("utf-8", "surrogatepass")
        try:
            if self._file is None:
                self._file = SpillFile("sacred-output-")
            self._file.append(data)
        except OSError:
            self._can_spill = False  # no room on the disk: keep it in memory
            return
        self._size += len(data)
        self._chunks, self._waiting = [], 0

    def _in_file(self) -> str:
        if self._file is None:
            return ""
        return self._file.read(0, self._size).decode("utf-8", "surrogatepass")


class OutputRecord:
    """The captured output of a run so far, after the user's filter, if there is one.

    >>> record = OutputRecord(str.upper, logging.getLogger("doc"))
    >>> record.add("a")
    OutputChunk(start=0, offset=0, text='A')
    >>> record.add("b").text, str(record)
    ('B', 'AB')
    """

    def __init__(self, output_filter: OutputFilter | None, logger: logging.Logger) -> None:
        self._text = SpillingText()
        self._length = 0
        self._bytes = 0
        #: Whether the next text starts a line.
        self.ends_with_newline = True
        # A filter maps the whole text, so that stays in memory.
        self._filtered = ""
        self._filter = output_filter
        self._logger = logger

    def __str__(self) -> str:
        return self._filtered if self._filter is not None else str(self._text)

    def add(self, new: str) -> OutputChunk | None:
        """Append text; a failing filter is reported once and dropped.

        Returns:
            the change, or None.
        """
        if not new:
            return None
        self.ends_with_newline = new.endswith("\n")
        if self._filter is not None:
            return self._add_filtered(self._filter, new)
        chunk = OutputChunk(self._length, self._bytes, new)
        self._text.append(new)
        self._length += len(new)
        self._bytes += size_in_utf8(new)
        return chunk

    def _add_filtered(self, output_filter: OutputFilter, new: str) -> OutputChunk | None:
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
        if not after.startswith(before):  # the end was rewritten, as by progress bars
            start = common_prefix_length(before, after)
            offset = size_in_utf8(before[:start])
        self._filtered, self._length = after, len(after)
        self._bytes = offset + size_in_utf8(after[start:])
        return OutputChunk(start, offset, after[start:])


def size_in_utf8(text: str) -> int:
    """Return the size of a string in UTF-8; lone surrogates count as a question mark.

    >>> size_in_utf8("aö"), size_in_utf8(chr(0xDC80))
    (3, 1)
    """
    return len(text) if text.isascii() else len(text.encode(errors="replace"))
