"""Functions of the C library."""

from __future__ import annotations

import functools
from typing import Any

__all__ = ["c_library", "free_file_range"]

_PUNCH_HOLE_KEEP_SIZE = 3  # FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE


@functools.cache
def c_library() -> Any:
    """Return the C library of this process, or None."""
    try:
        # Not at the top, as others below: some systems have no `ctypes`.
        import ctypes

        return ctypes.CDLL(None, use_errno=True)
    except (ImportError, OSError, TypeError):
        return None


def free_file_range(fd: int, start: int, length: int) -> None:
    """Free the memory or disk space of a range of a file where the system can (Linux).

    Args:
        fd: descriptor of the file.
        start: in bytes.
        length: in bytes.
    """
    library = c_library()
    if library is None or not hasattr(library, "fallocate"):
        return
    import ctypes

    offset = ctypes.c_int64
    library.fallocate(fd, _PUNCH_HOLE_KEEP_SIZE, offset(start), offset(length))
