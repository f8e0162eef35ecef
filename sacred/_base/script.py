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

    Frames of this package are skipped, and so are the methods of users' subclasses
    (``__init__``, what it calls, class methods): the script is what calls those.
    """
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and frame.f_back is not None:
        if not is_own_file(frame.f_code.co_filename) and not _is_method_of(made, frame):
            return frame.f_globals
        frame = frame.f_back
    return frame.f_globals if frame is not None else {}


def _is_method_of(made: Any, frame: FrameType) -> bool:
    code = frame.f_code
    # Of a module there is none: its variables may be the class, or an earlier object.
    first = frame.f_locals.get(code.co_varnames[0]) if code.co_varnames else None
    if not code.co_argcount and isinstance(first, tuple) and first:
        first = first[0]  # `def __init__(*args, **kwargs)`
    return first is made or first is type(made)


def main_file_of(script_globals: dict[str, Any]) -> str | None:
    """Return the path of the script with these globals, or None in a REPL or a notebook."""
    filename = script_globals.get("__file__")
    return os.path.realpath(filename) if filename else None
