"""Where readers may keep what is costly to find out: in a directory of the user's."""

from __future__ import annotations

import os

__all__ = ["VARIABLE", "cache_dir"]

#: ``off``: nothing is kept; else the directory for what is.
VARIABLE = "SACRED_INDEX"

_OFF = frozenset({"off", "0", "no", "false"})


def cache_dir() -> str | None:
    """The directory; None: nothing is to be kept.

    It is the user's own, and of this machine: neither is a store changed by those who look at
    it, nor do files in it rely on the locks of a network.
    """
    chosen = os.environ.get(VARIABLE, "")
    if chosen.lower() in _OFF:
        return None
    caches = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    return chosen or os.path.join(caches, "sacred", "index")
