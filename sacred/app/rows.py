"""Runs as rows of a table."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from sacred._base.paths import iterate_flattened
from sacred.app.session import Session
from sacred.query.columns import column_path
from sacred.query.names import FIELDS
from sacred.query.order import parse_sort, sort_key
from sacred.query.syntax import And, IsTrue, Path
from sacred.query.unknown import SAMPLE, hints
from sacred.query.values import MISSING, value_of
from sacred.records import RunRecord
from sacred.serializer import dumps
from sacred.viewing.errors import UsageError
from sacred.viewing.table import Table

__all__ = ["FIRST", "cell", "column_paths", "matching_runs", "run_table", "unknown_fields"]

#: The columns of every list of runs; behind them come the entries that differ.
FIRST = ("id", "status", "name", "start_time", "duration", "result")

_HEADS = {"start_time": "start", "stop_time": "stop"}


def cell(record: RunRecord, path: Path) -> Any:
    """The value of a path; None: the run has none."""
    if path.field == "duration":
        return record.duration
    value = value_of(record, path)
    return None if value is MISSING else value


def column_paths(text: str) -> dict[str, Path]:
    """The paths in ``"id, result, lr"``.

    Raises:
        QueryError: one of them is no field.
        UsageError: there is none.

    >>> {name: str(path) for name, path in column_paths("id,lr").items()}
    {'id': 'id', 'lr': 'config.lr'}
    """
    names = [name for name in map(str.strip, text.split(",")) if name]
    if not names:
        raise UsageError("--columns names no column")
    return {name: column_path(name) for name in names}


def matching_runs(
    session: Session, where: str, sort: str | None, limit: int | None, columns: str | None = None
) -> Iterator[tuple[str, RunRecord]]:
    """The runs of all stores of the call, with the names of the stores.

    Args:
        session: with the stores.
        where: a query.
        sort: fields to sort by; None: the newest first.
        limit: how many at most.
        columns: that will be shown of them; see `run_table`.
    """
    found = _found(session, where, sort, limit, column_paths(columns) if columns else {})
    for number, (name, record) in enumerate(found):
        if limit is not None and number >= limit:
            break
        yield name, record
        session.report(record.problems)


def _found(
    session: Session,
    where: str,
    sort: str | None,
    limit: int | None,
    columns: Mapping[str, Path],
) -> Iterator[tuple[str, RunRecord]]:
    found = session.runs(where, sort, limit)
    keys = parse_sort(sort) if len(found) > 1 else ()
    shown = (*columns.values(), *(key.path for key in keys))
    tables = [(name, table.showing(shown)) for name, table in found]
    if keys:
        pairs = [(name, record) for name, table in tables for record in table]
        yield from sorted(pairs, key=lambda pair: sort_key(keys, pair[1]))
    else:
        for name, table in tables:
            yield from ((name, record) for record in table)
    for _, table in tables:
        session.report(table.problems)


def run_table(
    runs: Iterable[tuple[str, RunRecord]], columns: str | None = None, with_store: bool = False
) -> Table:
    """Runs as a table.

    Args:
        runs: with the names of their stores.
        columns: which ones; None: `FIRST` and the entries of the configuration that differ.
        with_store: the id is that of ``STORE:ID``.
    """
    paths = column_paths(columns) if columns else {name: Path(name) for name in FIRST}
    rows: list[dict[str, Any]] = []
    for store, record in runs:
        row = {name: cell(record, path) for name, path in paths.items()}
        if with_store and "id" in row:
            row["id"] = f"{store}:{row['id']}"
        if not columns:
            entries = iterate_flattened(record.config)
            row |= {f"config.{path}": value for path, value in entries}
        rows.append(row)
    names = [*paths, *([] if columns else _varying(rows))]
    return Table(
        names=names,
        rows=[[row.get(name) for name in names] for row in rows],
        heads={name: _head(name) for name in names},
    )


def unknown_fields(
    session: Session, query: str, sort: str | None, columns: str | None, table: Table
) -> Iterator[str]:
    """Remarks about fields that no run has: probably typing errors.

    Args:
        session: with the stores.
        query: of the call; its fields are looked at if it has found nothing.
        sort: of the call.
        columns: of the call.
        table: what was found.
    """
    if not table.rows:
        for _, runs in session.runs(query, None, None):
            yield from runs.hints()
        return
    filled = zip(table.names, zip(*table.rows, strict=True), strict=True)
    empty = {name for name, cells in filled if all(value is None for value in cells)}
    paths = column_paths(columns) if columns else {}
    chosen = [path for name, path in paths.items() if name in empty]
    # What the table shows need not be looked for.
    shown = {str(paths.get(name, name)) for name in table.names if name not in empty}
    chosen += [key.path for key in parse_sort(sort) if str(key.path) not in shown]
    if chosen:
        for _, runs in session.runs("", None, SAMPLE):
            yield from hints(And(tuple(map(IsTrue, chosen))), runs)


def _varying(rows: Sequence[dict[str, Any]]) -> list[str]:
    """The entries of the configuration that are not the same in all rows.

    Seeds differ always, and so are left out unless nothing else does.
    """
    entries = dict.fromkeys(name for row in rows for name in row if name.startswith("config."))
    found = [name for name in entries if len({_key(row, name) for row in rows}) > 1]
    return [name for name in found if name.rpartition(".")[2] != "seed"] or found


def _key(row: dict[str, Any], name: str) -> str:
    return dumps(row[name]) if name in row else ""


def _head(name: str) -> str:
    entry = name.removeprefix("config.")
    # An entry called result must not look like the result.
    return _HEADS.get(name, name if entry.partition(".")[0] in FIELDS else entry)
