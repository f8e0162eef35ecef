"""Reading one metric from ``metrics.json``, quickly even if it is long.

`sacred.stores.files.metrics_json` writes each array as one line. JSON has no line
breaks within strings, so the lines of a large file can be separated without parsing them, and
only those of one metric are read. Any other JSON, such as the old library's, is parsed as a whole.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from sacred._base.extras import is_installed
from sacred.records import Points
from sacred.serializer import dumps, restore
from sacred.stores.files.blobs import Blobs
from sacred.stores.files.metrics_json import JOURNAL, NAME
from sacred.stores.files.points_cache import cached
from sacred.stores.point_columns import Later

__all__ = ["read_all_points", "read_points", "stored_names"]

_ARRAYS = ("steps", "values", "timestamps")
#: Below, parsing everything takes a few milliseconds.
LARGE_FILE_BYTES = 256 * 1024
#: How the lines of the arrays of a metric begin, behind that of its name.
_LINES = (b'  "steps": [', b'  "timestamps": [', b'  "values": [')
_NUMBERS = re.compile(rb"[-+.0-9eE, ]*\Z")


def stored_names(blobs: Blobs, directory: str) -> list[str]:
    """Return the names of the metrics of a run.

    Args:
        blobs: the files of the store.
        directory: name of the run's directory.

    Raises:
        ValueError: the file is damaged.
    """
    content = _content(blobs, f"{directory}/{NAME}")
    if _is_ours(content):
        names = dict.fromkeys(_heads(content))
    else:
        names = dict.fromkeys(_parsed(content))
    names |= dict.fromkeys(points["name"] for points in _journal(blobs, directory))
    if not all(isinstance(name, str) for name in names):
        raise ValueError("the name of a metric is no text")
    return list(names)


def read_points(blobs: Blobs, directory: str, name: str) -> Points:
    """Return all points of one metric of a run.

    Args:
        blobs: the files of the store.
        directory: name of the run's directory.
        name: of the metric.

    Raises:
        ValueError: the file is damaged.
    """
    journal = f"{directory}/{JOURNAL}"
    return cached(
        blobs.local_path(f"{directory}/{NAME}"),
        name,
        lambda: not blobs.exists(journal),
        lambda: read_whole_metric(blobs, directory, name),
    )


def read_all_points(blobs: Blobs, directory: str) -> Iterator[tuple[str, Points]]:
    """Return the points of all metrics of a run, by name; the file is read once.

    Args:
        blobs: the files of the store.
        directory: name of the run's directory.

    Raises:
        ValueError: the file is damaged.
    """
    # The journal first: what a writer moves from there to the file meanwhile is in both.
    journal: dict[str, list[dict[str, Any]]] = {}
    for points in _journal(blobs, directory):
        journal.setdefault(points["name"], []).append(points)
    content = _content(blobs, f"{directory}/{NAME}")
    stored = _all_stored(content) or _parsed(content)
    for name in dict.fromkeys([*stored, *journal]):
        yield name, _points(stored.get(name), journal.get(name, []))


def read_whole_metric(blobs: Blobs, directory: str, name: str) -> Points:
    """Return the points of one metric, from the file itself and not from a cache.

    Args:
        blobs: the files of the store.
        directory: name of the run's directory.
        name: of the metric.
    """
    journal = [points for points in _journal(blobs, directory) if points["name"] == name]
    stored = _stored(_content(blobs, f"{directory}/{NAME}"), name)
    return _points(stored, journal)


def _points(stored: Any, journal: list[dict[str, Any]]) -> Points:
    if stored is None or journal:
        return _with_journal(stored, journal)
    if isinstance(stored, dict):
        return _restored(stored)
    steps, timestamps, values = stored
    return Points(
        steps=_array(steps), values=_array(values), timestamps=Later(lambda: _list(timestamps))
    )


def _is_ours(content: bytes) -> bool:
    """Whether it is large, and in lines as we write them."""
    return (
        len(content) > LARGE_FILE_BYTES
        and content.startswith(b'{\n"')
        and content.endswith(b"}\n}\n")
    )


def _heads(content: bytes) -> Iterator[str]:
    """The names in a file of ours: to look at millions of numbers takes long."""
    behind = b": {\n" + _LINES[0]
    stop = content.find(behind)
    while stop >= 0:
        yield json.loads(content[content.rindex(b"\n", 0, stop) + 1 : stop])
        stop = content.find(behind, stop + len(behind))


def _stored(content: bytes, name: str) -> Any:
    """Of a large file the texts of the arrays, else the arrays by their names; or None."""
    if _is_ours(content):
        lines = content.split(b"\n")
        head = dumps(name).encode() + b": {"
        if head in lines and (texts := _texts(lines, lines.index(head))):
            return texts
    return _parsed(content).get(name)


def _all_stored(content: bytes) -> dict[str, Any] | None:
    """Of a large file the texts of the arrays of all metrics; None: it has to be parsed."""
    if not _is_ours(content):
        return None
    lines = content.split(b"\n")
    found = {
        json.loads(line.removesuffix(b": {")): _texts(lines, number)
        for number, line in enumerate(lines)
        if line.startswith(b'"') and line.endswith(b": {")
    }
    return found if all(found.values()) else None


def _texts(lines: list[bytes], head: int) -> tuple[bytes, ...]:
    """The texts of the arrays of the metric whose name stands in a line; or none."""
    arrays = lines[head + 1 : head + 4]
    if len(arrays) != 3 or not all(map(bytes.startswith, arrays, _LINES)):
        return ()
    pairs = zip(arrays, _LINES, strict=True)
    return tuple(line[len(start) : line.rindex(b"]")] for line, start in pairs)


def _parsed(content: bytes) -> dict[str, Any]:
    metrics = json.loads(content) if content.strip() else {}
    if not isinstance(metrics, dict):
        raise ValueError("it is no JSON object")
    return metrics


def _with_journal(stored: Any, journal: list[dict[str, Any]]) -> Points:
    if isinstance(stored, tuple):
        stored = dict(zip(("steps", "timestamps", "values"), map(_list, stored), strict=True))
    arrays: dict[str, list[Any]] = {name: list((stored or {}).get(name, ())) for name in _ARRAYS}
    for points in journal:
        known = len(arrays["values"]) - points["start"]
        for name in _ARRAYS:
            arrays[name] += points[name][known:]
    return _restored(arrays)


def _restored(arrays: dict[str, Any]) -> Points:
    steps, values, timestamps = (restore(list(arrays.get(name, ()))) for name in _ARRAYS)
    if not len(steps) == len(values) == len(timestamps):
        raise ValueError("steps, values and timestamps of a metric are not equally many")
    return Points(steps=steps, values=values, timestamps=timestamps)


def _array(text: bytes) -> Any:
    """The elements of an array of JSON: of numpy if all are numbers of one kind."""
    if not is_installed("numpy") or not _NUMBERS.match(text) or not text:
        return _list(text)
    # Not at the top: numpy is optional, and slow to load.
    import numpy as np

    if b"." not in text and b"e" not in text and b"E" not in text:
        found = np.fromstring(text, dtype=np.int64, sep=",")
        limits = np.iinfo(np.int64)
        # What is beyond becomes the largest that there is, without a word.
        return _list(text) if {limits.min, limits.max} & {found.min(), found.max()} else found
    # Of both kinds, they stay as they are: a copy of the run must not make 1 of 1.0.
    elements = json.loads(b"[" + text + b"]")
    return np.array(elements) if set(map(type, elements)) == {float} else elements


def _list(text: bytes) -> list[Any]:
    elements: list[Any] = restore(json.loads(b"[" + text + b"]"))
    return elements


def _content(blobs: Blobs, name: str) -> bytes:
    try:
        return blobs.read(name)
    except (FileNotFoundError, NotADirectoryError):
        return b""


def _journal(blobs: Blobs, directory: str) -> Iterator[dict[str, Any]]:
    lines = _content(blobs, f"{directory}/{JOURNAL}").split(b"\n")
    yield from map(json.loads, lines[:-1])  # the last one is not finished
