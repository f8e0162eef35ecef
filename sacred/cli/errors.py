"""Errors that are raised only by the command line."""

from __future__ import annotations

from sacred._base.errors import CommandLineError, SacredError

__all__ = ["CommandLineError", "UncleanRepositoryError"]


class UncleanRepositoryError(SacredError, RuntimeError):
    """``--enforce_clean`` was given, and the repositories do not determine the sources.

    Args:
        message: the repository that is concerned, in words.
    """

    def __init__(self, message: str) -> None:
        super().__init__(message, print_traceback=False)
