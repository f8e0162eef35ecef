"""The runs that a call of the program asks for, from all of its stores."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sacred.app.session import Session
from sacred.display.run_rows import column_paths
from sacred.display.table import Table
from sacred.query.sorting import parse_sort, sort_key
from sacred.query.syntax import And, IsTrue, Path
from sacred.records import RunRecord
from sacred.runs.unknown_fields import SAMPLE, hints

__all__ = ["matching_runs", "unknown_fields"]


def matching_runs(
    session: Session, where: str, sort: str | None, limit: int | None, columns: str | None = None
) -> Iterator[tuple[str, RunRecord]]:
    """The runs of all stores of the call, with the names of the stores.

    Args:
        session: with the stores.
        where: a query.
        sort: fields to sort by; None: the newest first.
        limit: the maximum number of runs.
        columns: those that will be shown; see `run_table`.
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


def unknown_fields(
    session: Session, query: str, sort: str | None, columns: str | None, table: Table
) -> Iterator[str]:
    """Hints about fields that no run has, which are probably typos.

    Args:
        session: with the stores.
        query: of the call; its fields are looked at if it has found nothing.
        sort: of the call.
        columns: of the call.
        table: the result.
    """
    if not table.rows:
        for _, runs in session.runs(query, None, None):
            yield from runs.hints()
        return
    filled = zip(table.names, zip(*table.rows, strict=True), strict=True)
    empty = {name for name, cells in filled if all(value is None for value in cells)}
    paths = column_paths(columns) if columns else {}
    unknown = [path for name, path in paths.items() if name in empty]
    # Fields with a value in the table are known.
    shown = {str(paths.get(name, name)) for name in table.names if name not in empty}
    unknown += [key.path for key in parse_sort(sort) if str(key.path) not in shown]
    if unknown:
        for _, runs in session.runs("", None, SAMPLE):
            yield from hints(And(tuple(map(IsTrue, unknown))), runs)
