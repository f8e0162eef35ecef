"""Whether a test can have a terminal."""

from __future__ import annotations

import os

import pytest

__all__ = ["needs_terminals"]


def _has_terminals() -> bool:
    try:
        descriptors = os.openpty()
    except (AttributeError, OSError):
        return False  # not POSIX, or a container without /dev/pts
    for descriptor in descriptors:
        os.close(descriptor)
    return True


#: Mark of tests that open terminals.
needs_terminals = pytest.mark.skipif(not _has_terminals(), reason="this system has no terminals")
