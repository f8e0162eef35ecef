"""Reading one metric out of ``metrics.json``, fast where it is long.

`sacred.stores.metrics_file` writes each array as one line. JSON has no line breaks
within texts, so the lines of a large file can be told apart without parsing them, and
only those of one metric are read. Any other JSON, as that of the old library, is
parsed as such.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any, overload

from sacred._base.extras import is_installed
from sacred.records import Points
from sacred.serializer import restore
from sacred.stores.blobs import Blobs
from sacred.stores.metrics_file import JOURNAL, NAME

__all__ = ["read_points", "stored_names"]

_ARRAYS = ("steps", "values", "timestamps")
#: Below, parsing everything takes a few milliseconds.
_LARGE = 256 * 1024
_METRIC = re.compile(
    rb'^("(?:[^"\\]|\\.)*"): \{\n'
    rb'  "steps": \[(.*)\],\n  "timestamps": \[(.*)\],\n  "values": \[(.*)\]\n\},?$',
    re.MULTILINE,
)
_NUMBERS = re.compile(rb"[-+.0-9eE, ]*\Z")


def stored_names(blobs: Blobs, directory: str) -> list[str]:
    """The names of the metrics of a run.

    Raises:
        ValueError: the file is damaged.
    """
    names = dict.fromkeys(_texts_or_arrays(_content(blobs, f"{directory}/{NAME}")))
    names |= dict.fromkeys(points["name"] for points in _journal(blobs, directory))
    return list(names)


def read_points(blobs: Blobs, directory: str, name: str) -> Points:
    """All points of one metric of a run.

    Raises:
        ValueError: the file is damaged.
    """
    stored = _texts_or_arrays(_content(blobs, f"{directory}/{NAME}")).get(name)
    journal = [points for points in _journal(blobs, directory) if points["name"] == name]
    if stored is None or journal:
        return _with_journal(stored, journal)
    if isinstance(stored, dict):
        return _restored(stored)
    steps, timestamps, values = stored
    return Points(
        steps=_array(steps), values=_array(values), timestamps=_Later(lambda: _list(timestamps))
    )


def _texts_or_arrays(content: bytes) -> dict[str, Any]:
    """By name: the texts of a large file's arrays, or the arrays of another one."""
    if not content.strip():
        return {}
    if len(content) > _LARGE:
        found = {json.loads(m[1]): (m[2], m[3], m[4]) for m in _METRIC.finditer(content)}
        # All of it must have been understood: braces, and what is between the metrics.
        if len(_METRIC.sub(b"", content).strip(b"{} \n")) == 0:
            return found
    metrics: dict[str, Any] = json.loads(content)
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
    return Points(steps=steps, values=values, timestamps=timestamps)


def _array(text: bytes) -> Any:
    """The elements of an array of JSON: of numpy if all are numbers of one kind."""
    if not is_installed("numpy") or not _NUMBERS.match(text) or not text:
        return _list(text)
    import numpy as np

    if b"." not in text and b"e" not in text and b"E" not in text:
        try:
            return np.fromstring(text, dtype=np.int64, sep=",")
        except (ValueError, DeprecationWarning):  # beyond 64 bits
            return _list(text)
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


class _Later(Sequence[Any]):
    """A list that is made when somebody looks into it."""

    def __init__(self, make: Callable[[], list[Any]]) -> None:
        self._make = make
        self._items: list[Any] | None = None

    def tolist(self) -> list[Any]:
        """The list."""
        if self._items is None:
            self._items = self._make()
        return self._items

    @overload
    def __getitem__(self, index: int) -> Any: ...
    @overload
    def __getitem__(self, index: slice) -> list[Any]: ...
    def __getitem__(self, index: Any) -> Any:
        return self.tolist()[index]

    def __len__(self) -> int:
        return len(self.tolist())
