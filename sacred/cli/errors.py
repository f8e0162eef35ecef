"""Errors that only the command line raises."""

from __future__ import annotations

from sacred._base.errors import SacredError

__all__ = ["CommandLineError", "UncleanRepositoryError"]


class CommandLineError(SacredError, ValueError):
    """What was typed cannot be understood; shown as one message, without traceback.

    Args:
        message: what is wrong, and what would be right.
        print_usage: show the usage of the program first.
    """

    def __init__(self, message: str, print_usage: bool = False) -> None:
        super().__init__(message, print_traceback=False, print_usage=print_usage)


class UncleanRepositoryError(SacredError, RuntimeError):
    """``--enforce_clean``: what the sources are cannot be known from their repositories.

    Args:
        message: which repository is concerned.
    """

    def __init__(self, message: str) -> None:
        super().__init__(message, print_traceback=False)
