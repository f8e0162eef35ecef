"""Errors that only the command line raises."""

from __future__ import annotations

from sacred._base.errors import CommandLineError, SacredError

__all__ = ["CommandLineError", "UncleanRepositoryError"]


class UncleanRepositoryError(SacredError, RuntimeError):
    """``--enforce_clean``: what the sources are cannot be known from their repositories.

    Args:
        message: which repository is concerned.
    """

    def __init__(self, message: str) -> None:
        super().__init__(message, print_traceback=False)
