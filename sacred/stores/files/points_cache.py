"""A cache of long metrics of local files as arrays, because JSON numbers are slow to read.

The cache is never the source of truth: it says which file it was made from, as the system
describes that file (size, times, inode), and has a checksum of its own. If anything differs or
fails, the file is read. It is in the user's cache directory, so reading a store does not
change it.
"""

from __future__ import annotations

import contextlib
import json
import os
import time
import zlib
from collections.abc import Callable
from typing import Any

from sacred._base.digest import new_md5
from sacred._base.extras import is_installed
from sacred.records import Points
from sacred.records.metric import timestamps_of
from sacred.stores.cache_dir import cache_dir

__all__ = ["cached"]

_VERSION = 1
#: Files below are read within a tenth of a second.
MIN_FILE_BYTES = 4 << 20
#: So long a file has to be left alone, in nanoseconds: clocks of file systems are coarse, and
#: two changes could have one time.
SETTLED_NANOSECONDS = 2_000_000_000
#: Of all caches together; the oldest are removed.
MAX_CACHE_BYTES = 1 << 30
_KINDS = {"<i8", "<f8"}
_COLUMNS = ("steps", "values", "timestamps")


def cached(path: str | None, name: str, is_alone: Callable[[], bool], read: Any) -> Points:
    """Return the points of a metric from the cache, or from `read`, which are then cached.

    Args:
        path: of the file of metrics; None: nothing is cached.
        name: of the metric.
        is_alone: whether no other file adds points.
        read: reads the points from the file.
    """
    place = None if path is None else _place(path, name)
    if path is None or place is None or not is_alone():
        points: Points = read()
        return points
    stamp = _stamp(path)
    found = None if stamp is None else _load(place, stamp)
    if found is not None:
        return found
    points = read()
    if stamp is not None and stamp == _stamp(path) and is_alone():
        with contextlib.suppress(OSError):  # no place, or none that is ours
            return _keep(place, stamp, points) or points
    return points


def _place(path: str, name: str) -> str | None:
    directory = cache_dir()
    if directory is None or not is_installed("numpy"):
        return None
    digest = new_md5()
    digest.update(os.fsencode(os.path.realpath(path)) + b"\0" + name.encode(errors="replace"))
    return os.path.join(directory, "points", digest.hexdigest())


def _stamp(path: str) -> list[int] | None:
    """What the system says of a file; None: it is too small, or has just been written."""
    try:
        state = os.stat(path)
    except OSError:
        return None
    newest = max(state.st_mtime_ns, state.st_ctime_ns)
    if state.st_size < MIN_FILE_BYTES or time.time_ns() - newest < SETTLED_NANOSECONDS:
        return None
    return [state.st_size, state.st_mtime_ns, state.st_ctime_ns, state.st_ino, state.st_dev]


def _load(place: str, stamp: list[int]) -> Points | None:
    # Not at the top: numpy is optional, and slow to load.
    import numpy as np

    try:
        with open(place, "rb") as file:
            head = json.loads(file.readline())
            content = file.read()
        if head["version"] != _VERSION or head["stamp"] != stamp:
            return None
        if zlib.crc32(content) != head["checksum"] or set(head["kinds"]) - _KINDS:
            return None
        # Not read-only, as arrays of other stores are not.
        columns = np.frombuffer(bytearray(content), dtype="<i8").reshape(3, -1)
    except (OSError, ValueError, LookupError, TypeError):
        return None
    steps, values = (columns[n].view(head["kinds"][n]) for n in range(2))
    return Points(steps=steps, values=values, timestamps=columns[2].view("<M8[us]"))


def _keep(place: str, stamp: list[int], points: Points) -> Points | None:
    numbers = [getattr(column, "dtype", None) for column in (points.steps, points.values)]
    kinds = ["" if kind is None else kind.newbyteorder("<").str for kind in numbers]
    if not set(kinds) <= _KINDS:
        return None
    timestamps = timestamps_of(points.timestamps)
    whole = Points(steps=points.steps, values=points.values, timestamps=timestamps)
    columns = [getattr(whole, name) for name in _COLUMNS]
    if len({len(column) for column in columns}) != 1:
        return None
    stored = (*kinds, "<M8[us]")
    content = b"".join(c.astype(kind).tobytes() for c, kind in zip(columns, stored, strict=True))
    head = {"version": _VERSION, "stamp": stamp, "kinds": kinds, "checksum": zlib.crc32(content)}
    directory = os.path.dirname(place)
    os.makedirs(directory, mode=0o700, exist_ok=True)
    _make_room(directory, len(content))
    scratch = f"{place}.{os.urandom(6).hex()}.tmp"
    try:
        with open(scratch, "wb") as file:
            file.write(json.dumps(head).encode() + b"\n" + content)
        os.replace(scratch, place)
    except BaseException:
        with contextlib.suppress(OSError):
            os.remove(scratch)
        raise
    return whole


def _make_room(directory: str, size: int) -> None:
    with os.scandir(directory) as entries:
        kept = sorted((e.stat().st_mtime_ns, e.stat().st_size, e.path) for e in entries)
    total = size + sum(length for _, length, _ in kept)
    for _, length, path in kept:
        if total <= MAX_CACHE_BYTES:
            break
        with contextlib.suppress(FileNotFoundError):
            os.remove(path)
        total -= length
