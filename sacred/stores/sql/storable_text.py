"""Strings in a form that all databases can store."""

from __future__ import annotations

from typing import Any

__all__ = ["storable"]


def storable(value: Any) -> Any:
    r"""Replace the characters of a string that some database cannot store, each by another one.

    >>> storable("a\0b\ud800"), storable(None)
    ('a␀b?', None)
    """
    if not isinstance(value, str):
        return value
    return value.replace("\0", "␀").encode(errors="replace").decode()
