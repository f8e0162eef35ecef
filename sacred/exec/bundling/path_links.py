"""The symbolic links that a path leads through."""

from __future__ import annotations

import os

__all__ = ["follow_links"]

#: The same limit as the system's.
_MAX_LINKS = 40


def follow_links(path: str) -> tuple[str, dict[str, str]]:
    """Follow the symbolic links in all parts of a path, as the system does.

    Args:
        path: an absolute path, which need not exist.

    Returns:
        the path without links, and the links with their targets; in circles none.
    """
    links: dict[str, str] = {}
    steps = path.split(os.sep)[::-1]
    place, followed = os.sep, 0
    while steps:
        step = steps.pop()
        if step in ("", os.curdir):
            continue
        if step == os.pardir:
            place = os.path.dirname(place)
            continue
        here = os.path.join(place, step)
        try:
            target = os.readlink(here)
        except OSError:
            place = here
            continue
        followed += 1
        if followed > _MAX_LINKS:
            return path, {}
        links[here] = target
        steps += target.split(os.sep)[::-1]
        place = os.sep if target.startswith(os.sep) else place
    return place, links
