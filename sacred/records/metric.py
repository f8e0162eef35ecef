"""The points of a metric, as arrays where numpy is installed."""

from __future__ import annotations

import datetime
import math
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

from sacred._base.extras import is_installed, require
from sacred._base.frozen import Frozen, factory
from sacred.records.damaged_data import MALFORMED_DATA_ERRORS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    #: Numbers of all points; without numpy, or if not all are numbers, a list.
    Column: TypeAlias = NDArray[Any] | list[Any]

_T = TypeVar("_T")

__all__ = ["AGGREGATES", "Metric", "Points", "aggregate", "timestamps_of"]

_MAX_SUMMED_EXACTLY = 2**1000

# How many characters a time has in ISO 8601: to the second, or to the microsecond.
_WITHOUT_ZONE = {19, 26}

#: What there is of a metric in one number.
AGGREGATES = ("last", "min", "max", "mean", "count", "step")


class Points(Frozen, eq=False):
    """Three sequences of the same length: lists, or numpy arrays where all items are numbers.

    Timestamps are datetimes (in an array, ``datetime64``), or ISO 8601 strings: parsing a million
    of them takes a second, and few readers need them.
    """

    steps: Sequence[Any]
    values: Sequence[Any]
    timestamps: Sequence[Any]

    def __len__(self) -> int:
        return len(self.values)

    def rows(self) -> Iterator[tuple[Any, Any, Any]]:
        """Yield step, value and timestamp of each point, as plain Python objects.

        >>> list(Points(steps=[0], values=[0.5], timestamps=["2026-01-02"]).rows())
        [(0, 0.5, '2026-01-02')]
        """
        columns = map(_listed, (self.steps, self.values, self.timestamps))
        return zip(*columns, strict=True)


class Metric(Frozen, eq=False):
    """A metric of a run; its points are read when they are first needed.

    >>> metric = Metric(name="loss", load=lambda: Points(
    ...     steps=[0, 10], values=[0.5, math.nan], timestamps=["2026-01-02"] * 2))
    >>> metric.min, metric.last, metric.step, len(metric)
    (0.5, nan, 10, 2)
    """

    name: str
    load: Callable[[], Points]
    #: Makes the error that is raised in the place of one that damaged data have caused.
    as_damage: Callable[[Exception], Exception] | None = None
    _cache: dict[str, Any] = factory(factory=dict)

    def __repr__(self) -> str:
        return f"Metric(name={self.name!r})"

    @property
    def points(self) -> Points:
        """Steps, values and timestamps, as the store returns them."""
        if "points" not in self._cache:
            self._cache["points"] = self.load()
        points: Points = self._cache["points"]
        return points

    @property
    def steps(self) -> Column:
        """The steps, as an array; a list without numpy, or if they are not numbers."""
        return self._array("steps", self.points.steps)

    @property
    def values(self) -> Column:
        """The values, as an array; a list without numpy, or if they are not numbers."""
        return self._array("values", self.points.values)

    @property
    def timestamps(self) -> Column:
        """The times of the points, as an array of ``datetime64``; without numpy, a list."""
        if "timestamps" not in self._cache:
            times = self.points.timestamps
            self._cache["timestamps"] = self._reject_malformed(lambda: timestamps_of(times))
        timestamps: Column = self._cache["timestamps"]
        return timestamps

    def __len__(self) -> int:
        return len(self.points)

    def __iter__(self) -> Iterator[tuple[Any, Any]]:
        """Pairs of step and value."""
        return iter(zip(_listed(self.points.steps), _listed(self.points.values), strict=True))

    def rows(self) -> Iterator[tuple[Any, Any, Any]]:
        """Yield step, value and timestamp of each point, as plain Python objects."""
        return self._reject_malformed(self.points.rows)

    def aggregate(self, name: str) -> Any:
        """Compute one number of the metric; see `aggregate`.

        Args:
            name: one of `AGGREGATES`.
        """
        return self._reject_malformed(lambda: aggregate(self.points, name))

    @property
    def count(self) -> int:
        """The number of points."""
        return len(self)

    @property
    def last(self) -> Any:
        """The last value, or None if there is none."""
        return self.aggregate("last")

    @property
    def step(self) -> Any:
        """The last step, or None if there is none."""
        return self.aggregate("step")

    @property
    def min(self) -> float | None:
        """The smallest value, ignoring NaN, or None if there is no number."""
        number: float | None = self.aggregate("min")
        return number

    @property
    def max(self) -> float | None:
        """The largest value, ignoring NaN, or None if there is no number."""
        number: float | None = self.aggregate("max")
        return number

    @property
    def mean(self) -> float | None:
        """The mean value, ignoring NaN, or None if there is no number."""
        number: float | None = self.aggregate("mean")
        return number

    def to_series(self) -> Any:
        """Return a pandas Series of the values, indexed by the steps.

        Raises:
            MissingExtraError: pandas is not installed.
        """
        pandas = require("pandas", purpose="Metric.to_series")
        return pandas.Series(
            self.values, index=pandas.Index(self.steps, name="step"), name=self.name
        )

    def plot(self, axes: Any = None, **style: Any) -> Any:
        """Draw the curve with matplotlib.

        Args:
            axes: the axes to draw on (default: the current axes of pyplot).
            style: arguments for ``Axes.plot``; ``label`` defaults to the name of the metric.

        Returns:
            the axes.

        Raises:
            MissingExtraError: matplotlib is not installed.
        """
        if axes is None:
            axes = require("matplotlib.pyplot", purpose="Metric.plot").gca()
        axes.plot(self.steps, self.values, **{"label": self.name, **style})
        axes.set_xlabel("step")
        axes.set_ylabel(self.name)
        return axes

    def _repr_html_(self) -> str:
        # Not at the top, as others below: only notebooks show HTML, and numpy is optional.
        from sacred.records.notebook import row_as_html

        values = {name: getattr(self, name) for name in AGGREGATES}
        return row_as_html({"metric": self.name, **values})

    def _array(self, key: str, items: Sequence[Any]) -> Column:
        if key not in self._cache:
            self._cache[key] = self._reject_malformed(lambda: _as_array(items))
        array: Column = self._cache[key]
        return array

    def _reject_malformed(self, make: Callable[[], _T]) -> _T:
        try:
            return make()
        except MALFORMED_DATA_ERRORS as error:
            if self.as_damage is None:
                raise
            raise self.as_damage(error) from error


