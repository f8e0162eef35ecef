"""The points that a run logs, until the next heartbeat takes them."""

from __future__ import annotations

import datetime
import threading
import time
from collections import deque
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["MetricsLogger", "ScalarMetricLogEntry", "linearize_metrics"]

_PLAIN = frozenset({int, float, bool, str, type(None)})


class ScalarMetricLogEntry(NamedTuple):
    """One point of a metric."""

    name: str
    step: Any
    #: When it was logged, in UTC and without a time zone.
    timestamp: datetime.datetime
    value: Any


class MetricsLogger:
    """Takes points from any number of threads; hands them out in order, each once.

    >>> metrics = MetricsLogger()
    >>> metrics.log_scalar_metric("loss", 0.5)
    >>> metrics.log_scalar_metric("loss", 0.25)
    >>> metrics.log_scalar_metric("loss", 0.125, step=10)
    >>> [(e.name, e.step, e.value) for e in metrics.get_last_metrics()]
    [('loss', 0, 0.5), ('loss', 1, 0.25), ('loss', 10, 0.125)]
    >>> metrics.get_last_metrics()
    []
    """

    def __init__(self) -> None:
        self._queue: deque[tuple[str, Any, float, Any]] = deque()
        self._last_steps: dict[str, Any] = {}
        self._lock = threading.Lock()

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
        # Counting on and appending are one action: points of one metric that
        # several threads log get different steps, and stand in their order.
        with self._lock:
            if step is None:
                step = self._last_steps.get(metric_name, -1) + 1
            self._last_steps[metric_name] = step
            # The time as a float: making a datetime of it can wait for the heartbeat.
            self._queue.append((metric_name, step, time.time(), value))

    def get_last_metrics(self) -> list[ScalarMetricLogEntry]:
        """The points logged since the last call, in order; they are taken out."""
        with self._lock:
            points, self._queue = self._queue, deque()
        return [
            ScalarMetricLogEntry(name, step, _naive_utc(seconds), value)
            for name, step, seconds, value in points
        ]

    def __getstate__(self) -> dict[str, Any]:
        return {"queue": list(self._queue), "last_steps": dict(self._last_steps)}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self._queue = deque(state["queue"])
        self._last_steps = state["last_steps"]
        self._lock = threading.Lock()


def linearize_metrics(
    logged_metrics: Iterable[ScalarMetricLogEntry],
) -> dict[str, dict[str, Any]]:
    """Points by metric, as columns.

    Args:
        logged_metrics: points in any order of names.

    Returns:
        name → ``{"steps": […], "values": […], "timestamps": […], "name": name}``.

    >>> point = ScalarMetricLogEntry("loss", 0, datetime.datetime(2030, 1, 1), 0.5)
    >>> linearize_metrics([point])["loss"]["values"]
    [0.5]
    """
    metrics: dict[str, dict[str, Any]] = {}
    for entry in logged_metrics:
        columns = metrics.get(entry.name)
        if columns is None:
            columns = {"steps": [], "values": [], "timestamps": [], "name": entry.name}
            metrics[entry.name] = columns
        columns["steps"].append(entry.step)
        columns["values"].append(entry.value)
        columns["timestamps"].append(entry.timestamp)
    return metrics


def _plain(value: Any) -> Any:
    """Numpy's scalars, and arrays and tensors without dimensions, as Python's."""
    # By their interface: neither numpy nor PyTorch need be installed.
    if hasattr(value, "item") and hasattr(value, "dtype") and not getattr(value, "shape", None):
        return value.item()
    return value


def _naive_utc(seconds: float) -> datetime.datetime:
    return datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc).replace(tzinfo=None)  # noqa: UP017
