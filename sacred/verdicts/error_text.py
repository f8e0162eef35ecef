"""The error in the output of a process, or in a traceback."""

from __future__ import annotations

import re

__all__ = ["last_error_in"]

#: How a traceback, and Sacred's own messages, begin to name an error.
_BEGIN = re.compile(r"[A-Za-z_][\w.]*(?:Error|Exception|Exit|Interrupt|Warning)\b")
_MAX_LINES = 8
_MAX_CHARS = 500


def last_error_in(text: str) -> str:
    r"""Return the last error in a text, in one line; without one, the last line.

    Messages may have several lines, and the last one alone may say nothing.

    >>> last_error_in("Traceback:\n  ...\nConfigError: lrr is not used\n  Did you mean lr?\n")
    'ConfigError: lrr is not used Did you mean lr?'
    >>> last_error_in("no such thing")
    'no such thing'
    """
    lines = text.strip().splitlines()
    for index in range(len(lines) - 1, max(len(lines) - 1 - _MAX_LINES, -1), -1):
        if _BEGIN.match(lines[index]):
            return " ".join(line.strip() for line in lines[index:])[:_MAX_CHARS]
    return lines[-1].strip() if lines else ""
