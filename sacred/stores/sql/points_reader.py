"""Reading points of metrics from a database: chunks where there are any, rows in the gaps."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from sacred.records.metric import timestamps_of
from sacred.stores.point_columns import joined
from sacred.stores.sql import chunks
from sacred.stores.sql.chunks import (
    CHUNKS,
    supports_chunks,
    unpacked_numbers,
    unpacked_steps,
    unpacked_times,
)
from sacred.stores.sql.points import steps_from, values_from
from sacred.stores.sql.tables import TABLES

__all__ = ["columns_of", "names_of"]

_METRIC = TABLES["metric"]
#: Of fewer points, nobody asks for chunks.
MIN_CHUNKED_POINTS = 1000
#: SQLite takes so many values in a statement, however it was compiled.
_ENDS_AT_ONCE = 900
#: What fits into the caches of processors is faster to handle.
POINTS_AT_ONCE = 5000


class _Column(NamedTuple):
    """A column of points: the columns of rows and of chunks it is made of, and how."""

    of_rows: tuple[str, ...]
    from_rows: Callable[..., Any]
    of_chunks: tuple[str, ...]
    from_chunk: Callable[..., Any]


_COLUMNS = {
    "steps": _Column(("step", "step_json"), steps_from, ("steps",), unpacked_steps),
    "values": _Column(("value", "value_json"), values_from, ("numbers", "kind"), unpacked_numbers),
    "timestamps": _Column(("timestamp",), timestamps_of, ("times",), unpacked_times),
}
#: PostgreSQL expects a metric to be short, and so would sort all of it to give its beginning.
_BY_THE_INDEX = "SET LOCAL enable_bitmapscan = off; SET LOCAL enable_seqscan = off"
_Part = list[Any]


def columns_of(connection: Connection, run_id: str, name: str, wanted: Sequence[str]) -> list[Any]:
    """Return columns of a metric: numpy arrays if numpy is installed and can hold them.

    Args:
        connection: to read with; in a file or a server it gets a transaction of its own.
        run_id: the id as it is in the tables.
        name: likewise.
        wanted: some of ``steps``, ``values`` and ``timestamps``.
    """
    columns = [_COLUMNS[column] for column in wanted]
    metric = _Metric(connection, run_id, name, columns)
    parts = metric.first(MIN_CHUNKED_POINTS)
    if parts is None:
        parts = metric.all()
    return [joined([part[n] for part in parts]) for n in range(len(columns))]


def names_of(connection: Connection, run_id: str) -> list[str]:
    """Return the names of the metrics of a run.

    Args:
        connection: to the database.
        run_id: id of the run, as the tables have it.
    """
    name, is_of_run = _METRIC.c.name, _METRIC.c.run_id == run_id
    if connection.dialect.name not in ("sqlite", "postgresql"):
        return list(connection.scalars(sa.select(name).where(is_of_run).distinct()))
    # From one to the next by the index; these databases would look at each point.
    first = sa.select(sa.func.min(name).label("name")).where(is_of_run)
    found = first.cte("names", recursive=True)
    following = sa.select(sa.func.min(name)).where(is_of_run, name > found.c.name)
    one = sa.select(following.correlate(found).scalar_subquery())
    names = found.union_all(one.where(found.c.name.is_not(None)))
    return list(connection.scalars(sa.select(names.c.name).where(names.c.name.is_not(None))))


class _Metric:
    """Asks for the points of one metric."""

    def __init__(
        self, connection: Connection, run_id: str, name: str, columns: Sequence[_Column]
    ) -> None:
        self._connection = connection
        self._columns = columns
        self._whose = {"run_id": run_id, "name": name}

    def first(self, count: int) -> list[_Part] | None:
        """All points, if there are fewer than so many."""
        if self._connection.dialect.name == "postgresql":
            self._connection.exec_driver_sql(_BY_THE_INDEX)
        parts = list(self._rows(limit=count))
        return parts if sum(len(part[0]) for part in parts) < count else None

    def all(self) -> list[_Part]:
        """All points, in one state of the database."""
        if supports_chunks(self._connection.engine):
            _take_snapshot(self._connection)
            packed = self._chunks()
        else:
            packed = []
        parts: list[_Part] = []
        end = None
        for position, part in packed:
            if end != position:
                parts += self._rows(end, position)
            parts.append(part)
            end = position + chunks.POINTS_PER_CHUNK
        return parts + list(self._rows(end))

    def _rows(
        self, start: int | None = None, stop: int | None = None, limit: int | None = None
    ) -> Iterator[_Part]:
        position = _METRIC.c.position
        query = self._rows_query().limit(limit)
        if start is not None:
            query = query.where(position >= start)
        if stop is not None:
            query = query.where(position < stop)
        # Of the driver: to make rows of SQLAlchemy's takes longer than to read them.
        cursor = self._connection.execute(query).cursor
        assert cursor is not None
        while some := cursor.fetchmany(POINTS_AT_ONCE):
            yield self._part(zip(*some, strict=True))

    def _rows_query(self) -> Any:
        names = [name for column in self._columns for name in column.of_rows]
        query = sa.select(*(_METRIC.c[name] for name in names)).order_by(_METRIC.c.position)
        return query.where(*self._is_this(_METRIC))

    def _part(self, found: Iterable[Sequence[Any]]) -> _Part:
        columns = iter(found)
        return [
            column.from_rows(*(next(columns) for _ in column.of_rows)) for column in self._columns
        ]

    def _is_this(self, table: sa.Table) -> list[Any]:
        return [table.c[name] == value for name, value in self._whose.items()]

    def _chunks(self) -> list[tuple[int, _Part]]:
        """Return the chunks that agree with the rows, as far as a quick check shows."""
        names = list(dict.fromkeys(name for column in self._columns for name in column.of_chunks))
        query = sa.select(CHUNKS.c.position, *(CHUNKS.c[name] for name in names))
        query = query.where(*self._is_this(CHUNKS)).order_by(CHUNKS.c.position)
        driver_error: Any = self._connection.dialect.loaded_dbapi.Error
        try:
            found = self._fetched(query)
        except (sa.exc.DBAPIError, driver_error):  # no such table, or no right to read it
            self._connection.rollback()
            return []
        if found and found[0][0] < 0:
            return []  # triggers of an earlier version have marked them as void
        parts = ((row[0], self._unpacked(dict(zip(names, row[1:], strict=True)))) for row in found)
        unpacked = [(position, part) for position, part in parts if part is not None]
        return [
            chunk
            for neighbours in _neighbours(self._with_the_same_end(unpacked))
            if self._has_all_rows(neighbours)
            for chunk in neighbours
        ]

    def _with_the_same_end(self, found: list[tuple[int, _Part]]) -> list[tuple[int, _Part]]:
        """Those whose last point is the one in the rows."""
        size = chunks.POINTS_PER_CHUNK
        rows: dict[int, str] = {}
        for start in range(0, len(found), _ENDS_AT_ONCE):
            ends = [position + size - 1 for position, _ in found[start : start + _ENDS_AT_ONCE]]
            query = self._rows_query().add_columns(_METRIC.c.position)
            query = query.where(_METRIC.c.position.in_(ends))
            for *row, position in self._connection.execute(query):
                rows[position] = _last_of(self._part([value] for value in row))
        return [
            (position, part)
            for position, part in found
            if rows.get(position + size - 1) == _last_of(part)
        ]

    def _has_all_rows(self, neighbours: list[tuple[int, _Part]]) -> bool:
        start, size = neighbours[0][0], len(neighbours) * chunks.POINTS_PER_CHUNK
        within = _METRIC.c.position.between(start, start + size - 1)
        query = sa.select(sa.func.count()).where(*self._is_this(_METRIC), within)
        return bool(self._connection.scalar(query) == size)

    def _fetched(self, query: Any) -> Sequence[Sequence[Any]]:
        dialect = self._connection.dialect
        if dialect.driver != "psycopg":
            return self._connection.execute(query).all()
        # As texts, which SQLAlchemy asks for, chunks are sent as twice as many digits.
        compiled = query.compile(dialect=dialect)
        driver: Any = self._connection.connection.driver_connection
        with driver.cursor(binary=True) as cursor:
            found: list[Any] = cursor.execute(str(compiled), compiled.params).fetchall()
        return found

    def _unpacked(self, row: Mapping[str, Any]) -> _Part | None:
        try:
            return [
                column.from_chunk(
                    *(row[name] for name in column.of_chunks), chunks.POINTS_PER_CHUNK
                )
                for column in self._columns
            ]
        except (ValueError, TypeError):
            return None  # a damaged one is a gap


def _neighbours(found: list[tuple[int, _Part]]) -> Iterator[list[tuple[int, _Part]]]:
    """Chunks in groups of such as follow each other without a gap."""
    group: list[tuple[int, _Part]] = []
    for position, part in found:
        if group and position != group[-1][0] + chunks.POINTS_PER_CHUNK:
            yield group
            group = []
        group.append((position, part))
    if group:
        yield group


def _last_of(part: _Part) -> str:
    """The last point as a text, since NaN is not equal to itself, and 0.0 equals -0.0."""
    ends = (column[-1:] for column in part)
    return repr([end.tolist() if hasattr(end, "dtype") else end for end in ends])


def _take_snapshot(connection: Connection) -> None:
    """Let all queries see the same state from now on."""
    connection.rollback()
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("BEGIN")
    else:
        connection.execution_options(isolation_level="REPEATABLE READ")
        connection.begin()  # which a statement of the driver itself would not do