def aggregate(points: Points, name: str) -> Any:
    """Compute one number of a metric.

    All stores give the same result, because it is computed from plain floats.

    Args:
        points: all points of the metric.
        name: one of `AGGREGATES`.

    Returns:
        a float, an int for ``count``; None if the metric has no such number.
    """
    if name == "count":
        return len(points)
    if not len(points):
        return None
    if name in ("last", "step"):
        return _scalar((points.values if name == "last" else points.steps)[-1])
    if hasattr(points.values, "dtype"):
        return _of_array(points.values, name)
    numbers = [value for value in points.values if _is_number(value)]
    if not numbers:
        return None
    return _mean(numbers) if name == "mean" else (min if name == "min" else max)(numbers)


def _of_array(values: Any, name: str) -> Any:
    import numpy as np

    numbers = values[~np.isnan(values)] if values.dtype.kind == "f" else values
    if not len(numbers):
        return None
    if name == "mean":
        return _mean(numbers.tolist())
    return _scalar(numbers.min() if name == "min" else numbers.max())


def _mean(numbers: Sequence[float]) -> float:
    # Exactly rounded: it does not depend on who adds in which order.
    try:
        return math.fsum(numbers) / len(numbers)
    except (OverflowError, ValueError):  # infinities of both signs, or a sum beyond all floats
        return math.nan


def _is_number(value: Any) -> bool:
    if isinstance(value, float):
        return not math.isnan(value)
    # Integers beyond all floats are rare enough to be no numbers here.
    return (
        isinstance(value, int) and not isinstance(value, bool) and abs(value) < _MAX_SUMMED_EXACTLY
    )


def _scalar(value: Any) -> Any:
    return value.item() if hasattr(value, "dtype") and not getattr(value, "ndim", 0) else value


def _listed(items: Any) -> Any:
    if getattr(getattr(items, "dtype", None), "kind", "") == "M":
        # To the microsecond, as Python has it; finer ones would come out as numbers.
        items = items.astype("datetime64[us]")
    return items.tolist() if hasattr(items, "tolist") else items


def _as_array(items: Sequence[Any]) -> Any:
    if hasattr(items, "dtype") or not is_installed("numpy"):
        return items
    kinds = {type(item) for item in items}
    if not kinds <= {int, float} and kinds != {bool}:
        return items
    import numpy as np

    try:
        return np.array(items, dtype=None if items else float)
    except OverflowError:
        return items


def timestamps_of(items: Any) -> Any:
    """Return times as an array of ``datetime64[us]``; without numpy, as a list of datetimes.

    Args:
        items: datetimes without a time zone, ISO 8601 strings, or an array of times.

    >>> timestamps_of(["2026-01-02 03:04:05"]).tolist()
    [datetime.datetime(2026, 1, 2, 3, 4, 5)]
    """
    if not is_installed("numpy"):
        return [_timestamp(item) for item in _listed(items)]
    import numpy as np

    if hasattr(items, "__array__") and (factory := np.asarray(items)).dtype.kind == "M":
        return factory
    items = _listed(items)
    # numpy reads texts thirty times faster than datetimes, and both faster than a loop does.
    texts = list(map(str, items))
    if set(map(len, texts)) <= _WITHOUT_ZONE:
        try:
            return np.array(texts, dtype="datetime64[us]")
        except ValueError:
            pass
    return np.array([_timestamp(item) for item in items], dtype="datetime64[us]")


def _timestamp(item: Any) -> Any:
    return datetime.datetime.fromisoformat(item) if isinstance(item, str) else item
