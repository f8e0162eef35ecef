"""Ask before something is deleted permanently."""

from __future__ import annotations

import sys

from sacred.display.console import Console
from sacred.runs.errors import ProgramError, UsageError

__all__ = ["confirm"]


def confirm(question: str, console: Console) -> None:
    """Ask the user at the terminal whether to go on; return only if the answer is yes.

    Args:
        question: one that can be answered with yes or no.
        console: where it is written.

    Raises:
        ProgramError: the answer is no.
        UsageError: standard input is not a terminal.
    """
    if not sys.stdin.isatty():
        raise UsageError(f"{question} Use --yes to confirm")
    console.out.flush()
    console.err.write(f"{question} [y/N] ")
    console.err.flush()
    if sys.stdin.readline().strip().lower() not in ("y", "yes"):
        raise ProgramError("nothing was deleted")
