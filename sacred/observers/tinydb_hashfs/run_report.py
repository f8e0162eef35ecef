"""The text report of a run."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping
from typing import Any

__all__ = ["report_of"]

_RULE = "-" * 49
# %a and %b depend on the locale.
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def report_of(record: Mapping[str, Any]) -> str:
    """Format a run as a one-page report.

    Args:
        record: the restored record.

    >>> when = datetime.datetime(2026, 1, 2)
    >>> record = {"_id": "1f", "experiment": {"name": "ex"}, "start_time": when}
    >>> print(report_of({**record, "config": {"lr": 0.1}, "result": 42})[:170].strip())
    -------------------------------------------------
    Experiment: ex
    -------------------------------------------------
    ID: 1f
    Date: Fri 02 Jan 2026    Duration: 00:00:00.0
    """
    experiment = record.get("experiment", {})
    sections = {
        "Parameters": [f"{name}: {value}" for name, value in sorted(_items(record))],
        "Result": [repr(record.get("result"))],
        "Dependencies": experiment.get("dependencies"),
        "Resources": _names(record.get("resources")),
        "Source Files": _names(experiment.get("sources")),
        "Outputs": _names(record.get("artifacts")),
    }
    head = [
        "",
        _RULE,
        f"Experiment: {experiment.get('name')}",
        _RULE,
        f"ID: {record.get('_id')}",
        f"Date: {_date(record)}    Duration: {_duration(record)}",
        "",
    ]
    body = (f"{title}:\n{_indented(lines)}\n" for title, lines in sections.items())
    return "\n".join([*head, *body])


def _items(record: Mapping[str, Any]) -> Iterable[tuple[str, Any]]:
    # As text, because keys of different types have no ordering.
    return ((str(name), value) for name, value in (record.get("config") or {}).items())


def _names(items: Iterable[Any] | None) -> list[Any]:
    return [item[0] for item in items or ()]


def _indented(lines: Iterable[Any] | None) -> str:
    text = "\n".join(map(str, lines or [None]))
    return "    " + text.replace("\n", "\n    ")


def _date(record: Mapping[str, Any]) -> str:
    start = record.get("start_time")
    if not isinstance(start, datetime.datetime):
        return "unknown"
    return f"{_DAYS[start.weekday()]} {start.day:02} {_MONTHS[start.month - 1]} {start.year}"


def _duration(record: Mapping[str, Any]) -> str:
    """Format the time from the start to the end, or to the last heartbeat."""
    start = record.get("start_time")
    stop = record.get("stop_time") or record.get("heartbeat") or start
    if start is None or stop is None:
        return "unknown"
    minutes, seconds = divmod((stop - start).total_seconds(), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02.0f}:{minutes:02.0f}:{seconds:04.1f}"
