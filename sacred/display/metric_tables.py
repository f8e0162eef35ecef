"""Metrics as tables."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any

from sacred._base.clock import naive_utc
from sacred.display.table import Table
from sacred.records import Metric
from sacred.records.metric import AGGREGATES

__all__ = ["metric_points", "metric_summary"]


def metric_summary(metrics: Mapping[str, Metric]) -> Table:
    """Return a table with a row for each metric."""
    rows = [
        [name, *(getattr(metric, kind) for kind in AGGREGATES)] for name, metric in metrics.items()
    ]
    return Table(names=["metric", *AGGREGATES], rows=rows)


def metric_points(metrics: Mapping[str, Metric]) -> Table:
    """Return a table with a row for each point."""
    rows = [
        [name, step, value, _as_time(time)]
        for name, metric in metrics.items()
        for step, value, time in metric.points.rows()
    ]
    return Table(names=["metric", "step", "value", "time"], rows=rows)


def _as_time(stored: Any) -> Any:
    # Files keep texts; what is no time is shown as it is.
    try:
        return naive_utc(datetime.datetime.fromisoformat(stored))
    except (TypeError, ValueError):
        return stored
