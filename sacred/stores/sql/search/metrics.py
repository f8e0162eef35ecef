"""Aggregates of metrics in SQLAlchemy conditions and orderings, from the table of points.

One point shows whether the least value is small, and the index leads from a run to its
points: so a database reads no more of them than it has to.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from sacred.query.predicates import Predicate, bounds_of
from sacred.stores.sql.aggregates import is_last_of
from sacred.stores.sql.search.json_paths import MAX_EXACT_INTEGER, SortColumns, bounded
from sacred.stores.sql.storable_text import storable
from sacred.stores.sql.tables import TABLES

__all__ = ["metric_condition", "metric_sort_columns"]

_RUN, _METRIC = TABLES["run"].c, TABLES["metric"].c


def _is_odd(column: Any, text: Any) -> Any:
    """Whether a value is no number, or not exactly that of the column."""
    return (
        column.is_(None) | (sa.func.abs(column) >= MAX_EXACT_INTEGER) | text.in_(["true", "false"])
    )


_FUNCTIONS: dict[str, Any] = {"min": sa.func.min, "max": sa.func.max, "mean": sa.func.avg}
_MEAN, _LARGEST = sa.func.avg(_METRIC.value), sa.func.max(sa.func.abs(_METRIC.value))
_SOME_ARE_ODD = sa.func.sum(sa.case((_is_odd(_METRIC.value, _METRIC.value_json), 1), else_=0)) > 0
#: Databases add in another order, and round: a sum of `_MAX_SUMMED_POINTS` is off by less than
#: this part of the largest value for each of them.
_ROUNDING_ERROR, _MAX_SUMMED_POINTS = 1e-9, 100_000


def metric_condition(predicate: Predicate) -> Any:
    """Return a condition on the points of a run; see `sacred.stores.sql.points`."""
    name, kind = predicate.steps
    points = _Points(str(storable(name)))
    # Rows of the old library have no points under their own number.
    return _RUN.run_id.is_(None) | points.fulfil(kind, predicate)


def metric_sort_columns(name: str, metric: tuple[str, str]) -> SortColumns:
    """Return the columns that sort runs by an aggregate of a metric.

    Args:
        name: for the columns.
        metric: its name, and the aggregate.
    """
    points, kind = _Points(str(storable(metric[0]))), metric[1]
    value = points.number(kind).label(f"value_{name}")
    odd = (_RUN.run_id.is_(None) | points.are_odd(kind)).label(f"odd_{name}")
    return SortColumns(
        columns=(value, odd), doubt=sa.column(odd.name, odd.type), keys=(sa.column(value.name),)
    )


class _Points:
    """The points of one metric of the run that the question is about."""

    def __init__(self, name: str) -> None:
        self._is_last = is_last_of(name)
        self._are_meant = (_METRIC.run_id == _RUN.run_id) & (_METRIC.name == name)

    def fulfil(self, kind: str, predicate: Predicate) -> Any:
        """Whether a predicate about an aggregate of theirs may be true."""
        if predicate.test == "absent":
            return self._lack(kind)
        if predicate.test == "present":
            return self._have()
        low, high = bounds_of(predicate)
        if kind == "count":
            return sa.and_(*bounded(self.number(kind), low, high))
        if kind in ("last", "step"):
            column = _METRIC.value if kind == "last" else _METRIC.step
            return self._have(self._is_last, _may_be(column, low, high))
        value = _METRIC.value
        if kind == "mean":
            room = _LARGEST * _ROUNDING_ERROR
            bounds = bounded(_MEAN + room, low, None) + bounded(_MEAN - room, None, high)
            return self._together_are(_SOME_ARE_ODD | sa.and_(sa.true(), *bounds))
        tests = [self._have(_may_be(value, low, high))]
        if kind == "min" and low is not None:
            tests.append(~self._have(_is_number(), value < low))
        if kind == "max" and high is not None:
            tests.append(~self._have(_is_number(), value > high))
        return sa.and_(*tests)

    def number(self, kind: str) -> Any:
        """The aggregate as a database works it out; NULL: there are no points."""
        number: Any
        if kind in ("last", "step"):
            number = sa.select(_METRIC.value if kind == "last" else _METRIC.step)
            number = number.where(self._are_meant).order_by(_METRIC.position.desc()).limit(1)
        elif kind == "count":
            number = sa.select(sa.func.nullif(sa.func.count(), 0)).where(self._are_meant)
        else:
            function = _FUNCTIONS[kind]
            number = sa.select(function(_METRIC.value)).where(self._are_meant)
        return number.correlate(TABLES["run"]).scalar_subquery()

    def are_odd(self, kind: str) -> Any:
        """Whether that may be another number than it is here, or none."""
        match kind:
            case "count":
                return sa.false()
            case "last":
                return self._have(self._is_last, _is_odd(_METRIC.value, _METRIC.value_json))
            case "step":
                return self._have(self._is_last, _is_odd(_METRIC.step, _METRIC.step_json))
            case "mean":
                is_rough = (sa.func.count() > _MAX_SUMMED_POINTS) | (
                    10 * sa.func.abs(_MEAN) < _LARGEST
                )
                return self._together_are(_SOME_ARE_ODD | is_rough)
        return self._have(_is_odd(_METRIC.value, _METRIC.value_json))

    def _lack(self, kind: str) -> Any:
        if kind == "step":
            return ~self._have(_METRIC.step.is_not(None), self._is_last)
        if kind == "last":
            return ~self._have(_METRIC.value.is_not(None), self._is_last)
        return ~self._have(_is_number())

    def _have(self, *tests: Any) -> Any:
        """Whether there is such a point."""
        point = sa.select(sa.literal(1)).where(self._are_meant, *tests)
        return point.correlate(TABLES["run"]).exists()

    def _together_are(self, test: Any) -> Any:
        """Whether something is true of aggregates of them."""
        found = sa.select(sa.case((test, 1), else_=0)).where(self._are_meant)
        return found.correlate(TABLES["run"]).scalar_subquery() == 1


def _is_number() -> Any:
    """Whether a value counts as a number for sure: flags have a number, too."""
    text = _METRIC.value_json
    return _METRIC.value.is_not(None) & (text.is_(None) | text.not_in(["true", "false"]))


def _may_be(column: Any, low: float | None, high: float | None) -> Any:
    """Whether a number may be within bounds; what is none in a database may be anywhere."""
    return column.is_(None) | sa.and_(sa.true(), *bounded(column, low, high))
