"""What can be wrong with a sweep."""

from __future__ import annotations

from typing import Any

from sacred._base.errors import SacredError

__all__ = ["SweepError"]


class SweepError(SacredError, ValueError):
    """A search space, or what is asked of a sweep, has no meaning."""

    def __init__(self, message: str, **options: Any) -> None:
        options.setdefault("print_traceback", False)
        super().__init__(message, **options)
