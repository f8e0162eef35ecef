"""Where a command prints to: a terminal with colours and a width, a file or a pipe."""

from __future__ import annotations

import io
import os
import sys
from typing import BinaryIO, TextIO

from sacred._base.text import BLUE, DIM, ENDC, GREEN, RED, use_colour

__all__ = ["BLUE", "BOLD", "DIM", "GREEN", "RED", "YELLOW", "Console"]

BOLD = "\033[1m"
YELLOW = "\033[33m"


class Console:
    """What a command prints to.

    Args:
        out: for the output (default: ``sys.stdout``).
        err: for remarks and errors (default: ``sys.stderr``).

    Attributes:
        is_terminal: whether ``out`` is a terminal; tables are then cut to its width.
        width: columns of the terminal; 80 if there is none.
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
        self._coloured_err = use_colour(self.err)
        self.width = _width()

    @property
    def has_unicode(self) -> bool:
        """Whether all characters can be printed."""
        return (self.out.encoding or "").lower().replace("-", "") in ("utf8", "utf16", "utf32")

    @property
    def binary(self) -> BinaryIO:
        """For bytes. What was printed as text comes first."""
        self.out.flush()
        return self.out.buffer

    def print(self, text: str = "") -> None:
        """Print a line, or several."""
        self.out.write(f"{text}\n")

    def write(self, text: str) -> None:
        """Print text as it is."""
        self.out.write(text)

    def note(self, text: str) -> None:
        """Print a remark for people, on stderr."""
        self.out.flush()
        self.err.write(f"{DIM}{text}{ENDC}\n" if self._coloured_err else f"{text}\n")

    def problem(self, text: str) -> None:
        """Print an error on stderr."""
        self.out.flush()
        head = f"{RED}sacred:{ENDC}" if self._coloured_err else "sacred:"
        self.err.write(f"{head} {text}\n")

    def style(self, text: str, *codes: str) -> str:
        """The text in colour, if colours are wanted.

        >>> import io
        >>> Console(io.StringIO(), io.StringIO()).style("ok", GREEN)
        'ok'
        """
        return f"{''.join(codes)}{text}{ENDC}" if self.coloured and text and codes else text

    def heading(self, text: str) -> None:
        """A heading, with an empty line in front."""
        self.print(f"\n{self.style(text, BOLD)}")

    def close_quietly(self) -> None:
        """Discard further output, which nobody reads (``| head``), so that exiting is silent."""
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
