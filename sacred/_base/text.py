"""Text for people: colours, control characters, suggestions for misspelt names."""

from __future__ import annotations

import os
import re
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = [
    "BLUE",
    "COLOR_ADDED",
    "COLOR_DIRTY",
    "COLOR_DOC",
    "COLOR_MODIFIED",
    "COLOR_TYPECHANGED",
    "DIM",
    "ENDC",
    "GREEN",
    "RED",
    "apply_backspaces_and_linefeeds",
    "common_prefix_length",
    "did_you_mean",
    "nearest_names",
    "printable",
    "use_colour",
]

BLUE = "\033[34m"
GREEN = "\033[32m"
RED = "\033[31m"
DIM = "\033[2m"
ENDC = "\033[0m"

COLOR_MODIFIED = BLUE
COLOR_ADDED = GREEN
COLOR_TYPECHANGED = RED
COLOR_DIRTY = RED
COLOR_DOC = DIM


# Sequences of terminals. A text that has one of these is not shown as it stands.
_MOVEMENT = r"\x1b\[[0-9;]*[ABCDEFGJK]"
_SEQUENCE = r"\x1b\[[0-9;]*[A-Za-z]"
_CONTROL = (
    r"(\x1b\[[0-?]*[ -/]*[@-~]"  # CSI
    r"|\x1b[]PX^_][^\x07\x1b]*(?:\x07|\x1b\\)"  # titles, links
    r"|\x1b[ -/]*[0-Z\\^-~]|\x1b|[\r\b])"
)
_INCOMPLETE = r"\x1b(?:\[[0-?]*[ -/]*|[]PX^_][^\x07\x1b]*\x1b?|[ -/]*)\Z"
_MAX_SEQUENCE_CHARS = 100
_MAX_GAP_COLUMNS = 300


def printable(result: Any) -> Any:
    """The result, or a note that names its class if it cannot be converted to a string.

    An int of more than 4300 digits cannot; `logging` would print a traceback.
    """
    try:
        str(result)
    except Exception:
        return f"<{type(result).__name__} without a text>"
    return result


def use_colour(stream: Any = None) -> bool:
    """Whether text for `stream` (default: ``sys.stdout``) should be coloured.

    ``NO_COLOR`` (https://no-color.org) says no, else ``FORCE_COLOR`` says yes
    (``0``: no), else the stream must be a terminal that is not dumb.
    """
    if os.environ.get("NO_COLOR"):
        return False
    forced = os.environ.get("FORCE_COLOR")
    if forced:
        return forced != "0"
    stream = sys.stdout if stream is None else stream
    try:
        terminal = bool(stream.isatty())
    except (AttributeError, ValueError):  # no real stream, or a closed one
        return False
    if terminal and sys.platform == "win32":
        # Old Windows consoles show escape sequences literally unless configured.
        import colorama

        colorama.just_fix_windows_console()
    return terminal and os.environ.get("TERM") != "dumb"


def apply_backspaces_and_linefeeds(text: str) -> str:
    r"""Return what a terminal would show for a string.

    A carriage return goes back to the start of the line, a backspace one
    character; what follows overwrites. A carriage return at the very end of
    the text is kept, because what it does is not known yet.

    Escape sequences that move the cursor or erase (nested progress bars, live displays) are
    obeyed; colours are kept, other sequences are dropped. If the cursor is not at the
    end of the text, the result ends with sequences that move it to its place, so that output
    can be applied in pieces.

    >>> apply_backspaces_and_linefeeds("10%\r100%\nab\b!")
    '100%\na!'
    >>> apply_backspaces_and_linefeeds("outer 0%\ninner 50%\x1b[1A\router 9%\x1b[1B\x1b[2K\rdone")
    'outer 9%\ndone'
    """
    moves = "\r" in text or "\b" in text
    if "\x1b" in text and (moves or re.search(_MOVEMENT, text)):
        screen = _Screen()
        screen.write(text)
        return screen.shown()
    if not moves:
        return text
    lines = text.split("\n")
    for number, line in enumerate(lines):
        if "\r" in line or "\b" in line:
            lines[number] = _shown(line)
    return "\n".join(lines) + ("\r" if text.endswith("\r") else "")


def _shown(line: str) -> str:
    # The last segment that reaches a column is the one seen there; going
    # backwards, each earlier one only adds what sticks out. Linear in the text
    # even for a progress bar with a million steps.
    shown: list[str] = []
    width = 0
    for segment in reversed(line.split("\r")):
        if "\b" in segment:
            segment = _after_backspaces(segment)
        if len(segment) > width:
            shown.append(segment[width:])
            width = len(segment)
    return "".join(shown)


def _after_backspaces(segment: str) -> str:
    shown: list[str] = []
    cursor = 0
    for piece in segment.split("\b"):
        # There is one backspace before each piece but the first, which starts at
        # column 0, where stepping back does nothing.
        cursor = max(cursor - 1, 0)
        shown[cursor : cursor + len(piece)] = piece
        cursor += len(piece)
    return "".join(shown)


