"""Digests of files; for huge files, computed once for the same inode, time and size."""

from __future__ import annotations

import hashlib
import json
import os
import time
from typing import NamedTuple

from sacred._base.digest import chunks_of, new_md5
from sacred.stores.cache_dir import cache_dir

__all__ = ["MIN_CACHED_BYTES", "Digests", "digests_of"]

#: Reading this much takes longer than looking the digest up.
MIN_CACHED_BYTES = 1 << 26
#: A file that was just written could be written again within the same tick of its clock.
_MIN_AGE_SECONDS = 2.0


class Digests(NamedTuple):
    """The digests of a file; stores identify files by ``md5``."""

    sha256: str
    md5: str
    size: int


def digests_of(path: str) -> Digests:
    """Return the digests of a file; raises `OSError` if it cannot be read."""
    state = os.stat(path)
    if state.st_size < MIN_CACHED_BYTES:
        return _computed(path)
    key = [state.st_dev, state.st_ino, state.st_mtime_ns, state.st_size]
    place = _place(state)
    known = _cached(place, key)
    if known is None:
        known = _computed(path)
        if time.time() - state.st_mtime > _MIN_AGE_SECONDS:
            _cache(place, key, known)
    return known


def _computed(path: str) -> Digests:
    sha256, md5, size = hashlib.sha256(), new_md5(), 0
    with open(path, "rb") as file:
        for chunk in chunks_of(file):
            sha256.update(chunk)
            md5.update(chunk)
            size += len(chunk)
    return Digests(sha256.hexdigest(), md5.hexdigest(), size)


def _place(state: os.stat_result) -> str | None:
    directory = cache_dir()
    name = f"{state.st_dev}-{state.st_ino}.json"
    return None if directory is None else os.path.join(directory, "digests", name)


def _cached(place: str | None, key: list[int]) -> Digests | None:
    try:
        with open(place or "", encoding="utf-8") as file:
            found = json.load(file)
        return Digests(*found["digests"]) if found["key"] == key else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _cache(place: str | None, key: list[int], known: Digests) -> None:
    if place is None:
        return
    try:
        os.makedirs(os.path.dirname(place), exist_ok=True)
        aside = f"{place}.{os.getpid()}"
        with open(aside, "w", encoding="utf-8") as file:
            json.dump({"key": key, "digests": known}, file)
        os.replace(aside, place)
    except OSError:
        return  # the next one reads the file again
