"""The value of a path in a record."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any

from sacred._base.clock import naive_utc
from sacred.query.syntax import Path
from sacred.records import RunRecord
from sacred.serializer.standard_types import as_standard_scalar

__all__ = ["MISSING", "REQUIRED_FIELDS", "plain_value", "value_of"]


class _Missing:
    def __repr__(self) -> str:
        return "MISSING"

    def __bool__(self) -> bool:
        return False


#: There is no such thing in the record. ``null`` counts as nothing, too.
MISSING: Any = _Missing()

_COMPARED_AS_THEY_ARE = frozenset({str, int, float, bool, list, tuple, dict})

#: Which fields of the document a field of the record is made of; by default its own.
REQUIRED_FIELDS: dict[str, tuple[str, ...]] = {
    "id": (),
    "name": ("experiment",),
    "status": ("status", "heartbeat", "start_time"),
    "duration": ("start_time", "stop_time", "heartbeat"),
    "tags": ("meta",),
    "group": ("meta",),
    "notes": ("meta",),
    "starred": ("meta",),
    "comment": ("meta",),
    "metrics": (),
    "output": (),
}


def value_of(record: RunRecord, path: Path) -> Any:
    """Return what a record has at a path, or `MISSING`.

    numpy's numbers become Python's, and durations become seconds.

    Args:
        record: the record of the run.
        path: a field, and the way into it.
    """
    match path.field:
        case "metrics":
            return _of_metric(record, path)
        case "artifacts" | "resources" | "sources":
            return tuple(getattr(record, path.field))
    value = getattr(record, path.field)
    for step in path.steps:
        value = _within(value, step)
    return plain_value(value)


def _of_metric(record: RunRecord, path: Path) -> Any:
    if not path.steps:
        return tuple(record.metrics)
    name, wanted = path.metric
    if (name, wanted) in record.numbers:
        return plain_value(record.numbers[name, wanted])
    metric = record.metrics.get(name)
    return MISSING if metric is None else plain_value(metric.aggregate(wanted))


def _within(value: Any, step: str) -> Any:
    if isinstance(value, Mapping):
        if step in value:
            return value[step]
        # A key that is no text: 1 of {1: "one"}.
        return next((item for key, item in value.items() if str(key) == step), MISSING)
    if isinstance(value, list | tuple) and step.isdecimal() and int(step) < len(value):
        return value[int(step)]
    return MISSING


def plain_value(value: Any) -> Any:
    """Return a value in the form in which it is compared.

    numpy's scalars and dates become Python's; exact numbers become plain numbers; paths, ids,
    addresses and members of enumerations become strings.
    """
    if value is None:
        return MISSING
    kind = type(value)
    if kind in _COMPARED_AS_THEY_ARE:
        return value
    # To ask a dict of a record for something that it lacks takes long, and it may have it.
    if isinstance(value, Mapping):
        return value
    if hasattr(value, "dtype") and getattr(value, "ndim", None) == 0:
        value = value.item()
    if isinstance(value, datetime.timedelta):
        return value.total_seconds()
    if isinstance(value, datetime.datetime):
        return naive_utc(value)
    if isinstance(value, datetime.date):
        return datetime.datetime(value.year, value.month, value.day)
    return as_standard_scalar(value)
