"""Mistakes in a call of the program."""

from __future__ import annotations

from sacred._base.errors import SacredError

__all__ = ["ProgramError", "UsageError"]


class ProgramError(SacredError):
    """The request cannot be carried out; shown as one message, exit code 1."""

    def __init__(self, message: str) -> None:
        super().__init__(message, print_traceback=False)


class UsageError(ProgramError):
    """The call itself is wrong; exit code 2."""
