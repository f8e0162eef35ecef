"""Runs and metrics as HTML, for notebooks."""

from __future__ import annotations

import datetime
import html
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sacred._base.clock import local_time, zone_name
from sacred._base.masking import mask_entry, mask_passwords
from sacred._base.paths import iterate_flattened
from sacred.records.sparkline import sparkline

__all__ = ["as_html", "row_as_html", "run_as_html"]

#: So many characters of a value are shown.
_MAX_VALUE_CHARS = 200
_FACTS = ("result", "start_time", "duration", "tags", "group", "notes")


def as_html(record: Any) -> str:
    """Show status, result, configuration and the names of other parts; no points are read.

    Args:
        record: the `RunRecord`.
    """
    title = f"Run {record.id} of {record.store}: {record.name or '?'}, {record.status or '?'}"
    rows = "".join(
        f'<tr><td style="text-align: left">{_cell(name)}</td>'
        f'<td style="text-align: left">{_cell(value)}</td></tr>'
        for name, value in _rows(record)
    )
    return f"<b>{_cell(title)}</b><table>{rows}</table>"


def run_as_html(run: Any, curves: Mapping[str, Sequence[Any]]) -> str:
    """Show status, result, configuration, and a small curve for each metric.

    Args:
        run: a `Run`, before, during or after its execution.
        curves: values of its metrics, including the last one of each.
    """
    name = run.experiment_info.get("name") or "run"
    title = f"{name}{'' if run._id is None else f', run {run._id}'}: {run.status or 'not started'}"
    rows: list[tuple[str, str]] = []
    if run.result is not None:
        rows.append(("result", _cell(run.result)))
    if run.start_time is not None and run.stop_time is not None:
        rows.append(("duration", _cell(run.stop_time - run.start_time)))
    rows += ((f"config.{p}", _cell(_shown(p, v))) for p, v in iterate_flattened(run.config))
    if run.fail_trace:
        rows.append(("failed with", _cell("".join(run.fail_trace).rstrip().rpartition("\n")[2])))
    rows += ((m, f"{sparkline(values)} {_cell(values[-1])}") for m, values in curves.items())
    cells = "".join(
        f'<tr><td style="text-align: left">{_cell(name)}</td>'
        f'<td style="text-align: left">{value}</td></tr>'
        for name, value in rows
    )
    return f"<b>{_cell(title)}</b><table>{cells}</table>"


def _shown(path: Any, value: Any) -> str:
    """The text of an entry, without secrets."""
    value = mask_entry(str(path), value)
    return mask_passwords(repr(value) if isinstance(value, str) else str(value))


def row_as_html(values: Mapping[str, Any]) -> str:
    """Return a table with one row.

    Args:
        values: the values by column heading.
    """
    heads = "".join(f"<th>{_cell(name)}</th>" for name in values)
    cells = "".join(f"<td>{_cell(value)}</td>" for value in values.values())
    return f"<table><tr>{heads}</tr><tr>{cells}</tr></table>"


def _rows(record: Any) -> Iterator[tuple[str, Any]]:
    for name in _FACTS:
        value = getattr(record, name)
        if isinstance(value, datetime.datetime):
            zoned = local_time(value)
            value = f"{zoned.replace(tzinfo=None).isoformat(' ', 'seconds')} {zone_name(zoned)}"
        if value is not None and value != ():
            yield name, value
    for path, value in iterate_flattened(record.config):
        yield f"config.{path}", _shown(path, value)
    for kind in ("metrics", "artifacts", "resources", "sources"):
        if names := list(getattr(record, kind)):
            yield kind, ", ".join(names)
    if record.fail_trace:
        yield "failed with", record.fail_trace.rstrip().rpartition("\n")[2]


def _cell(value: Any) -> str:
    text = str(value)
    return html.escape(text if len(text) <= _MAX_VALUE_CHARS else f"{text[:_MAX_VALUE_CHARS]}…")
