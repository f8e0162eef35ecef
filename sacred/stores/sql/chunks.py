"""Points of long metrics once more, packed: rows beside the rows of `metric`.

A million rows take seconds to read, whoever reads them; the same numbers as bytes take a few
hundredths of one. So what is written in full chunks of `POINTS_PER_CHUNK` points is stored in
``metric_block``, too, in the same transaction. The rows stay what they were and are the truth:
chunks may be missing, and then rows are read in their place.

A row at `STALE` says that no chunk of this metric is to be believed, because somebody has
changed, removed or squeezed in a row (see `sacred.stores.sql.chunk_triggers`). It stays for as
long as the metric does: to make chunks again would need locks against those who change rows
at this moment, in transactions that cannot see the new chunks.

>>> chunk = packed([0, 1, 2], [0.5, 1.5, 2.5], [0, 1, 2])
>>> chunk["kind"], len(chunk["steps"]), len(chunk["numbers"])
('d', 16, 24)
>>> [float(value) for value in unpacked_numbers(chunk["numbers"], "d", 3)]
[0.5, 1.5, 2.5]
"""

from __future__ import annotations

import sys
from array import array
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from sacred._base.extras import is_installed
from sacred._base.timestamps import datetime_of_microseconds

__all__ = [
    "CHUNKS",
    "POINTS_PER_CHUNK",
    "STALE",
    "packed",
    "unpacked_numbers",
    "unpacked_steps",
    "unpacked_times",
]

#: Chunk n has the points from n times this on. Smaller ones would spare a reader rows of the
#: end that is not full yet, larger ones would leave more metrics without any.
POINTS_PER_CHUNK = 4096
#: The position of the row that makes all chunks of its metric void.
STALE = -1

#: Not among the tables of `sql_tables`: a database may do without.
CHUNKS = sa.Table(
    "metric_block",
    sa.MetaData(),
    sa.Column("run_id", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("position", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("kind", sa.Text),  # of the numbers: "d" floats, "q" integers of 64 bits
    sa.Column("steps", sa.LargeBinary),  # integers, or the first one and the distance
    sa.Column("numbers", sa.LargeBinary),
    sa.Column("times", sa.LargeBinary),  # microseconds since 1970
)

_KINDS = {float: "d", int: "q"}


def packed(
    steps: Sequence[Any], values: Sequence[Any], times: Sequence[int]
) -> dict[str, Any] | None:
    """The columns of a chunk; None: there are values or steps that only rows can hold.

    Args:
        steps: of consecutive points.
        values: floats, NaN and infinities among them, or else integers.
        times: microseconds since 1970.
    """
    types = set(map(type, values))
    kind = _KINDS.get(types.pop()) if len(types) == 1 else None
    if kind is None or set(map(type, steps)) != {int}:
        return None
    try:
        return {
            "kind": kind,
            "steps": _bytes("q", _shortened(steps)),
            "numbers": _bytes(kind, values),
            "times": _bytes("q", times),
        }
    except OverflowError:
        return None


def unpacked_steps(content: bytes, count: int) -> Any:
    """The steps of a chunk: an array of numpy, or a list without it.

    Raises:
        ValueError: it is no column of so many.

    >>> [int(step) for step in unpacked_steps(packed([5, 8], [1, 1], [0, 0])["steps"], 2)]
    [5, 8]
    """
    if len(content) != 16:
        return unpacked_numbers(content, "q", count)
    first, distance = _items("q", content)
    if not is_installed("numpy"):
        return [first + n * distance for n in range(count)]
    import numpy as np

    return first + distance * np.arange(count, dtype=np.int64)


def unpacked_numbers(content: bytes, kind: str, count: int) -> Any:
    """The values of a chunk, likewise."""
    if len(content) != 8 * count or kind not in _KINDS.values():
        raise ValueError("a damaged chunk")
    if not is_installed("numpy"):
        return _items(kind, content).tolist()
    import numpy as np

    return _native(np.frombuffer(content, dtype="<f8" if kind == "d" else "<i8"))


def unpacked_times(content: bytes, count: int) -> Any:
    """The times of a chunk: ``datetime64[us]``, or a list of datetimes.

    >>> unpacked_times(packed([0], [1.5], [1_000_000])["times"], 1).tolist()
    [datetime.datetime(1970, 1, 1, 0, 0, 1)]
    """
    numbers = unpacked_numbers(content, "q", count)
    if hasattr(numbers, "dtype"):
        return numbers.view("datetime64[us]")
    return list(map(datetime_of_microseconds, numbers))


def _shortened(steps: Sequence[int]) -> Sequence[int]:
    """Steps that nearly always are equally far apart: the first one, and how far."""
    if len(steps) < 2:
        return [steps[0], 0]
    first, distance = steps[0], steps[1] - steps[0]
    is_even = all(map(int.__eq__, steps, _evenly(first, distance, len(steps))))
    return [first, distance] if is_even else steps


def _evenly(first: int, distance: int, count: int) -> Sequence[int]:
    return range(first, first + count * distance, distance) if distance else [first] * count


def _bytes(kind: str, items: Sequence[Any]) -> bytes:
    numbers = array(kind, items)
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers.tobytes()


def _items(kind: str, content: bytes) -> array[Any]:
    numbers = array(kind, content)
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers


def _native(column: Any) -> Any:
    return column.astype(column.dtype.newbyteorder("="), copy=False)
