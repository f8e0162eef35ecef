"""The points that a run logs, until the next heartbeat takes them."""

from __future__ import annotations

import datetime
import itertools
import threading
from array import array
from time import time
from typing import TYPE_CHECKING, Any, NamedTuple

from sacred._base.timestamps import Timestamps

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

__all__ = ["BATCH", "MetricsLogger", "ScalarMetricLogEntry", "linearize_metrics"]

#: So many points are handed out at once, and do not wait for the next beat.
BATCH = 25_000

# What is in the list of points for each of them: name, step, time, value.
_WIDTH = 4
_FULL = _WIDTH * BATCH  # worked out once, for it is compared with at every point

# When so many wait, the thread that logs puts them into a smaller form: the one that stores
# them does not keep up.
_MANY = 4 * BATCH

_PLAIN = frozenset({int, float, bool, str, type(None)})

Columns = dict[str, dict[str, Any]]


class ScalarMetricLogEntry(NamedTuple):
    """One point of a metric."""

    name: str
    step: Any
    #: When it was logged, in UTC and without a time zone.
    timestamp: datetime.datetime
    value: Any


class _Batch(NamedTuple):
    """Points in their order, as columns."""

    names: Sequence[str]
    steps: Sequence[Any]
    times: Sequence[float]
    values: Sequence[Any]

    def compact(self) -> _Batch:
        """The same in a quarter of the memory."""
        return self._replace(steps=_compact(self.steps, int), values=_compact(self.values, float))


class MetricsLogger:
    """Takes points from any number of threads; hands them out in order, each once.

    Args:
        on_batch: called by the thread that logs, whenever `BATCH` more points wait.

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
        # One point after the other, without an object for each: a million tuples would keep
        # the garbage collector busy. Extending it is one action of the interpreter, so logging
        # needs no lock. Steps that are not given are counted later, in the order of this list.
        self._points: list[Any] = []
        self._batches: list[_Batch] = []
        self._last_steps: dict[str, Any] = {}
        self._lock = threading.RLock()

    def log_scalar_metric(self, metric_name: str, value: Any, step: Any = None) -> None:
        """Log a point; it is stored with the next heartbeat.

        Args:
            metric_name: any name; points of one name make a metric.
            value: a number; numpy's scalars become Python's.
            step: where on the x axis, by default one after the last step of
                this metric, beginning with 0.
        """
        if type(value) not in _PLAIN:
            value = _plain(value)
        if step is not None and type(step) not in _PLAIN:
            step = _plain(step)
        points = self._points
        # The time as a float: making a datetime of it can wait for the heartbeat.
        points += (metric_name, step, time(), value)
        if not len(points) % _FULL:
            self._notice(len(points) // _WIDTH)

    def _notice(self, waiting: int) -> None:
        if self.on_batch is not None:
            self.on_batch()
        if waiting >= _MANY:
            while len(self._points) >= _FULL:
                self._put_aside()

    def take_batches(self) -> Iterator[Columns]:
        """The points logged since the last call, as `linearize_metrics` gives them.

        Their timestamps are `Timestamps`, though.
        Each mapping has `BATCH` points at most, so that they can be stored
        without having all of them in memory in this form.
        """
        while (batch := self._next_batch()) is not None:
            yield _linearized(batch)

    def get_last_metrics(self) -> list[ScalarMetricLogEntry]:
        """The points logged since the last call, in order; they are taken out."""
        entries: list[ScalarMetricLogEntry] = []
        while (batch := self._next_batch()) is not None:
            moments = Timestamps(batch.times)
            columns = zip(batch.names, batch.steps, moments, batch.values, strict=True)
            entries += map(ScalarMetricLogEntry._make, columns)
        return entries

    def _next_batch(self) -> _Batch | None:
        with self._lock:
            if not self._batches:
                self._put_aside(compact=False)
            return self._batches.pop(0) if self._batches else None

    def _put_aside(self, compact: bool = True) -> None:
        """Make a batch of what has been logged; one that is taken at once need not be small."""
        with self._lock:
            # Other threads append meanwhile; theirs stay behind these.
            points = self._points[:_FULL]
            count = len(points)
            if not count:
                return
            names, given, times, values = (points[place::_WIDTH] for place in range(_WIDTH))
            steps, last_steps = self._counted(names, given)
            batch = _Batch(names, steps, array("d", times), values)
            if compact:
                batch = batch.compact()
            # There is no call among these, so a signal cannot raise in their midst: the points
            # are in the list or in a batch, and neither in both nor nowhere.
            self._batches += [batch]
            self._last_steps = last_steps
            del self._points[:count]

    def _counted(
        self, names: Sequence[str], steps: Sequence[Any]
    ) -> tuple[Sequence[Any], dict[str, Any]]:
        """The steps, with numbers in the place of None; and the last ones by metric."""
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
                self._put_aside()
            return {"batches": list(self._batches), "last_steps": dict(self._last_steps)}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__init__()  # type: ignore[misc]
        self._batches.extend(state["batches"])
        self._last_steps = state["last_steps"]


def linearize_metrics(logged_metrics: Iterable[ScalarMetricLogEntry]) -> Columns:
    """Points by metric, as columns.

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
    for name, step, value, moment in zip(
        batch.names, batch.steps, batch.values, batch.times, strict=True
    ):
        add_step, add_value, add_time = into[name]
        add_step(step)
        add_value(value)
        add_time(moment)
    return {
        name: _columns(name, steps, values, Timestamps(times))
        for name, (steps, values, times) in parts.items()
    }


def _columns(name: str, steps: list[Any], values: list[Any], timestamps: Sequence[Any]) -> Any:
    return {"steps": steps, "values": values, "timestamps": timestamps, "name": name}


def _compact(column: Sequence[Any], kind: type) -> Sequence[Any]:
    """An array, if all elements are exactly of that kind (int or float) and fit."""
    if set(map(type, column)) == {kind}:
        try:
            return array("q" if kind is int else "d", column)
        except OverflowError:
            pass
    return column


def _plain(value: Any) -> Any:
    """Numpy's scalars, and arrays and tensors without dimensions, as Python's."""
    # By their interface: neither numpy nor PyTorch need be installed.
    if hasattr(value, "item") and hasattr(value, "dtype") and not getattr(value, "shape", None):
        return value.item()
    return value
