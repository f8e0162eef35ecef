"""Values of a run that may be damaged: one damaged run must not hide the others."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sacred.query.syntax import Path
from sacred.query.values import MISSING, value_of
from sacred.records import Metric, RunRecord
from sacred.stores.store import DamagedRunError

__all__ = ["readable_metrics", "shown_value"]


def shown_value(record: RunRecord, path: Path) -> Any:
    """Return the value of a field for a table; None if there is none, or if it is damaged.

    Args:
        record: the run; damage is added to its `problems`.
        path: of the field.
    """
    try:
        value = record.duration if path.field == "duration" else value_of(record, path)
    except DamagedRunError as error:
        _note(record, error)
        return None
    return None if value is MISSING else value


def readable_metrics(record: RunRecord) -> Mapping[str, Metric]:
    """Return the metrics of a run with all points read; none if they are damaged.

    Args:
        record: the run; damage is added to its `problems`.
    """
    try:
        metrics = record.read_metrics()
        for metric in metrics.values():
            _ = metric.points
    except DamagedRunError as error:
        _note(record, error)
        return {}
    return metrics


def _note(record: RunRecord, error: DamagedRunError) -> None:
    if str(error) not in record.problems:
        record.problems.append(str(error))
