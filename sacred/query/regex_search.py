"""Search for regular expressions, with a bound on the time that it takes.

A pattern such as ``(a|aa)+$`` takes time that doubles with each letter of a text, and Python's
own module cannot be interrupted: not by Ctrl-C, and least of all in a thread. The package
``regex`` can, and is used where it is installed.
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
    """Search a text for a regular expression.

    Args:
        pattern: the compiled expression.
        text: what is searched.

    Returns:
        whether it is found anywhere in the text.

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
    """The pattern of the package ``regex``, or None: it is not installed, or lacks the syntax."""
    try:
        regex = import_module("regex")  # optional
        flags = pattern.flags & (re.IGNORECASE | re.MULTILINE | re.DOTALL | re.VERBOSE | re.ASCII)
        return regex.compile(pattern.pattern, int(flags))
    except Exception:
        # Its errors are of classes of its own; what Python's module understands is searched.
        return None
