"""The script that defines an experiment, found by its stack frame."""

from __future__ import annotations

import os
import sys
from types import FrameType
from typing import Any

from sacred._base.tracebacks import is_own_file

__all__ = ["calling_globals", "main_file_of"]


def calling_globals(made: Any) -> dict[str, Any]:
    """Return the globals of the user's code that is creating ``made``.

    Frames of this package are skipped, and so are the ``__init__`` methods of
    users' subclasses: the script is what calls those.
    """
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and frame.f_back is not None:
        is_init = frame.f_code.co_name == "__init__" and any(
            value is made for value in frame.f_locals.values()
        )
        if not is_own_file(frame.f_code.co_filename) and not is_init:
            return frame.f_globals
        frame = frame.f_back
    return frame.f_globals if frame is not None else {}


def main_file_of(script_globals: dict[str, Any]) -> str | None:
    """Return the path of the script with these globals, or None in a REPL or a notebook."""
    filename = script_globals.get("__file__")
    return os.path.realpath(filename) if filename else None
