"""The user's cache directory, where readers keep results that are expensive to compute."""

from __future__ import annotations

import os

__all__ = ["VARIABLE", "cache_dir"]

#: Environment variable: ``off``, or the directory.
VARIABLE = "SACRED_INDEX"

_OFF_VALUES = frozenset({"off", "0", "no", "false"})


def cache_dir() -> str | None:
    """Return the directory, or None if caching is off.

    It belongs to the user and lies on this machine: reading changes no store, and no cache
    relies on locks over a network.
    """
    chosen = os.environ.get(VARIABLE, "")
    if chosen.lower() in _OFF_VALUES:
        return None
    caches = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    return chosen or os.path.join(caches, "sacred", "index")
