"""Errors for programs that fail."""

from __future__ import annotations

import signal

from sacred._base.errors import SacredError

__all__ = ["ProgramFailedError", "exit_status_of"]


class ProgramFailedError(SacredError):
    """The program of ``sacred exec`` ended with a status other than 0.

    Attributes:
        exit_status: as a shell reports it: 128 + its number for a signal.
    """

    #: The traceback of the library would help nobody.
    shows_traceback = False

    def __init__(self, program: str, exit_status: int, reason: str = "") -> None:
        self.exit_status = exit_status
        how = reason or f"has {_ending(exit_status)}"
        super().__init__(f"the program {program} {how}", print_traceback=False)


def exit_status_of(returncode: int) -> int:
    """Return the exit status that a shell reports.

    Args:
        returncode: of `subprocess.Popen`: negative for a signal.

    >>> exit_status_of(3), exit_status_of(-9)
    (3, 137)
    """
    return returncode if returncode >= 0 else 128 - returncode


def _ending(status: int) -> str:
    """Say how a program has ended.

    >>> _ending(3), _ending(137)
    ('exited with 3', 'exited with 137 (SIGKILL)')
    """
    try:
        name = signal.Signals(status - 128).name
    except ValueError:
        return f"exited with {status}"
    return f"exited with {status} ({name})"