class _Screen:
    """The lines of a terminal, of any number and length, and its cursor.

    A line is a string until the cursor comes back to it, then a list of cells. A cell is a
    character after the sequences that colour it.
    """

    def __init__(self) -> None:
        self._lines: list[str | list[str]] = [""]
        self._row = 0
        self._column = 0
        self._style = ""
        self._incomplete = ""

    def write(self, text: str) -> None:
        found = re.search(_INCOMPLETE, text[-_MAX_SEQUENCE_CHARS:])
        self._incomplete = found[0] if found else ""
        text = text[: len(text) - len(self._incomplete)]
        for number, line in enumerate(text.split("\n")):
            if number:
                self._next_line()
            at_end = self._row == len(self._lines) - 1 and not self._lines[-1]
            if at_end and not self._style and not re.search("[\x1b\r\b]", line):
                self._lines[-1] = line  # nearly all lines of nearly all texts
                self._column = len(line)
            else:
                for piece in filter(None, re.split(_CONTROL, line)):
                    self._take(piece)

    def _next_line(self) -> None:
        self._row += 1
        self._column = 0
        if self._row == len(self._lines):
            self._lines.append("")

    def _take(self, piece: str) -> None:
        if piece == "\r":
            self._column = 0
        elif piece == "\b":
            self._column = max(0, self._column - 1)
        elif not piece.startswith("\x1b"):
            self._put(piece)
        elif re.fullmatch(_SEQUENCE, piece):
            # Sequences with other parameters (`?25l`), and other sequences, show nothing.
            self._obey(piece[-1], piece[2:-1])

    def _cells(self) -> list[str]:
        line = self._lines[self._row]
        if isinstance(line, str):
            line = self._lines[self._row] = list(line)
        return line

    def _put(self, text: str) -> None:
        cells = self._cells()
        # Nobody's terminal is wider: a cursor far behind the end of the line is at its end.
        self._column = min(self._column, len(cells) + _MAX_GAP_COLUMNS)
        cells.extend(" " * (self._column - len(cells)))
        new = [self._style + char for char in text] if self._style else list(text)
        cells[self._column : self._column + len(new)] = new
        self._column += len(new)

    def _obey(self, command: str, parameters: str) -> None:
        if command == "m":
            self._colour(parameters)
            return
        first = parameters.partition(";")[0]
        number = int(first[:6]) if first else 0
        step = number or 1
        last = len(self._lines) - 1
        if command in "AF":
            self._row = max(0, self._row - step)
        elif command in "BE":
            self._row = min(last, self._row + step)
        elif command == "C":
            self._column += min(step, _MAX_GAP_COLUMNS)
        elif command == "D":
            self._column = max(0, self._column - step)
        elif command == "G":
            self._column = step - 1
        elif command in "JK":
            self._erase(number, below=command == "J")
        if command in "EF":
            self._column = 0

    def _colour(self, parameters: str) -> None:
        if parameters in ("", "0"):
            self._style = ""
        else:
            long = len(self._style) > _MAX_SEQUENCE_CHARS
            self._style = f"{'' if long else self._style}\x1b[{parameters}m"

    def _erase(self, part: int, below: bool) -> None:
        cells = self._cells()
        if part == 0:
            del cells[self._column :]
            if below:
                del self._lines[self._row + 1 :]
        elif not below and part == 2:
            cells.clear()
        elif not below and part == 1:
            end = min(self._column + 1, len(cells))
            start = max(0, end - _MAX_GAP_COLUMNS)
            cells[start:end] = " " * (end - start)

    def shown(self) -> str:
        """The text, with the cursor where it is."""
        for line in self._lines:
            while isinstance(line, list) and line and line[-1] == " ":
                line.pop()  # this is how many bars erase themselves
        text = "\n".join(line if isinstance(line, str) else _coloured(line) for line in self._lines)
        rows = len(self._lines) - 1 - self._row
        line = self._lines[self._row]
        place = ""
        if rows:
            place = f"\x1b[{rows}A\r"
            place += f"\x1b[{self._column}C" if self._column else ""
        elif self._column == 0 and line:
            place = "\r"
        elif self._column < len(line):
            place = f"\x1b[{len(line) - self._column}D"
        elif self._column > len(line):
            place = f"\x1b[{self._column - len(line)}C"
        return text + place + self._style + self._incomplete


def _coloured(cells: list[str]) -> str:
    # The reset is left out where neighbours have the same colour.
    shown, style = [], ""
    for cell in cells:
        if len(cell) > 1 or style:
            new = cell[:-1]
            if new != style:
                shown.append(f"{ENDC if style else ''}{new}")
                style = new
        shown.append(cell[-1])
    return "".join(shown) + (ENDC if style else "")


def nearest_names(name: str, candidates: Iterable[str], n: int = 3) -> list[str]:
    """Return the candidates most similar to a name, the best first.

    Args:
        name: the name.
        candidates: the names to choose from.
        n: the largest number of names to return.

    >>> nearest_names("seeed", ["lr", "seed", "speed"])
    ['seed', 'speed']
    """
    import difflib

    by_lower = {str(candidate).lower(): str(candidate) for candidate in candidates}
    matches = difflib.get_close_matches(str(name).lower(), list(by_lower), n=n, cutoff=0.6)
    return [by_lower[match] for match in matches]


def did_you_mean(name: str, candidates: Iterable[str], n: int = 3) -> str:
    """Return a question that suggests similar names, or the empty string.

    Args:
        name: the name.
        candidates: the names to choose from.
        n: the largest number of names to suggest.

    >>> did_you_mean("leraning_rate", ["learning_rate", "momentum"])
    'Did you mean "learning_rate"?'
    >>> did_you_mean("x", ["learning_rate"])
    ''
    """
    names = [f'"{near}"' for near in nearest_names(name, candidates, n)]
    if not names:
        return ""
    alternatives = ", ".join(names[:-1]) + " or " if len(names) > 1 else ""
    return f"Did you mean {alternatives}{names[-1]}?"


def common_prefix_length(a: str, b: str) -> int:
    r"""Return the length of the common prefix of two strings.

    Args:
        a: a string.
        b: a string.

    >>> common_prefix_length("10%\r", "100%")
    2
    """
    low, high = 0, min(len(a), len(b))
    # Bisection with comparisons of slices: these run at the speed of memory, where a
    # loop over the characters would take seconds for a long output.
    while low < high:
        middle = (low + high + 1) // 2
        if a[low:middle] == b[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low
