"""The output of a command: a terminal with colours and a width, a file or a pipe."""

from __future__ import annotations

import io
import os
import re
import sys
from typing import BinaryIO, TextIO

from sacred._base.masking import mask_passwords
from sacred._base.text import BLUE, DIM, ENDC, GREEN, RED, use_colour
from sacred.display.value_text import neutralize, output_text

__all__ = ["BLUE", "BOLD", "DIM", "GREEN", "RED", "YELLOW", "Console"]

BOLD = "\033[1m"
YELLOW = "\033[33m"


class Console:
    """The output of a command. Control characters do not reach the terminal.

    Args:
        out: the stream for output (default: ``sys.stdout``).
        err: the stream for remarks and errors (default: ``sys.stderr``).

    Attributes:
        is_terminal: whether ``out`` is a terminal; tables are then cut to its width.
        width: the width of the terminal in characters; 80 if there is none.
        utc: whether times are shown in UTC, not in this machine's time zone.
    """

    def __init__(self, out: TextIO | None = None, err: TextIO | None = None) -> None:
        self.out = sys.stdout if out is None else out
        self.err = sys.stderr if err is None else err
        for stream in (self.out, self.err):
            # A character that the terminal cannot show must not be an error.
            if isinstance(stream, io.TextIOWrapper):
                stream.reconfigure(errors="replace")
        self.is_terminal = self.out.isatty()
        self.coloured = use_colour(self.out)
        # What `style` makes is known by it from the same codes in a text that was stored.
        self._mark = f"\0{os.urandom(8).hex()}"
        self._coloured_err = use_colour(self.err)
        self.width = _width()
        self.utc = False
        # What is under way, and what to say of it if it is interrupted.
        self._shown_progress = self._interruption = ""

    @property
    def has_unicode(self) -> bool:
        """Whether all characters can be printed."""
        return (self.out.encoding or "").lower().replace("-", "") in ("utf8", "utf16", "utf32")

    @property
    def binary(self) -> BinaryIO:
        """The stream for bytes; text that was printed earlier comes first."""
        self._end_progress()
        self.out.flush()
        return self.out.buffer

    def print(self, text: str = "") -> None:
        """Print a line, or several; control characters are escaped."""
        self._end_progress()
        self.out.write(f"{self._neutralized(text)}\n")

    def write(self, text: str) -> None:
        """Print text that is data: unchanged into a file or a pipe, else like `print`."""
        self._end_progress()
        self.out.write(self._neutralized(text) if self.is_terminal else text)

    def write_output(self, text: str) -> None:
        """Print the output of a run: unchanged into a file or a pipe, else with its colours."""
        self._end_progress()
        self.out.write(output_text(text) if self.is_terminal else text)

    def write_raw(self, text: str) -> None:
        """Print text unchanged, even on a terminal."""
        self._end_progress()
        self.out.write(text)

    def note(self, text: str) -> None:
        """Print a remark for people, on stderr."""
        self._end_progress()
        self.out.flush()
        text = neutralize(text)
        self.err.write(f"{DIM}{text}{ENDC}\n" if self._coloured_err else f"{text}\n")

    def problem(self, text: str) -> None:
        """Print an error on stderr, without the passwords of URLs in it."""
        self._end_progress()
        self.out.flush()
        head = f"{RED}sacred:{ENDC}" if self._coloured_err else "sacred:"
        self.err.write(f"{head} {neutralize(mask_passwords(text))}\n")

    def progress(self, text: str, interruption: str) -> None:
        """Show progress on stderr, if that is a terminal; later output replaces it.

        Args:
            text: one line.
            interruption: the message of `interrupted`, until something else is printed.
        """
        self._interruption = interruption
        if self.err.isatty():
            self._shown_progress = text
            self.err.write(f"\r{neutralize(text)[: self.width - 1]}\033[K")
            self.err.flush()

    def interrupted(self) -> None:
        """End the line in which a terminal showed ``^C``, or print what was interrupted."""
        if text := self._interruption:
            self.note(text)
        elif self.is_terminal:
            self.err.write("\n")

    def _end_progress(self) -> None:
        if self._shown_progress:
            self.err.write("\r\033[K")
            self.err.flush()
        self._shown_progress = self._interruption = ""

    def style(self, text: str, *codes: str) -> str:
        """Return text for `print` in colour, if colours are wanted.

        Args:
            text: the text.
            *codes: escape sequences for the terminal, such as `GREEN`.

        >>> import io
        >>> Console(io.StringIO(), io.StringIO()).style("ok", GREEN)
        'ok'
        """
        if not (self.coloured and text and codes):
            return text
        return f"{self._mark}{''.join(codes)}\0{text}{self._mark}{ENDC}\0"

    def _neutralized(self, text: str) -> str:
        if not self.coloured or self._mark not in text:
            return neutralize(text)
        pieces = re.split(f"{self._mark}([^\0]*)\0", text)
        # Every second one is what `style` has put between.
        return "".join(codes if n % 2 else neutralize(codes) for n, codes in enumerate(pieces))

    def heading(self, text: str) -> None:
        """Print a heading after an empty line."""
        self.print(f"\n{self.style(text, BOLD)}")

    def close_quietly(self) -> None:
        """Discard further output that nobody reads (``| head``), so that the exit is silent."""
        try:
            null = os.open(os.devnull, os.O_WRONLY)
            os.dup2(null, self.out.fileno())
        except (OSError, ValueError):  # no real file
            pass


def _width() -> int:
    """As `shutil.get_terminal_size`; importing `shutil` loads all modules for archives."""
    columns = os.environ.get("COLUMNS", "")
    if columns.isdecimal() and int(columns):
        return int(columns)
    try:
        return os.get_terminal_size(sys.__stdout__.fileno()).columns or 80  # type: ignore[union-attr]
    except (AttributeError, ValueError, OSError):
        return 80
