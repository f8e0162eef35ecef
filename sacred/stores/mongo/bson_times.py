"""Arrays of many times and numbers as BSON, without an object for each.

An array is a document with the keys "0", "1", ... (https://bsonspec.org/spec.html). Its element
is a byte for the type, the digits of the key, a NUL, and the value. So elements whose keys
have the same number of digits lie at equal distances, and slices put a byte of all values there
at once. To make datetimes and to have them encoded takes five times as long; the driver's
encoder of plain numbers is no slower than this. `column_of` is the way back for points that are
written again, `bson_columns` that of readers.
"""

from __future__ import annotations

import functools
import sys
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sacred._base.timestamps import Timestamps

if TYPE_CHECKING:
    from bson import CodecOptions

__all__ = ["array_elements", "column_of", "document_of", "field_of", "with_times"]

DOCUMENT, ARRAY, _DOUBLE, _DATE, _INT32 = 0x03, 0x04, 0x01, 0x09, 0x10
#: Of fewer, nobody notices what they cost.
MIN_TIMES = 500
_TYPE_CODES = {_DOUBLE: "d", _DATE: "q", _INT32: "i"}
#: Milliseconds since 1970 that are times of Python, the year 10000.
_MAX_TIME = 253_402_300_800_000


def with_times(
    fields: Mapping[str, Any],
    path: Sequence[str],
    times: Sequence[Any],
    options: CodecOptions[Any],
) -> Mapping[str, Any]:
    """A document of fields, and behind them times; encoded already if there are many.

    What the driver writes of it is the same, to the byte.

    Args:
        fields: what comes first.
        path: the name of the times, or those of documents around them and theirs.
        times: `Timestamps`, or a list of anything.
        options: by which the driver encodes the fields.

    Raises:
        bson.errors.InvalidDocument: BSON has no form for something in the fields.
        OverflowError: an integer in them is too large.

    >>> from bson.codec_options import DEFAULT_CODEC_OPTIONS
    >>> with_times({"a": 1}, ["b", "c"], Timestamps([0.5]), DEFAULT_CODEC_OPTIONS)
    {'a': 1, 'b': {'c': [datetime.datetime(1970, 1, 1, 0, 0, 0, 500000)]}}
    """
    if len(times) < MIN_TIMES or not isinstance(times, Timestamps):
        inner: Any = list(times)
        for name in reversed(path):
            inner = {name: inner}
        return {**fields, **inner}
    # Not at the top, as others below: pymongo is optional.
    import bson
    from bson.raw_bson import RawBSONDocument

    kind, content = ARRAY, document_of(_elements(times.in_milliseconds(), _DATE))
    for name in reversed(path[1:]):
        kind, content = DOCUMENT, document_of([field_of(kind, name, content)])
    first = bson.encode(fields, codec_options=options)[4:-1]  # without the size and the end
    return RawBSONDocument(document_of([first, field_of(kind, path[0], content)]))


def array_elements(
    column: Sequence[Any], first: int, options: CodecOptions[Any]
) -> Iterable[bytes | bytearray]:
    """The elements of an array from a key on, encoded.

    Args:
        column: `Timestamps`, or a list of anything.
        first: the key of the first one.
        options: by which the driver encodes what are not all numbers of one type.
    """
    if isinstance(column, Timestamps):
        return _elements(column.in_milliseconds(), _DATE, first)
    kinds = set(map(type, column))
    if kinds == {float}:
        return _elements(array("d", column), _DOUBLE, first)
    if kinds == {int} and min(column) >= -(2**31) and max(column) < 2**31:
        return _elements(array("i", column), _INT32, first)
    import bson

    keys = map(str, range(first, first + len(column)))
    return [bson.encode(dict(zip(keys, column, strict=True)), codec_options=options)[4:-1]]


def column_of(content: bytes) -> Sequence[Any] | None:
    """The elements of an array, without an object for each.

    Args:
        content: the array, BSON.

    Returns:
        An ``array`` of numbers, or `Timestamps`; None: they are not all of one such type.

    >>> import bson
    >>> column_of(bson.encode({"0": 0.5, "1": 2.0}))
    array('d', [0.5, 2.0])
    """
    data = content[4:-1]
    kind = data[0] if data else 0
    if kind not in _TYPE_CODES:
        return None
    numbers = array(_TYPE_CODES[kind])
    width, digits = numbers.itemsize, 1
    while data:
        distance = 2 + digits + width
        count = min(_keys(digits), len(data) // distance)
        rows = data[: count * distance]
        keys = rows[digits::distance], rows[1 + digits :: distance]
        if not count or rows[::distance] != b"%c" % kind * count:
            return None
        if 0 in keys[0] or keys[1] != bytes(count):
            return None
        values = bytearray(count * width)
        for place in range(width):
            values[place::width] = rows[2 + digits + place :: distance]
        numbers.frombytes(bytes(values))
        data, digits = data[count * distance :], digits + 1
    if sys.byteorder == "big":
        numbers.byteswap()
    if kind != _DATE:
        return numbers
    are_times = min(numbers) >= 0 and max(numbers) < _MAX_TIME
    return Timestamps([number / 1000 for number in numbers]) if are_times else None


def field_of(kind: int, name: str, content: bytes) -> bytes:
    """Return an element of a document in BSON (https://bsonspec.org/spec.html).

    Args:
        kind: the byte of its type.
        name: its key.
        content: its value, encoded.
    """
    return b"%c%s\0%s" % (kind, name.encode(), content)


def document_of(fields: Iterable[bytes | bytearray | memoryview]) -> bytes:
    """Return a document, or an array, of its encoded elements."""
    content = b"".join(fields)
    return b"%s%s\0" % ((len(content) + 5).to_bytes(4, "little"), content)


def _elements(numbers: array[Any], kind: int, first: int = 0) -> Iterator[bytearray]:
    if sys.byteorder == "big":
        numbers.byteswap()
    values, width, digits = numbers.tobytes(), numbers.itemsize, len(str(first))
    before = first - (10 ** (digits - 1) if digits > 1 else 0)
    while values:
        distance = 2 + digits + width
        count = min(_keys(digits) - before, len(values) // width)
        empty = _without_values(kind, width, digits)
        buffer = bytearray(empty[before * distance : (before + count) * distance])
        for place in range(width):
            buffer[2 + digits + place :: distance] = values[place : count * width : width]
        yield buffer
        values = values[count * width :]
        digits, before = digits + 1, 0


def _keys(digits: int) -> int:
    """How many keys have so many digits."""
    return 10 if digits == 1 else 9 * 10 ** (digits - 1)


@functools.lru_cache(maxsize=15)
def _without_values(kind: int, width: int, digits: int) -> bytes:
    """All elements whose keys have so many digits, with zeros for values."""
    count, distance = _keys(digits), 2 + digits + width
    buffer = bytearray(count * distance)
    buffer[::distance] = bytes((kind,)) * count
    for place in range(digits):
        # So many keys in a row have the same digit there.
        run = 10 ** (digits - place - 1)
        first = 0 if place or digits == 1 else 1
        cycle = b"".join(b"%d" % digit * run for digit in range(first, 10))
        buffer[1 + place :: distance] = cycle * (count // len(cycle))
    return bytes(buffer)
