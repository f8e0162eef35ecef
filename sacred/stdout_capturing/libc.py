"""Functions of the C library."""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Callable
from typing import Any

__all__ = ["ending_with_parent", "free_file_range", "libc"]

_PR_SET_PDEATHSIG = 1  # prctl(2)
_PUNCH_HOLE_KEEP_SIZE = 3  # FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE


@functools.cache
def libc() -> Any:
    """Return the C library of this process, or None."""
    try:
        # Not at the top, as others below: some systems have no `ctypes`.
        import ctypes

        return ctypes.CDLL(None, use_errno=True)
    except (ImportError, OSError, TypeError):
        return None


def ending_with_parent(signum: int) -> Callable[[], None]:
    """Return a function that makes a new process get a signal when this one ends (Linux).

    Args:
        signum: the signal.

    Returns:
        the ``preexec_fn`` of a process; outside Linux it does nothing.
    """
    library, parent = libc() if sys.platform == "linux" else None, os.getpid()

    def prepare() -> None:
        if library is not None:
            library.prctl(_PR_SET_PDEATHSIG, signum)
            if os.getppid() != parent:  # it has ended before that
                os._exit(1)

    return prepare


def free_file_range(fd: int, start: int, length: int) -> None:
    """Free the memory or disk space of a range of a file where the system can (Linux).

    Args:
        fd: descriptor of the file.
        start: in bytes.
        length: in bytes.
    """
    library = libc()
    if library is None or not hasattr(library, "fallocate"):
        return
    import ctypes

    offset = ctypes.c_int64
    library.fallocate(fd, _PUNCH_HOLE_KEEP_SIZE, offset(start), offset(length))
