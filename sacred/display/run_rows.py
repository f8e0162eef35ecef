"""Runs as rows of a table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sacred._base.paths import iterate_flattened
from sacred.display.table import Table
from sacred.query.fields import FIELDS
from sacred.query.names import NO_NAMES, Names
from sacred.query.syntax import Path
from sacred.records import RunRecord
from sacred.runs.columns import column_path, different_entries, without_seeds
from sacred.runs.damage import shown_value
from sacred.runs.errors import UsageError

__all__ = ["DEFAULT_COLUMNS", "column_paths", "field_value", "run_table"]

#: The columns of a list of runs; after them come the config entries that differ.
DEFAULT_COLUMNS = ("id", "status", "name", "start_time", "duration", "result")


#: What ``sacred rerun`` says of a repetition.
_VERDICT_PATH = Path("meta", ("verdict",))
_VERDICT = str(_VERDICT_PATH)


def field_value(record: RunRecord, path: Path) -> Any:
    """Return the value of a field; None if there is none, or if it is damaged.

    Args:
        record: the run.
        path: the field.
    """
    return shown_value(record, path)


def column_paths(text: str, known: Names = NO_NAMES) -> dict[str, Path]:
    """Parse names of columns such as ``"id, result, lr"``.

    Args:
        text: the names of columns, separated by commas.
        known: short names that may be used (default: only the names of fields).

    Returns:
        the field of each column, by the name as written.

    Raises:
        QueryError: one of them is not a field.
        UsageError: there are no names.

    >>> {name: str(path) for name, path in column_paths("id,lr").items()}
    {'id': 'id', 'lr': 'config.lr'}
    """
    names = [name for name in map(str.strip, text.split(",")) if name]
    if not names:
        raise UsageError("--columns names no column")
    return {name: column_path(name, known) for name in names}


def run_table(
    runs: Iterable[tuple[str, RunRecord]],
    columns: Mapping[str, Path] | None = None,
    with_store: bool = False,
) -> Table:
    """Return runs as a table.

    Args:
        runs: the runs, with the names of their stores.
        columns: the columns by name, see `column_paths`; None: `DEFAULT_COLUMNS` and the
            config entries that differ between runs of the same experiment.
        with_store: whether ids are written as ``STORE:ID``.
    """
    paths = columns or {name: Path(name) for name in DEFAULT_COLUMNS}
    rows: list[dict[str, Any]] = []
    for store, record in runs:
        row = {name: field_value(record, path) for name, path in paths.items()}
        if with_store and "id" in row:
            row["id"] = f"{store}:{row['id']}"
        if not columns:
            row[_VERDICT] = field_value(record, _VERDICT_PATH)
            entries = iterate_flattened(record.config)
            row |= {f"config.{path}": value for path, value in entries}
        rows.append(row)
    # Few runs have one.
    verdicts = [_VERDICT] if any(row.get(_VERDICT) is not None for row in rows) else []
    names = [*paths, *([] if columns else [*verdicts, *_varying(rows)])]
    return Table(
        names=names,
        rows=[[row.get(name) for name in names] for row in rows],
        headings={name: _heading(name) for name in names},
    )


def _varying(rows: Sequence[dict[str, Any]]) -> list[str]:
    """Return the config entries that differ between the rows of an experiment."""
    configs = (
        (row["name"], {name: row[name] for name in row if name.startswith("config.")})
        for row in rows
    )
    return without_seeds(different_entries(configs))


def _heading(name: str) -> str:
    if name == _VERDICT:
        return "verdict"
    entry = name.removeprefix("config.")
    # An entry called result must not look like the result.
    return name if entry.partition(".")[0] in FIELDS else entry
