"""Arrays of numbers out of BSON, without an object for each element.

An array is a document with the keys "0", "1", ... So if all elements have one type, those
whose keys have the same number of digits lie at equal distances, and numpy takes them at once.
A decoder makes three million objects of a million points, which takes seconds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bson import ObjectId

from sacred.stores.mongo.tails import GROWING_FIELD

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["ARRAYS", "columns_of", "elements_of"]

ARRAYS = ("steps", "values", "timestamps")

_DOUBLE, _ARRAY, _DATE, _INT32, _INT64 = 0x01, 0x04, 0x09, 0x10, 0x12
_OBJECT_ID, _BOOLEAN = 0x07, 0x08
#: Of the types that elements of interest, and others beside them in a document, may have.
_SIZES = {
    **{_DOUBLE: 8, _OBJECT_ID: 12, _BOOLEAN: 1, _DATE: 8, 0x0A: 0},
    **{_INT32: 4, 0x11: 8, _INT64: 8, 0x13: 16},
}
_WITH_LENGTH = {0x02: 4, 0x03: 0, _ARRAY: 0, 0x05: 5}  # and what the length does not count
_NUMPY = {_DOUBLE: "<f8", _DATE: "<i8", _INT32: "<i4", _INT64: "<i8"}


def columns_of(document: bytes | memoryview) -> dict[str, Any] | None:
    """The arrays of a document of a metric, as numpy's, its ``_id``, ``part`` and ``growing``.

    Args:
        document: BSON.

    Returns:
        None: they are not all of numbers of one type (or times); then it has to be decoded.

    >>> import bson, datetime
    >>> document = {"steps": [3], "values": [0.5], "timestamps": [datetime.datetime(2030, 1, 2)]}
    >>> columns_of(bson.encode(document))["values"]
    array([0.5])
    """
    found: dict[str, Any] = {"part": 0}
    try:
        for name, kind, content in elements_of(memoryview(document)):
            if name in ARRAYS:
                column = _column(content) if kind == _ARRAY else None
                if column is None:
                    return None
                found[name] = column
            elif name == "part":
                if kind not in (_INT32, _INT64):
                    return None
                found[name] = int.from_bytes(content, "little", signed=True)
            elif name == "_id" and kind == _OBJECT_ID:
                found[name] = ObjectId(bytes(content))
            elif name == GROWING_FIELD and kind == _BOOLEAN:
                found[name] = content[0] == 1
    except (LookupError, ValueError):
        return None
    complete = found.keys() >= set(ARRAYS) and len({len(found[name]) for name in ARRAYS}) == 1
    return found if complete else None


def elements_of(document: memoryview) -> Iterator[tuple[str, int, memoryview]]:
    """Names, types and contents of what is in a document.

    Raises:
        LookupError: one is of another type than those in documents of metrics.
    """
    position, end = 4, len(document) - 1
    while position < end:
        kind = document[position]
        stop = position + 1
        while document[stop]:
            stop += 1
        name = bytes(document[position + 1 : stop]).decode()
        position = stop + 1
        size = _SIZES.get(kind)
        if size is None:
            length = int.from_bytes(document[position : position + 4], "little")
            size = length + _WITH_LENGTH[kind]
        yield name, kind, document[position : position + size]
        position += size


def _column(content: memoryview) -> Any:
    """The elements of an array: of ``int64``, ``float64`` or ``datetime64[us]``; or None."""
    # Not at the top: numpy is optional, and slow to load.
    import numpy as np

    data = np.frombuffer(content[4:-1], dtype=np.uint8)
    if not len(data):
        return np.array([], dtype=np.float64)
    kind = int(data[0])
    numbers = np.dtype(_NUMPY[kind])
    parts, digits, keys = [], 1, 10
    while len(data):
        distance = 2 + digits + numbers.itemsize
        count = min(keys, len(data) // distance)
        rows = data[: count * distance].reshape(count, distance)
        as_expected = (rows[:, 0] == kind) & (rows[:, 1 + digits] == 0) & (rows[:, digits] != 0)
        if not count or not as_expected.all():
            return None
        parts.append(np.ascontiguousarray(rows[:, 2 + digits :]).view(numbers).ravel())
        data = data[count * distance :]
        digits, keys = digits + 1, 9 * 10**digits
    column = np.concatenate(parts)
    if kind == _DATE:
        return (column * 1000).view("<M8[us]")
    return column.astype(np.int64 if numbers.kind == "i" else np.float64, copy=False)
