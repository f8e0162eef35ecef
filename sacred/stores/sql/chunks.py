"""Packed copies of the points of long metrics, in addition to the rows of `metric`.

A million rows always take seconds to read; the same numbers as bytes take a few hundredths of a
second. So full chunks of `POINTS_PER_CHUNK` points are also stored in ``metric_block``, in the
same transaction. The rows remain the source of truth: chunks may be missing, and then rows are
read in their place.

People change rows with SQL, too. A reader believes a chunk only if there are as many rows as
it has points and the last of them is the same (`sacred.stores.sql.points_reader`), so rows that
were added or removed are always seen, and so is a change of a whole metric. A change to a single
row in the middle of a chunk is seen once ``sacred gc --check`` has made the chunk again. To have
the database watch its rows would take triggers, and with them privileges, three times the time
and ten times the bytes written.

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
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.schema import CreateTable

from sacred._base.extras import is_installed
from sacred._base.timestamps import datetime_of_microseconds
from sacred.stores.sql.engine import file_of
from sacred.stores.sql.tables import Bytes

__all__ = [
    "CHUNKS",
    "POINTS_PER_CHUNK",
    "chunks_table_exists",
    "create_chunks_table",
    "packed",
    "supports_chunks",
    "unpacked_numbers",
    "unpacked_steps",
    "unpacked_times",
]

#: Chunk n has the points from n times this on. Smaller ones would spare a reader rows of the
#: end that is not full yet, larger ones would leave more metrics without any.
POINTS_PER_CHUNK = 4096

#: Not among the tables of `sacred.stores.sql.tables`: a database may do without.
CHUNKS = sa.Table(
    "metric_block",
    sa.MetaData(),
    sa.Column("run_id", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("position", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("kind", sa.Text),  # of the numbers: "d" floats, "q" integers of 64 bits
    sa.Column("steps", Bytes),  # integers, or the first one and the distance
    sa.Column("numbers", Bytes),
    sa.Column("times", Bytes),  # microseconds since 1970
)

_KINDS = {float: "d", int: "q"}


def supports_chunks(engine: Engine) -> bool:
    """Return whether chunks are of use: in SQLite files and in PostgreSQL.

    In a database in memory all threads share one transaction, and no two queries of a
    reader have to see the same state.
    """
    return engine.dialect.name == "postgresql" or file_of(engine) is not None


def chunks_table_exists(connection: Connection) -> bool:
    """Return whether the table of chunks exists.

    By a query of the catalog: PostgreSQL's `to_regclass` goes on saying "no" in a transaction
    that has waited while another created the table.
    """
    return sa.inspect(connection).has_table(CHUNKS.name)


def create_chunks_table(connection: Connection) -> None:
    """Create the table of chunks, unless it exists.

    Args:
        connection: in an exclusive transaction.
    """
    if chunks_table_exists(connection):
        return  # another process has just done it
    connection.execute(CreateTable(CHUNKS))
    if connection.dialect.name == "postgresql":
        # Not compressed, which takes longer than to read them.
        for column in ("steps", "numbers", "times"):
            connection.exec_driver_sql(
                f"ALTER TABLE metric_block ALTER COLUMN {column} SET STORAGE EXTERNAL"
            )


def packed(
    steps: Sequence[Any], values: Sequence[Any], times: Sequence[int]
) -> dict[str, Any] | None:
    """Return the columns of a chunk; None: only rows can hold some of the values or steps.

    Args:
        steps: those of consecutive points.
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
    """Unpack the steps of a chunk: a numpy array, or a list without numpy.

    Args:
        content: the packed bytes.
        count: number of points.

    Raises:
        ValueError: it is not a column of `count` steps.

    >>> [int(step) for step in unpacked_steps(packed([5, 8], [1, 1], [0, 0])["steps"], 2)]
    [5, 8]
    """
    if len(content) != 16:
        return unpacked_numbers(content, "q", count)
    first, distance = _items("q", content)
    if not is_installed("numpy"):
        return [first + n * distance for n in range(count)]
    # Not at the top, as others below: numpy is optional, and slow to load.
    import numpy as np

    return first + distance * np.arange(count, dtype=np.int64)


def unpacked_numbers(content: bytes, kind: str, count: int) -> Any:
    """Unpack the values of a chunk: a numpy array, or a list without numpy.

    Args:
        content: the packed bytes.
        count: number of points.
        kind: type code of the numbers.
    """
    if len(content) != 8 * count or kind not in _KINDS.values():
        raise ValueError("a damaged chunk")
    if not is_installed("numpy"):
        return _items(kind, content).tolist()
    import numpy as np

    return _native(np.frombuffer(content, dtype="<f8" if kind == "d" else "<i8"))


def unpacked_times(content: bytes, count: int) -> Any:
    """Unpack the times of a chunk: ``datetime64[us]``, or a list of datetimes.

    Args:
        content: the packed bytes.
        count: number of points.

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
