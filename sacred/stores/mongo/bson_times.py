"""Arrays of many times as BSON, without a datetime for each.

An array is a document with the keys "0", "1", ... (https://bsonspec.org/spec.html). Its element
is a byte for the type, the digits of the key, a NUL, and the value. So elements whose keys
have the same number of digits lie at equal distances, and slices put a byte of all values there
at once. To make datetimes and to have them encoded takes five times as long; the driver's
encoder of plain numbers is no slower than this. `bson_columns` is the way back.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sacred._base.timestamps import Timestamps

if TYPE_CHECKING:
    from bson import CodecOptions

__all__ = ["with_times"]

_DOCUMENT, _ARRAY, _DATE = 0x03, 0x04, 0x09
_WIDTH = 8
#: Of fewer, nobody notices what they cost.
MIN_TIMES = 500


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

    kind, content = _ARRAY, _document(_elements(times))
    for name in reversed(path[1:]):
        kind, content = _DOCUMENT, _document([_field(kind, name, content)])
    first = bson.encode(fields, codec_options=options)[4:-1]  # without the size and the end
    return RawBSONDocument(_document([first, _field(kind, path[0], content)]))


def _field(kind: int, name: str, content: bytes) -> bytes:
    return b"%c%s\0%s" % (kind, name.encode(), content)


def _document(fields: Iterable[bytes | bytearray]) -> bytes:
    content = b"".join(fields)
    return b"%s%s\0" % ((len(content) + 5).to_bytes(4, "little"), content)


def _elements(times: Timestamps) -> Iterator[bytearray]:
    numbers = times.in_milliseconds()
    if sys.byteorder == "big":
        numbers.byteswap()
    values, digits = numbers.tobytes(), 1
    while values:
        distance = 2 + digits + _WIDTH
        count = min(_keys(digits), len(values) // _WIDTH)
        buffer = bytearray(_without_values(digits)[: count * distance])
        for place in range(_WIDTH):
            buffer[2 + digits + place :: distance] = values[place : count * _WIDTH : _WIDTH]
        yield buffer
        values = values[count * _WIDTH :]
        digits += 1


def _keys(digits: int) -> int:
    """How many keys have so many digits."""
    return 10 if digits == 1 else 9 * 10 ** (digits - 1)


@functools.lru_cache(maxsize=5)
def _without_values(digits: int) -> bytes:
    """All elements whose keys have so many digits, with zeros for values."""
    count, distance = _keys(digits), 2 + digits + _WIDTH
    buffer = bytearray(count * distance)
    buffer[::distance] = bytes((_DATE,)) * count
    for place in range(digits):
        # So many keys in a row have the same digit there.
        run = 10 ** (digits - place - 1)
        first = 0 if place or digits == 1 else 1
        cycle = b"".join(b"%d" % digit * run for digit in range(first, 10))
        buffer[1 + place :: distance] = cycle * (count // len(cycle))
    return bytes(buffer)
