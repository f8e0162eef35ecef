"""Metrics as tables."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from typing import Any

from sacred._base.clock import naive_utc
from sacred.display.table import Table
from sacred.records import Metric, RunId
from sacred.records.metric import AGGREGATES

__all__ = ["metric_points", "metric_summary"]


def metric_summary(runs: Sequence[tuple[RunId, Mapping[str, Metric]]]) -> Table:
    """Return a table with a row for each metric of each run.

    Args:
        runs: the metrics by id of the run; the id of a single run is left out.
    """
    rows = [
        [run_id, name, *(getattr(metric, kind) for kind in AGGREGATES)]
        for run_id, metrics in runs
        for name, metric in metrics.items()
    ]
    return _table(["metric", *AGGREGATES], rows, with_run=len(runs) > 1)


def metric_points(runs: Sequence[tuple[RunId, Mapping[str, Metric]]]) -> Table:
    """Return a table with a row for each point; see `metric_summary`."""
    rows = [
        [run_id, name, step, value, _as_time(time)]
        for run_id, metrics in runs
        for name, metric in metrics.items()
        for step, value, time in metric.rows()
    ]
    return _table(["metric", "step", "value", "time"], rows, with_run=len(runs) > 1)


def _table(names: list[str], rows: list[list[Any]], with_run: bool) -> Table:
    if with_run:
        return Table(names=["run", *names], rows=rows)
    return Table(names=names, rows=[row[1:] for row in rows])


def _as_time(stored: Any) -> Any:
    # Files keep texts; what is no time is shown as it is.
    try:
        return naive_utc(datetime.datetime.fromisoformat(stored))
    except (TypeError, ValueError):
        return stored
