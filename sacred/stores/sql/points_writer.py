"""Writing points of metrics into a database: rows, and chunks of what is complete."""

from __future__ import annotations

import contextlib
import datetime
import itertools
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from sacred._base.errors import SacredError
from sacred._base.timestamps import Timestamps, microseconds
from sacred.stores.changes import AddPoints, DropPoints
from sacred.stores.sql import chunks
from sacred.stores.sql.chunks import CHUNKS, packed
from sacred.stores.sql.points import COLUMNS, rows_of, step_from, value_from
from sacred.stores.sql.storable_text import storable
from sacred.stores.sql.tables import TABLES

__all__ = ["add_points", "drop_points", "rebuild_chunks", "remove_points"]

_METRIC = TABLES["metric"]
#: How many points go to the database in one piece.
_POINTS_AT_ONCE = 10_000
#: How many characters a time has in SQLite, with and without fractions of the second.
_TIMESTAMP_LENGTHS = (19, 26)


def add_points(
    connection: Connection, run_id: str, points: AddPoints, *, with_chunks: bool
) -> None:
    """Store points; any that were at these positions are replaced.

    Args:
        connection: in a transaction.
        run_id: the id as it is in the tables.
        points: the points.
        with_chunks: whether `metric_block` exists.
    """
    name = str(storable(points.name))
    at_these = *_whose(_METRIC, run_id, name), _between(points.start, points.stop)
    first = connection.execute(sa.select(_METRIC.c.position).where(*at_these).limit(1)).first()
    if first is not None:
        if _are_stored(connection, run_id, name, points):
            return  # a change that is made again
        connection.execute(sa.delete(_METRIC).where(*at_these))
    rows = rows_of(points, run_id, name)
    while some := list(itertools.islice(rows, _POINTS_AT_ONCE)):
        _insert(connection, some)
    size = chunks.POINTS_PER_CHUNK
    complete = range(points.start // size * size, points.stop // size * size, size)
    if with_chunks and (complete or first is not None):
        # Without them, all is there; it only takes longer to read.
        with contextlib.suppress(sa.exc.DBAPIError), connection.begin_nested():
            _remove_chunks(connection, run_id, name, range(points.start, points.stop))
            _insert_chunks(connection, run_id, name, points, complete)


def drop_points(
    connection: Connection, run_id: str, change: DropPoints, *, with_chunks: bool
) -> None:
    """Remove the points of a metric from an index on.

    Args:
        connection: in a transaction.
        run_id: the id as it is in the tables.
        change: which points.
        with_chunks: whether `metric_block` exists.
    """
    name = str(storable(change.name))
    beyond = _METRIC.c.position >= change.start
    connection.execute(sa.delete(_METRIC).where(*_whose(_METRIC, run_id, name), beyond))
    if with_chunks:
        overlap = CHUNKS.c.position > change.start - chunks.POINTS_PER_CHUNK
        connection.execute(sa.delete(CHUNKS).where(*_whose(CHUNKS, run_id, name), overlap))


def remove_points(
    connection: Connection, run_id: str, name: str | None = None, *, with_chunks: bool
) -> None:
    """Remove all points of a run, or those of one metric.

    Args:
        connection: to the database.
        run_id: id of the run, as the tables have it.
        name: of the metric; None: all.
        with_chunks: whether packed points are removed as well.
    """
    for table in (_METRIC, *((CHUNKS,) if with_chunks else ())):
        connection.execute(sa.delete(table).where(*_whose(table, run_id, name)))


def _whose(table: sa.Table, run_id: str, name: str | None) -> list[Any]:
    return [table.c.run_id == run_id] + ([] if name is None else [table.c.name == name])


def _between(start: int, stop: int) -> Any:
    return _METRIC.c.position.between(start, stop - 1)


# -------------------------------------------------------------------------------- rows

_INSERT = sa.insert(_METRIC)
_INSERT_SQLITE = (
    f"INSERT INTO metric ({', '.join(COLUMNS)}) VALUES ({', '.join('?' * len(COLUMNS))})"
)


def _insert(connection: Connection, rows: Sequence[tuple[Any, ...]]) -> None:
    if connection.dialect.paramstyle == "qmark" and connection.dialect.name == "sqlite":
        *columns, times = zip(*rows, strict=True)
        if all(type(time) is datetime.datetime and time.tzinfo is None for time in times):
            # What SQLAlchemy makes of them is the same, and takes three times as long.
            texts = (time.isoformat(" ", "microseconds") for time in times)
            connection.exec_driver_sql(_INSERT_SQLITE, list(zip(*columns, texts, strict=True)))
            return
    connection.execute(_INSERT, [dict(zip(COLUMNS, row, strict=True)) for row in rows])


def _are_stored(connection: Connection, run_id: str, name: str, points: AddPoints) -> bool:
    """Whether the rows are there already, all of them and just so."""
    query = sa.select(*(_METRIC.c[column] for column in COLUMNS)).order_by(_METRIC.c.position)
    query = query.where(*_whose(_METRIC, run_id, name), _between(points.start, points.stop))
    try:
        stored = connection.execute(query).all()
    except ValueError:  # somebody has written a time that is none
        return False
    if len(stored) != len(points):
        return False
    # As texts, since 0.0 equals -0.0.
    pairs = zip(stored, rows_of(points, run_id, name), strict=True)
    return all(repr(tuple(row)) == repr(new) for row, new in pairs)


# ------------------------------------------------------------------------------ chunks


def rebuild_chunks(connection: Connection, run_id: str, name: str) -> bool:
    """Rebuild the chunks of a metric from its rows.

    Args:
        connection: in a transaction.
        run_id: the id as it is in the tables.
        name: of the metric, likewise.

    Returns:
        whether any chunk was missing, or differed from the rows.
    """
    fields = [column for column in CHUNKS.c if column.name not in ("run_id", "name")]
    query = sa.select(*fields).where(*_whose(CHUNKS, run_id, name))
    stored = {row.position: dict(row._mapping) for row in connection.execute(query)}
    wanted = {}
    for position in _complete(connection, run_id, name):
        chunk = _chunk(connection, run_id, name, None, position)
        if chunk is not None:
            wanted[position] = {"position": position, **chunk}
    if wanted == stored:
        return False
    connection.execute(sa.delete(CHUNKS).where(*_whose(CHUNKS, run_id, name)))
    rows = [{"run_id": run_id, "name": name, **chunk} for chunk in wanted.values()]
    if rows:
        connection.execute(sa.insert(CHUNKS), rows)
    return True


def _complete(connection: Connection, run_id: str, name: str) -> list[int]:
    """Where a chunk may begin: positions behind which no row is missing."""
    size = chunks.POINTS_PER_CHUNK
    number = _METRIC.c.position // size
    query = sa.select(number).where(*_whose(_METRIC, run_id, name), _METRIC.c.position >= 0)
    query = query.group_by(number).having(sa.func.count() == size).order_by(number)
    return [int(found) * size for found in connection.scalars(query)]


def _remove_chunks(connection: Connection, run_id: str, name: str, positions: range) -> None:
    """Remove those of points that are replaced, or that somebody has deleted before."""
    position = CHUNKS.c.position
    overlap = position > positions.start - chunks.POINTS_PER_CHUNK, position < positions.stop
    connection.execute(sa.delete(CHUNKS).where(*_whose(CHUNKS, run_id, name), *overlap))


def _insert_chunks(
    connection: Connection, run_id: str, name: str, points: AddPoints, complete: range
) -> None:
    made = ((position, _chunk(connection, run_id, name, points, position)) for position in complete)
    whose = {"run_id": run_id, "name": name}
    rows = [{**whose, "position": position, **chunk} for position, chunk in made if chunk]
    if rows:
        connection.execute(sa.insert(CHUNKS), rows)


def _chunk(
    connection: Connection, run_id: str, name: str, points: AddPoints | None, position: int
) -> dict[str, Any] | None:
    """A chunk of points that have just been stored; what came before them is read.

    None for `points`: all is read.
    """
    stop = position + chunks.POINTS_PER_CHUNK
    start = stop if points is None else max(points.start, position)
    try:
        rows = _stored(connection, run_id, name, range(position, start)) if start > position else []
        steps, values = [row[0] for row in rows], [row[1] for row in rows]
        times = _microseconds([row[2] for row in rows])
        if points is not None:
            part = points.part(start, stop)
            steps += part.steps
            values += part.values
            times += _microseconds(part.timestamps)
        return packed(steps, values, times)
    except (ValueError, TypeError, OverflowError, SacredError):
        return None  # somebody else's points, or such as only rows can hold


def _stored(
    connection: Connection, run_id: str, name: str, positions: range
) -> list[tuple[Any, Any, datetime.datetime]]:
    wanted = ("position", "step", "step_json", "value", "value_json", "timestamp")
    within = _between(positions.start, positions.stop)
    query = sa.select(*(_METRIC.c[column] for column in wanted)).order_by(_METRIC.c.position)
    cursor = connection.execute(query.where(*_whose(_METRIC, run_id, name), within)).cursor
    assert cursor is not None
    rows = cursor.fetchall()
    if [row[0] for row in rows] != list(positions):
        raise ValueError("not all points are there")
    return [(step_from(*row[1:3]), value_from(*row[3:5]), _timestamp(row[5])) for row in rows]


def _timestamp(time: Any) -> Any:
    """A time as a reader gets it; of texts, only such as all read alike."""
    if isinstance(time, str):
        if len(time) not in _TIMESTAMP_LENGTHS:
            raise ValueError(f"no time: {time!r}")
        return datetime.datetime.fromisoformat(time)
    return time


def _microseconds(times: Sequence[Any]) -> list[int]:
    if isinstance(times, Timestamps):
        return times.in_microseconds()
    if set(map(type, times)) - {datetime.datetime}:
        raise TypeError("no datetimes")
    return list(map(microseconds, times))
