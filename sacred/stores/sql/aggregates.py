"""Numbers of the metrics of many runs, as the database works them out.

A number is what `sacred.records.metric.aggregate` makes of the points, or it is left out: the
least of values that are not all floats (or all integers) is looked for among the values.
"""

from __future__ import annotations

import contextlib
import itertools
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from sacred.records.metric import Points, aggregate
from sacred.stores.sql.points import MAX_EXACT_INTEGER, step_from, value_from, values_from
from sacred.stores.sql.storable_text import storable
from sacred.stores.sql.tables import TABLES
from sacred.stores.store import MALFORMED_DATA_ERRORS

__all__ = ["is_last_of", "numbers_of"]

_RUN, _METRIC = TABLES["run"].c, TABLES["metric"].c

#: Fetched at once, all runs together, to work out what the database does not.
POINTS_AT_ONCE = 200_000
#: Longer metrics have chunks, which are read faster than a database looks at their rows.
_MAX_AGGREGATED_POINTS = 20_000

Numbers = dict[str, dict[tuple[str, str], Any]]


def numbers_of(
    connection: Connection, run_ids: Sequence[str], wanted: Collection[tuple[str, str]]
) -> Numbers:
    """Return aggregates of metrics; see `Reader.metric_numbers`.

    Args:
        connection: to the database.
        run_ids: of the runs, as in the column ``run_id``; those without a row are left out.
        wanted: names of metrics, with kinds of aggregates.

    Returns:
        numbers by metric and kind, by the ids.
    """
    found: Numbers = defaultdict(dict)
    aggregates: dict[str, set[str]] = defaultdict(set)
    for name, kind in wanted:
        aggregates[name].add(kind)
    for name, kinds in aggregates.items():
        metric = _Metric(connection, str(storable(name)), kinds)
        for run_id, numbers in metric.numbers(run_ids).items():
            found[run_id] |= {(name, kind): number for kind, number in numbers.items()}
    return found


def is_last_of(name: str) -> Any:
    """Whether a point is at the last position of a metric, in a question about a row of ``run``."""
    last = sa.select(sa.func.max(_METRIC.position))
    last = last.where(_METRIC.run_id == _RUN.run_id, _METRIC.name == name)
    return _METRIC.position == last.correlate(TABLES["run"]).scalar_subquery()


class _Metric:
    """Asks for numbers of one metric."""

    def __init__(self, connection: Connection, name: str, kinds: set[str]) -> None:
        self._connection = connection
        self._name = name
        self._is_meant = _METRIC.name == name
        self._kinds = kinds

    def numbers(self, run_ids: Sequence[str]) -> dict[str, dict[str, Any]]:
        """Return the aggregates of the metric, by run and kind."""
        found: dict[str, dict[str, Any]] = {}
        there = []
        for row in self._connection.execute(self._last(run_ids)):
            if row.position is None:
                found[row.run_id] = dict.fromkeys(self._kinds)
                continue
            if row.position < _MAX_AGGREGATED_POINTS:
                there.append(row.run_id)
            found[row.run_id] = {}
            with contextlib.suppress(*MALFORMED_DATA_ERRORS):
                last = {"last": value_from(row.value, row.value_json)}
                last["step"] = step_from(row.step, row.step_json)
                found[row.run_id] |= {kind: last[kind] for kind in last.keys() & self._kinds}
        if there and self._kinds - {"last", "step"}:
            self._add_of_all(there, found)
        return found

    def _last(self, run_ids: Sequence[str]) -> Any:
        """The last point of each run, by the index."""
        is_last = sa.and_(_METRIC.run_id == _RUN.run_id, self._is_meant, is_last_of(self._name))
        columns = ("position", "value", "value_json", "step", "step_json")
        query = sa.select(_RUN.run_id, *(_METRIC[name] for name in columns))
        both = TABLES["run"].outerjoin(TABLES["metric"], is_last)
        return query.select_from(both).where(_RUN.run_id.in_(run_ids))

    def _add_of_all(self, run_ids: Sequence[str], found: dict[str, dict[str, Any]]) -> None:
        open_runs: dict[str, int] = {}
        for row in self._connection.execute(self._extremes(run_ids)):
            numbers = {"count": row.points}
            if row.points == row.floats:
                numbers |= {"min": row.min, "max": row.max}
            elif row.points == row.integers:
                numbers |= {"min": int(row.min), "max": int(row.max)}
            found[row.run_id] |= {kind: numbers[kind] for kind in numbers.keys() & self._kinds}
            if self._kinds - found[row.run_id].keys():
                open_runs[row.run_id] = row.points
        room = POINTS_AT_ONCE
        few = [key for key, count in open_runs.items() if (room := room - count) >= 0]
        if few:
            self._add_of_values(few, found)

    def _extremes(self, run_ids: Sequence[str]) -> Any:
        """Return a statement: for each run its points, floats and integers counted, min and max."""
        value, text = _METRIC.value, _METRIC.value_json
        # In this order: a database must not make an integer of what is too large for one.
        is_integer = sa.case(
            (text.is_(None), 0),
            (sa.func.abs(value) >= MAX_EXACT_INTEGER, 0),
            (text == sa.cast(sa.cast(value, sa.BigInteger), sa.String(40)), 1),
            else_=0,
        )
        is_float = sa.case((text.is_(None) & value.is_not(None), 1), else_=0)
        query = sa.select(
            _METRIC.run_id,
            sa.func.count().label("points"),
            sa.func.sum(is_float).label("floats"),
            sa.func.sum(is_integer).label("integers"),
            sa.func.min(value).label("min"),
            sa.func.max(value).label("max"),
        )
        query = query.where(_METRIC.run_id.in_(run_ids), self._is_meant)
        return query.group_by(_METRIC.run_id)

    def _add_of_values(self, run_ids: Sequence[str], found: dict[str, dict[str, Any]]) -> None:
        query = sa.select(_METRIC.run_id, _METRIC.value, _METRIC.value_json)
        query = query.where(_METRIC.run_id.in_(run_ids), self._is_meant)
        rows = self._connection.execute(query.order_by(_METRIC.run_id, _METRIC.position))
        for run_id, points in itertools.groupby(map(tuple, rows), key=lambda row: row[0]):
            try:
                values = _values(points)
            except MALFORMED_DATA_ERRORS:
                continue
            # Nor has the last point been understood, if it is not there by now.
            for kind in self._kinds - found[run_id].keys() - {"last", "step"}:
                found[run_id][kind] = aggregate(values, kind)


def _values(rows: Iterable[tuple[Any, ...]]) -> Points:
    _, numbers, texts = zip(*rows, strict=True)
    return Points(steps=(), values=values_from(numbers, texts), timestamps=())
