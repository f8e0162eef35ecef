"""A table of runs as columns: for pandas, Arrow and notebooks."""

from __future__ import annotations

import contextlib
import datetime
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from sacred._base.clock import local_time, zone_name
from sacred._base.extras import require
from sacred._base.masking import mask_entry, mask_passwords
from sacred._base.paths import iterate_flattened
from sacred.query.errors import QueryError
from sacred.query.evaluate import kind_of
from sacred.query.names import NO_NAMES, Names
from sacred.query.syntax import Path
from sacred.query.tokens import tokenize
from sacred.query.validation import path_from
from sacred.records import RunRecord
from sacred.runs.damage import shown_value
from sacred.serializer import dumps

__all__ = [
    "as_arrow",
    "as_frame",
    "as_html",
    "column_path",
    "columns_of",
    "different_entries",
    "frequent_metrics",
    "varying",
    "without_seeds",
]

#: What a table shows of every run in front of the configuration.
FIRST_COLUMNS = ("id", "name", "status", "start_time", "duration", "result")
_SHOWN_IN_HTML = 50

Columns = dict[str, list[Any]]


def column_path(name: str, names: Names = NO_NAMES) -> Path:
    """Parse the name of a column.

    Args:
        name: a field, or a path into one.
        names: what the word may stand for (default: no names beyond the fields).

    Raises:
        QueryError: it is not valid.
        QueryError: it is not a field, or more than one.

    >>> str(column_path("lr"))
    'config.lr'
    """
    token, *rest = tokenize(name)
    if token.kind != "name" or len(rest) != 1:
        raise QueryError("here one field is expected", name, 0)
    return path_from(token.steps, name, names=names)


def columns_of(
    runs: Iterable[RunRecord],
    names: Sequence[str] = (),
    report: Callable[[str], None] | None = None,
) -> Columns:
    """Return columns of values, with None where a run has no such value.

    Args:
        runs: the runs.
        names: fields and paths (default: the usual fields, the result, and each entry of
            the configuration as ``config.PATH``).
        report: called with a message for each damaged value, which is replaced by None.
    """
    if names:
        paths = {name: column_path(name) for name in names}
        rows = (
            (run, {name: shown_value(run, path) for name, path in paths.items()}) for run in runs
        )
        found = _reported(rows, report)
        return {name: [row[name] for row in found] for name in names}
    found = _reported(((run, _row(run)) for run in runs), report)
    order = dict.fromkeys([*FIRST_COLUMNS, *(name for row in found for name in row)])
    return {name: [row.get(name) for row in found] for name in order}


def varying(runs: Iterable[RunRecord]) -> list[str]:
    """Return the paths of the config entries that differ between runs of the same experiment."""
    found = different_entries((run.name, entries_of(run.config)) for run in runs)
    return [f"config.{name}" for name in found]


def different_entries(configs: Iterable[tuple[Any, Mapping[str, Any]]]) -> list[str]:
    """Return the names of the entries that differ between configurations of an experiment.

    Args:
        configs: the name of the experiment, and the flat configuration, of each run.

    >>> different_entries([("a", {"x": 1, "y": 1}), ("a", {"x": 1, "y": 2}), ("b", {"x": 3})])
    ['y']
    """
    first: dict[Any, dict[str, str]] = {}
    names: dict[str, None] = {}
    different: set[str] = set()
    for experiment, config in configs:
        entries = {name: dumps(value) for name, value in config.items()}
        names |= dict.fromkeys(entries)
        same = first.setdefault(experiment, entries)
        different |= {name for name in {*same, *entries} if same.get(name) != entries.get(name)}
    return [name for name in names if name in different]


def frequent_metrics(runs: Iterable[RunRecord], most: int) -> list[str]:
    """Return the names of the metrics that most of the runs have, without ``system.*``.

    Args:
        runs: the runs, which are read one by one, so there should not be many.
        most: the maximum number of names.
    """
    counts: dict[str, int] = {}
    for run in runs:
        for name in shown_value(run, Path("metrics")) or ():
            counts[str(name)] = counts.get(str(name), 0) + 1
    names = sorted(counts, key=lambda name: (-counts[name], name))
    return [name for name in names if not name.startswith("system.")][:most]


def without_seeds(names: Sequence[str]) -> list[str]:
    """Drop the columns with seeds, which always differ, unless there are no others."""
    return [name for name in names if name.rpartition(".")[2] != "seed"] or list(names)


