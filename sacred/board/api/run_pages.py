"""Pages of runs as columns, and the same table as a file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from starlette.responses import Response

from sacred._base.frozen import replace
from sacred._base.paths import iterate_flattened
from sacred.board.api.context import Board
from sacred.board.api.operations import Call
from sacred.board.api.run_selection import RunSelection, RunsQuery, select
from sacred.board.opened_stores import BoardStore, run_key
from sacred.display.formats import FORMATS
from sacred.display.run_rows import run_table
from sacred.display.table import Table, in_zone
from sacred.display.value_text import as_json
from sacred.query.fields import FIELDS
from sacred.query.syntax import Path
from sacred.query.tokens import written_path
from sacred.records import RunRecord
from sacred.runs.columns import different_entries, frequent_metrics, without_seeds
from sacred.runs.damage import shown_value
from sacred.status import ACTIVE

__all__ = ["export_runs", "list_runs", "request_of"]

#: What a page shows if it does not say; behind them come entries that vary.
_DEFAULT_COLUMNS = (
    "id", "status", "name", "command", "start_time", "duration", "result", "tags",
)  # fmt: skip
#: Of runs that repeat others; it is shown if there is one.
_VERDICT = Path("meta", ("verdict",))
#: So many of the entries that vary are shown by default, and so many metrics.
_MAX_VARYING, _MAX_METRICS = 8, 2
_EXPORTS = {
    "csv": ("text/csv", "csv"),
    "json": ("application/json", "json"),
    "latex": ("application/x-tex", "tex"),
    "markdown": ("text/markdown", "md"),
}


def request_of(call: Call) -> RunsQuery:
    """Return the request in a call.

    Args:
        call: of an operation with the parameters of `list_runs`.
    """
    values = call.values
    return RunsQuery(
        stores=tuple(values.get("store") or ()),
        query=values.get("q") or "",
        sort=values.get("sort") or "",
        columns=tuple(values.get("column") or ()),
        in_trash=bool(values.get("trash")),
        utc=bool(values.get("utc")),
    )


def list_runs(call: Call) -> dict[str, Any]:
    """Return one page of the runs that match a query.

    Args:
        call: with the query, the columns and the place of the page.
    """
    request = request_of(call)
    offset, limit = call.values["offset"], call.values["limit"]
    selection, columns = _selected(call.board, request, call.values["snapshot"])
    if not columns:
        names = _default_columns(selection.page(offset, limit))
        # Again with the columns, so that stores give their numbers of all runs at once.
        selection, columns = _selected(call.board, replace(request, columns=tuple(names)), None)
    page = selection.page(offset, limit)
    total = selection.count() if call.values["count"] else selection.known_count
    rows = [_row(store, run, columns) for store, run in page]
    return {
        "snapshot": selection.token,
        "total": total,
        "offset": offset,
        "columns": [_column(name, path) for name, path in columns.items()],
        "runs": [row[0] for row in rows],
        "data": {name: [row[1][name] for row in rows] for name in columns},
        "problems": _problems(selection, page),
        "hints": selection.hints() if total == 0 else [],
    }


def _selected(
    board: Board, request: RunsQuery, snapshot: str | None
) -> tuple[RunSelection, Mapping[str, Path]]:
    """The runs of a request, as an earlier page has them if it is known, and the columns."""
    selection = board.selections.get(snapshot, request)
    if selection is None:
        selection = select(board.stores, request)
        board.selections.keep(selection)
    elif tuple(selection.columns) != request.columns:
        # Names may be short for what only the stores know.
        return selection, select(board.stores, request).columns
    return selection, selection.columns


def _row(
    store: BoardStore, run: RunRecord, columns: Mapping[str, Path]
) -> tuple[dict[str, Any], dict[str, Any]]:
    cells = {name: as_json(shown_value(run, path)) for name, path in columns.items()}
    status = run.status
    about = {
        "store": store.key,
        "key": run_key(run.id),
        "status": status,
        "active": status in ACTIVE,
        "starred": run.starred,
        "problems": list(run.problems),
    }
    return about, cells


def _column(name: str, path: Path) -> dict[str, Any]:
    kind: str = FIELDS[path.field] if not path.steps else "entry"
    if path.field == "metrics" and path.steps:
        kind = "metric"
    return {"name": name, "path": str(path), "kind": kind}


def _default_columns(page: Sequence[tuple[BoardStore, RunRecord]]) -> list[str]:
    configs = [
        (run.name, {str(path): value for path, value in iterate_flattened(run.config)})
        for _, run in page
    ]
    varying = without_seeds(different_entries(configs)) if configs else []
    shown = frequent_metrics((run for _, run in page[:20]), _MAX_METRICS)
    has_verdicts = any(shown_value(run, _VERDICT) is not None for _, run in page)
    return [
        *_DEFAULT_COLUMNS,
        *([str(_VERDICT)] if has_verdicts else []),
        *(written_path("config", *name.split(".")) for name in varying[:_MAX_VARYING]),
        *(written_path("metrics", *name.split(".")) for name in shown),
    ]


def _problems(selection: RunSelection, page: Sequence[tuple[BoardStore, RunRecord]]) -> list[str]:
    found = [*selection.problems, *(problem for _, run in page for problem in run.problems)]
    return list(dict.fromkeys(found))


def export_runs(call: Call) -> Response:
    """Return the table of a query as a file: CSV, JSON, LaTeX or Markdown.

    Args:
        call: with the query, the columns and the format.
    """
    request = request_of(call)
    selection = select(call.board.stores, request)
    page = selection.page(0, call.values["limit"])
    paths = selection.columns or {name: Path(name) for name in _DEFAULT_COLUMNS}
    with_store = len(call.board.stores) > 1
    table = run_table(((store.key, run) for store, run in page), paths, with_store)
    kind = call.values["format"]
    media_type, suffix = _EXPORTS[kind]
    headers = {"Content-Disposition": f'attachment; filename="runs.{suffix}"'}
    return Response(_written(table, kind, request.utc), media_type=media_type, headers=headers)


def _written(table: Table, kind: str, utc: bool) -> str:
    return FORMATS[kind](table if kind in ("csv", "json") else in_zone(table, utc))
