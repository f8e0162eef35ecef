"""A question before something is removed for good."""

from __future__ import annotations

import sys

from sacred.display.console import Console
from sacred.runs.errors import ProgramError, UsageError

__all__ = ["confirm"]


def confirm(question: str, console: Console) -> None:
    """Ask whoever sits at the terminal.

    Raises:
        ProgramError: the answer is no.
        UsageError: there is nobody to be asked.
    """
    if not sys.stdin.isatty():
        raise UsageError(f"{question} Say --yes")
    console.out.flush()
    console.err.write(f"{question} [y/N] ")
    console.err.flush()
    if sys.stdin.readline().strip().lower() not in ("y", "yes"):
        raise ProgramError("nothing was removed")
