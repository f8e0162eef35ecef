"""The library's base loggers."""

from __future__ import annotations

import logging
import sys
from typing import Any, TextIO

from sacred._base.errors import CommandLineError
from sacred._base.text import did_you_mean

__all__ = ["NO_LOGGER", "create_basic_stream_logger", "log_level_number"]

#: Drops all messages.
NO_LOGGER = logging.getLogger("ignore")
NO_LOGGER.disabled = True


class _CurrentStderr(logging.StreamHandler[TextIO]):
    """Writes to the current `sys.stderr`, so that captured output contains the log."""

    @property
    def stream(self) -> TextIO:
        return sys.stderr

    @stream.setter
    def stream(self, value: Any) -> None:
        pass


def create_basic_stream_logger() -> logging.Logger:
    """Return the root logger; an unconfigured one gets a handler for stderr and level INFO.

    Lines look like ``INFO - experiment - Started``.
    """
    root = logging.getLogger()
    # With handlers of the user's, their configuration decides what is logged, and how.
    if not root.handlers:
        handler = _CurrentStderr()
        handler.setFormatter(logging.Formatter("%(levelname)s - %(name)s - %(message)s"))
        root.addHandler(handler)
        root.setLevel(logging.INFO)
    return root


def log_level_number(level: str | int) -> int:
    """The number of a log level.

    Args:
        level: its name, in upper or lower case, or its number.

    Raises:
        CommandLineError: there is no such level.

    >>> log_level_number("warning"), log_level_number("15")
    (30, 15)
    """
    text = str(level).strip()
    if text.isdecimal():
        return int(text)
    levels = logging.getLevelNamesMapping()
    if text.upper() in levels:
        return levels[text.upper()]
    hint = did_you_mean(text, levels)
    raise CommandLineError(
        f"Unknown log level {level!r}. It is DEBUG, INFO, WARNING, ERROR, CRITICAL or a number. "
        f"{hint}".rstrip()
    )