def entries_of(config: Mapping[Any, Any]) -> dict[str, Any]:
    """Return the entries of a nested dict by their dotted paths."""
    return dict(iterate_flattened(config))


def as_frame(columns: Columns) -> Any:
    """Return a pandas DataFrame.

    Raises:
        MissingExtraError: pandas is not installed.
    """
    pandas = require("pandas", purpose="RunTable.to_pandas")
    return pandas.DataFrame(
        {name: _series(pandas, name, values) for name, values in columns.items()}
    )


def as_arrow(columns: Columns) -> Any:
    """Return a pyarrow Table; values for which Arrow has no type become JSON.

    Raises:
        MissingExtraError: pyarrow is not installed.
    """
    arrow = require("pyarrow", purpose="RunTable.to_arrow")
    return arrow.table({name: arrow.array(_uniform(values)) for name, values in columns.items()})


def as_html(runs: Sequence[RunRecord], total: int) -> str:
    """Return an HTML table of the usual fields, and of the entries in which the runs differ.

    Args:
        runs: the runs; only the first ones are shown.
        total: how many runs there are in all.
    """
    # Not at the top: only notebooks show HTML.
    import html

    names = [*FIRST_COLUMNS, *without_seeds(varying(runs))]
    columns = columns_of(runs[:_SHOWN_IN_HTML], names)
    times = filter(None, columns["start_time"])
    zones = "/".join(dict.fromkeys(zone_name(local_time(time)) for time in times))
    titles = [
        f"{name} ({zones})" if zones and name == "start_time" else name.removeprefix("config.")
        for name in names
    ]
    head = "".join(f"<th>{html.escape(title)}</th>" for title in titles)
    texts = [
        [mask_passwords(_text(mask_entry(name, value))) for value in values]
        for name, values in columns.items()
    ]
    rows = [
        f"<tr>{''.join(f'<td>{html.escape(text)}</td>' for text in row)}</tr>"
        for row in zip(*texts, strict=True)
    ]
    more = "" if total <= len(rows) else f"<p>{len(rows)} of {total} runs</p>"
    return f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>{more}"


def _row(run: RunRecord) -> dict[str, Any]:
    row = {name: shown_value(run, Path(name)) for name in FIRST_COLUMNS}
    return row | {f"config.{path}": _item(value) for path, value in entries_of(run.config).items()}


def _reported(
    rows: Iterable[tuple[RunRecord, dict[str, Any]]], report: Callable[[str], None] | None
) -> list[dict[str, Any]]:
    found = []
    for run, row in rows:
        found.append(row)
        if report is not None:
            for problem in run.problems:
                report(problem)
    return found


def _item(value: Any) -> Any:
    return value.item() if getattr(value, "ndim", None) == 0 and hasattr(value, "item") else value


def _series(pandas: Any, name: str, values: list[Any]) -> Any:
    known = [value for value in values if value is not None]
    if known and all(isinstance(value, datetime.datetime) for value in known):
        return pandas.Series(pandas.to_datetime(values), name=name)
    if known and all(isinstance(value, datetime.timedelta) for value in known):
        return pandas.Series(pandas.to_timedelta(values), name=name)
    numbers = all(isinstance(v, int | float) and not isinstance(v, bool) for v in known)
    # Of texts and of mixed kinds, nothing is made anything else.
    return pandas.Series(values, name=name, dtype=None if known and numbers else object)


def _uniform(values: list[Any]) -> list[Any]:
    kinds = {type(value) for value in values if value is not None}
    simple = {bool, int, float, str, datetime.datetime, datetime.timedelta}
    if kinds <= {int, float} or (len(kinds) == 1 and kinds <= simple):
        with contextlib.suppress(OverflowError):  # an integer beyond all floats
            return [float(v) if float in kinds and v is not None else v for v in values]
    return [v if v is None or isinstance(v, str) else dumps(v) for v in values]


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime.datetime):
        return local_time(value).replace(tzinfo=None).isoformat(" ", "seconds")
    if isinstance(value, datetime.timedelta):
        return str(datetime.timedelta(seconds=round(value.total_seconds())))
    if kind_of(value) == "number":
        return f"{value:.6g}" if isinstance(value, float) else str(value)
    text = value if isinstance(value, str) else str(value)
    return text if len(text) <= 100 else f"{text[:97]}..."
