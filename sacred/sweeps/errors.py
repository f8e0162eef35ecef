"""The error of an invalid sweep."""

from __future__ import annotations

from typing import Any

from sacred._base.errors import SacredError

__all__ = ["SweepError"]


class SweepError(SacredError, ValueError):
    """A search space, or a request to a sweep, is not valid."""

    def __init__(self, message: str, **options: Any) -> None:
        options.setdefault("print_traceback", False)
        super().__init__(message, **options)
