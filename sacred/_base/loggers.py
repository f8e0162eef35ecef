"""The loggers that the library starts from."""

from __future__ import annotations

import logging
import sys
from typing import Any, TextIO

__all__ = ["NO_LOGGER", "create_basic_stream_logger"]

#: Takes messages and drops them.
NO_LOGGER = logging.getLogger("ignore")
NO_LOGGER.disabled = True


class _CurrentStderr(logging.StreamHandler[TextIO]):
    """Writes to what `sys.stderr` is at that moment, so that captured output has the log."""

    @property
    def stream(self) -> TextIO:
        return sys.stderr

    @stream.setter
    def stream(self, value: Any) -> None:
        pass


def create_basic_stream_logger() -> logging.Logger:
    """The root logger; if nobody has configured it yet, it writes to stderr from INFO on.

    Lines look like ``INFO - experiment - Started``.
    """
    root = logging.getLogger()
    # Handlers of the user's stay alone: theirs is the say what is logged, and how.
    if not root.handlers:
        handler = _CurrentStderr()
        handler.setFormatter(logging.Formatter("%(levelname)s - %(name)s - %(message)s"))
        root.addHandler(handler)
        root.setLevel(logging.INFO)
    return root
