"""Metrics as tables."""

from __future__ import annotations

from collections.abc import Mapping

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
    rows = [[name, *row] for name, metric in metrics.items() for row in metric.points.rows()]
    return Table(names=["metric", "step", "value", "time"], rows=rows)
