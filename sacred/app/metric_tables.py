"""Metrics as tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sacred.records import Metric
from sacred.records.metric import AGGREGATES
from sacred.viewing.table import Table

__all__ = ["points_of", "summary_of"]


def summary_of(metrics: Mapping[str, Metric]) -> Table:
    """A line for each metric."""
    rows = [
        [name, *(getattr(metric, kind) for kind in AGGREGATES)] for name, metric in metrics.items()
    ]
    return Table(names=["metric", *AGGREGATES], rows=rows)


def points_of(metrics: Mapping[str, Metric]) -> Table:
    """A line for each point."""
    rows = [row for name, metric in metrics.items() for row in _rows(name, metric)]
    return Table(names=["metric", "step", "value", "time"], rows=rows)


def _rows(name: str, metric: Metric) -> Iterator[list[Any]]:
    points = metric.points
    columns = (points.steps, points.values, points.timestamps)
    for step, value, time in zip(*map(_listed, columns), strict=True):
        yield [name, step, value, time]


def _listed(column: Any) -> Any:
    if getattr(getattr(column, "dtype", None), "kind", "") == "M":
        # To the microsecond, as Python has it; finer ones come out as numbers.
        column = column.astype("datetime64[us]")
    return column.tolist() if hasattr(column, "tolist") else column
