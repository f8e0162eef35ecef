"""The queue for the metric points of a run, drained by the heartbeat."""

from __future__ import annotations

import datetime
import itertools
import threading
from array import array
from time import time
from typing import TYPE_CHECKING, Any, NamedTuple

from sacred._base.errors import UnsafeDataError
from sacred._base.timestamps import Timestamps

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

__all__ = ["BATCH_SIZE", "MetricsLogger", "ScalarMetricLogEntry", "linearize_metrics"]

#: Points per batch; a full batch is sent without waiting for the next heartbeat.
BATCH_SIZE = 25_000

# Entries of the list of points per point: name, step, time, value.
_FIELDS_PER_POINT = 4
_FIELDS_PER_BATCH = (
    _FIELDS_PER_POINT * BATCH_SIZE
)  # worked out once, for it is compared with at every point

# With more waiting points the logging thread packs them itself: the storing one lags behind.
_MAX_UNPACKED_POINTS = 4 * BATCH_SIZE

_PLAIN_TYPES = frozenset({int, float, bool, str, type(None)})

Columns = dict[str, dict[str, Any]]


class ScalarMetricLogEntry(NamedTuple):
    """One point of a metric."""

    name: str
    step: Any
    #: Naive UTC time of logging.
    timestamp: datetime.datetime
    value: Any


class _Batch(NamedTuple):
    """A batch of points as columns, in order of logging."""

    names: Sequence[str]
    steps: Sequence[Any]
    times: Sequence[float]
    values: Sequence[Any]

    def compact(self) -> _Batch:
        """Return the same points in a quarter of the memory."""
        return self._replace(steps=_compact(self.steps, int), values=_compact(self.values, float))


