"""Search for regular expressions, with a bound on the time that it takes.

A pattern such as ``(a|aa)+$`` takes twice the time for each further letter of a string, and
Python's own module cannot be interrupted, neither by Ctrl-C nor in a thread. The package ``regex``
can, and is used if it is installed.
"""

from __future__ import annotations

import functools
import re
from importlib import import_module
from typing import Any

from sacred.query.errors import QueryError

__all__ = ["matches"]

#: For one text, in seconds.
MAX_SECONDS = 2.0


def matches(pattern: re.Pattern[str], text: str) -> bool:
    """Search a string for a regular expression.

    Args:
        pattern: the compiled expression.
        text: the string to search.

    Returns:
        whether it matches anywhere in the string.

    Raises:
        QueryError: it takes too long (only with the package ``regex``).

    >>> matches(re.compile("B+", re.IGNORECASE), "abc")
    True
    """
    interruptible = interruptible_pattern(pattern)
    if interruptible is None:
        return pattern.search(text) is not None
    try:
        return interruptible.search(text, timeout=MAX_SECONDS) is not None
    except TimeoutError:
        raise QueryError(
            f"the regular expression /{pattern.pattern}/ takes more than {MAX_SECONDS:g} seconds "
            f"for a text of {len(text):,} characters",
            hint="Repetitions that can match a text in many ways, as (a|aa)+ does, take very long.",
        ) from None


@functools.lru_cache(maxsize=64)
def interruptible_pattern(pattern: re.Pattern[str]) -> Any:
    """Return the pattern for the package ``regex``; None if it is missing, or lacks the syntax."""
    try:
        regex = import_module("regex")  # optional
        flags = pattern.flags & (re.IGNORECASE | re.MULTILINE | re.DOTALL | re.VERBOSE | re.ASCII)
        return regex.compile(pattern.pattern, int(flags))
    except Exception:
        # Its errors are of classes of its own; what Python's module understands is searched.
        return None
