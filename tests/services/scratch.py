"""Where tests and their servers keep files: in memory where there is room, for the speed of it.

Stores and servers wait for the disk after each of their transactions, which is most of what some
tests do; no test cuts the power, so none can tell the difference.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

__all__ = ["VARIABLE", "directory"]

#: Environment variable: the directory to use instead.
VARIABLE = "SACRED_TEST_SCRATCH"

_IN_MEMORY = "/dev/shm"
#: What all tests and servers leave there is a tenth of it.
_WANTED_BYTES = 4 << 30


def directory() -> Path:
    """The directory for scratch files; containers often have a tiny one in memory, or none."""
    if chosen := os.environ.get(VARIABLE):
        return Path(chosen)
    return Path(_IN_MEMORY if _is_suitable(_IN_MEMORY) else tempfile.gettempdir())


def _is_suitable(path: str) -> bool:
    if not os.path.ismount(path) or not os.access(path, os.W_OK):
        return False
    # Some tests write programs and start them.
    no_exec = os.statvfs(path).f_flag & os.ST_NOEXEC
    return not no_exec and shutil.disk_usage(path).free >= _WANTED_BYTES