class MetricsLogger:
    """A queue of points: filled by any number of threads, drained in order, each point once.

    Args:
        on_batch: called in the logging thread whenever `BATCH_SIZE` more points wait.

    >>> metrics = MetricsLogger()
    >>> metrics.log_scalar_metric("loss", 0.5)
    >>> metrics.log_scalar_metric("loss", 0.25)
    >>> metrics.log_scalar_metric("loss", 0.125, step=10)
    >>> [(e.name, e.step, e.value) for e in metrics.get_last_metrics()]
    [('loss', 0, 0.5), ('loss', 1, 0.25), ('loss', 10, 0.125)]
    >>> metrics.get_last_metrics()
    []
    """

    def __init__(self, on_batch: Callable[[], None] | None = None) -> None:
        self.on_batch = on_batch
        # A flat list without an object per point: a million tuples would keep the garbage
        # collector busy. Extending it is atomic, so logging needs no lock. Missing steps are
        # counted later, in the order of this list.
        self._points: list[Any] = []
        self._batches: list[_Batch] = []
        self._last_steps: dict[str, Any] = {}
        self._lock = threading.RLock()

    def log_scalar_metric(self, metric_name: str, value: Any, step: Any = None) -> None:
        """Log a point; it is stored with the next heartbeat.

        Args:
            metric_name: any name; all points with the same name make a metric.
            value: a number; numpy's scalars, `Decimal`, `Fraction` and whatever else has a
                ``__float__`` become Python's.
            step: position on the x axis (default: the last step of this metric
                plus 1, starting at 0).

        Raises:
            TypeError: the value or step could not be restored from a store.
        """
        if type(value) not in _PLAIN_TYPES:
            value = _to_python(value, metric_name)
        if step is not None and type(step) not in _PLAIN_TYPES:
            step = _to_python(step, metric_name)
        points = self._points
        # As a float: the heartbeat converts it to a datetime.
        points += (metric_name, step, time(), value)
        if not len(points) % _FIELDS_PER_BATCH:
            self._on_full_batch(len(points) // _FIELDS_PER_POINT)

    def _on_full_batch(self, waiting: int) -> None:
        if self.on_batch is not None:
            self.on_batch()
        if waiting >= _MAX_UNPACKED_POINTS:
            while len(self._points) >= _FIELDS_PER_BATCH:
                self._cut_batch()

    def take_batches(self) -> Iterator[Columns]:
        """Yield the points logged since the last call, in the form of `linearize_metrics`.

        Timestamps are `Timestamps`. Each mapping has at most `BATCH_SIZE` points, which bounds
        the memory that storing them takes.
        """
        while (batch := self._next_batch()) is not None:
            yield _linearized(batch)

    def get_last_metrics(self) -> list[ScalarMetricLogEntry]:
        """Remove and return the points logged since the last call, in order."""
        entries: list[ScalarMetricLogEntry] = []
        while (batch := self._next_batch()) is not None:
            timestamps = Timestamps(batch.times)
            columns = zip(batch.names, batch.steps, timestamps, batch.values, strict=True)
            entries += map(ScalarMetricLogEntry._make, columns)
        return entries

    def _next_batch(self) -> _Batch | None:
        with self._lock:
            if not self._batches:
                self._cut_batch(compact=False)
            return self._batches.pop(0) if self._batches else None

    def _cut_batch(self, compact: bool = True) -> None:
        """Cut a batch off the list of points; one that is sent at once need not be compact."""
        with self._lock:
            # Other threads may append meanwhile; their points stay in the list.
            points = self._points[:_FIELDS_PER_BATCH]
            count = len(points)
            if not count:
                return
            names, given, times, values = (
                points[place::_FIELDS_PER_POINT] for place in range(_FIELDS_PER_POINT)
            )
            steps, last_steps = self._number_steps(names, given)
            batch = _Batch(names, steps, array("d", times), values)
            if compact:
                batch = batch.compact()
            # No calls here, so no signal handler can raise in between: each point is in exactly
            # one of the list and a batch.
            self._batches += [batch]
            self._last_steps = last_steps
            del self._points[:count]

    def _number_steps(
        self, names: Sequence[str], steps: Sequence[Any]
    ) -> tuple[Sequence[Any], dict[str, Any]]:
        """Return the steps with None replaced by numbers, and the last step of each metric."""
        last = self._last_steps.copy()
        kinds = set(map(type, steps))
        of_one_metric = names.count(names[0]) == len(names)
        if type(None) not in kinds:
            if of_one_metric:
                last[names[0]] = steps[-1]
            else:
                last.update(zip(names, steps, strict=True))
            return steps, last
        if len(kinds) == 1 and of_one_metric:
            first = last.get(names[0], -1) + 1
            counted = list(itertools.islice(itertools.count(first), len(names)))
            last[names[0]] = counted[-1]
            return counted, last
        counted = []
        for name, step in zip(names, steps, strict=True):
            last[name] = step = last.get(name, -1) + 1 if step is None else step
            counted.append(step)
        return counted, last

    def __getstate__(self) -> dict[str, Any]:
        with self._lock:
            while self._points:
                self._cut_batch()
            return {"batches": list(self._batches), "last_steps": dict(self._last_steps)}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__init__()  # type: ignore[misc]
        self._batches.extend(state["batches"])
        self._last_steps = state["last_steps"]


def linearize_metrics(logged_metrics: Iterable[ScalarMetricLogEntry]) -> Columns:
    """Group points by metric, as columns.

    Args:
        logged_metrics: points in any order of names.

    Returns:
        name → ``{"steps": […], "values": […], "timestamps": […], "name": name}``.

    >>> point = ScalarMetricLogEntry("loss", 0, datetime.datetime(2030, 1, 1), 0.5)
    >>> linearize_metrics([point])["loss"]["values"]
    [0.5]
    """
    metrics: Columns = {}
    for entry in logged_metrics:
        columns = metrics.get(entry.name)
        if columns is None:
            columns = metrics[entry.name] = _columns(entry.name, [], [], [])
        columns["steps"].append(entry.step)
        columns["values"].append(entry.value)
        columns["timestamps"].append(entry.timestamp)
    return metrics


def _linearized(batch: _Batch) -> Columns:
    name = batch.names[0]
    if batch.names.count(name) == len(batch.names):
        return {
            name: _columns(name, list(batch.steps), list(batch.values), Timestamps(batch.times))
        }
    parts: dict[str, tuple[list[Any], list[Any], array[float]]] = {
        name: ([], [], array("d")) for name in dict.fromkeys(batch.names)
    }
    into = {name: tuple(column.append for column in columns) for name, columns in parts.items()}
    for name, step, value, seconds in zip(
        batch.names, batch.steps, batch.values, batch.times, strict=True
    ):
        add_step, add_value, add_time = into[name]
        add_step(step)
        add_value(value)
        add_time(seconds)
    return {
        name: _columns(name, steps, values, Timestamps(times))
        for name, (steps, values, times) in parts.items()
    }


def _columns(name: str, steps: list[Any], values: list[Any], timestamps: Sequence[Any]) -> Any:
    return {"steps": steps, "values": values, "timestamps": timestamps, "name": name}


def _compact(column: Sequence[Any], kind: type) -> Sequence[Any]:
    """Return an array if all elements are exactly of that type (int or float) and fit."""
    if set(map(type, column)) == {kind}:
        try:
            return array("q" if kind is int else "d", column)
        except OverflowError:
            pass
    return column


def _to_python(value: Any, metric_name: str) -> Any:
    """Convert numbers of all kinds, and tensors with one element, to Python values."""
    # By their interfaces: neither numpy nor PyTorch need be installed.
    is_array = bool(getattr(value, "shape", None))
    if not is_array and hasattr(value, "item") and hasattr(value, "dtype"):
        return value.item()
    if isinstance(value, int):
        return int(value)
    if not is_array and hasattr(value, "__float__"):
        return float(value)
    return _readable(value, metric_name)


def _readable(value: Any, metric_name: str) -> Any:
    """Return what can be read again from a store; one point must not spoil all others."""
    # Few points need them.
    from sacred.serializer import flatten, restore
    from sacred.serializer.object_text import TEXT_TAG
    from sacred.serializer.standard_types import ENUM_TAG

    flat = flatten(value)
    if type(flat) in _PLAIN_TYPES and not isinstance(value, str):
        return flat  # of a library that is not known: what all stores have
    try:
        restore(flat)
        if not _has_tag(flat, {TEXT_TAG, ENUM_TAG}):
            return value
    except UnsafeDataError:
        pass
    try:
        return value.item()  # a tensor with one element, whatever its shape
    except Exception:  # anybody's method
        raise TypeError(
            f"The metric {metric_name!r} takes numbers, not {type(value).__name__}: {value!r}"
        ) from None


def _has_tag(flat: Any, tags: set[str]) -> bool:
    """Whether a stored form has one of these tags, at any depth."""
    if isinstance(flat, dict):
        return not tags.isdisjoint(flat) or any(_has_tag(item, tags) for item in flat.values())
    return isinstance(flat, list) and any(_has_tag(item, tags) for item in flat)
