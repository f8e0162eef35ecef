"""Texts in a form that all databases can keep."""

from __future__ import annotations

from typing import Any

__all__ = ["storable"]


def storable(value: Any) -> Any:
    r"""A text without what some database has no form for; each character stays one.

    >>> storable("a\0b\ud800"), storable(None)
    ('a␀b?', None)
    """
    if not isinstance(value, str):
        return value
    return value.replace("\0", "␀").encode(errors="replace").decode()
