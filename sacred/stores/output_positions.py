"""The positions of characters of a growing text once it is stored in UTF-8."""

from __future__ import annotations

from array import array
from bisect import bisect_left

from sacred.serializer.escaped_text import ESCAPE_MARK, storable_text

__all__ = ["OutputPositions"]

#: By how many characters escaping lengthens a character.
_ADDED_CHARS = len(storable_text(ESCAPE_MARK)) - 1
#: In bytes: a lone surrogate counts as one, the mark has three.
_ADDED_BYTES_OF_SURROGATE = len(storable_text("\ud800").encode()) - 1
_ADDED_BYTES_OF_MARK = len(storable_text(ESCAPE_MARK).encode()) - len(ESCAPE_MARK.encode())


class OutputPositions:
    r"""The positions of escaped characters in a text whose end may be replaced.

    A text without escaped characters costs nothing, each of them costs eight bytes.

    >>> positions = OutputPositions()
    >>> positions.write(0, 0, "a\udcff")[2] == storable_text("a\udcff")
    True
    >>> positions.write(2, 2, "b")
    (6, 8, 'b')
    """

    def __init__(self) -> None:
        self._surrogates, self._marks = array("Q"), array("Q")

    def write(self, start: int, offset: int, text: str) -> tuple[int, int, str]:
        """Replace the end of the text.

        Args:
            start: number of characters that stay.
            offset: the same in bytes of UTF-8, lone surrogates counting as one.
            text: what follows them.

        Returns:
            the same three values for the stored text.
        """
        before = bisect_left(self._surrogates, start), bisect_left(self._marks, start)
        del self._surrogates[before[0] :], self._marks[before[1] :]
        stored = storable_text(text)
        if stored is not text:
            for position, character in enumerate(text, start):
                if character == ESCAPE_MARK:
                    self._marks.append(position)
                elif "\ud800" <= character <= "\udfff":
                    self._surrogates.append(position)
        start += _ADDED_CHARS * sum(before)
        offset += _ADDED_BYTES_OF_SURROGATE * before[0] + _ADDED_BYTES_OF_MARK * before[1]
        return start, offset, stored
