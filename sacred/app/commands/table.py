"""Make a table of results as in papers: rows and columns by fields, a mean in each cell.

It marks what is significantly best in each column (* and bold), or what cannot be distinguished
from the best (≈, in LaTeX underlined). LaTeX, Markdown and HTML include the ids of the runs of each
cell.

A cell is STATISTIC(FIELD) or mean±SPREAD(FIELD): mean, median, min, max, n; ci (95 %, Student's t),
sd, sem. You can type +- for ±.

Examples:
  sacred table --rows opt --columns dataset --cell "mean±ci(metrics.accuracy.max)"
  sacred table "name = train" --rows opt,lr --cell "mean+-sd(result)" --cell "n(result)" --no-marks
  sacred table --rows opt --cell "mean±ci(metrics.loss.min)" --latex > table.tex
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any

from sacred.app.group_arguments import add_direction, chosen_by, level
from sacred.app.matching_runs import MatchingRuns
from sacred.app.session import Session
from sacred.display.comparison_text import noise_line, remarks
from sacred.display.formats import write_table
from sacred.display.result_table import GRID_FORMATS, grid_table, mark_lines
from sacred.query.syntax import Path
from sacred.runs.errors import ProgramError, UsageError
from sacred.runs.groups import Direction, direction_of, required_direction
from sacred.runs.result_grid import CellFormat, cell_format, marked, result_grid
from sacred.runs.significance import noise_by_experiment

_DEFAULT_CELL = "mean±ci(result)"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """See `CommandModule`."""
    parser.add_argument(
        "query", metavar="QUERY", nargs="*", help="only runs that match (default: all)"
    )
    parser.add_argument(
        "--rows", metavar="FIELDS", required=True, help="a row for each value of these fields"
    )
    parser.add_argument(
        "--columns", metavar="FIELDS", default="", help="a column for each value of these"
    )
    parser.add_argument(
        "--cell",
        metavar="CELL",
        action="append",
        help=f'what cells show (default: "{_DEFAULT_CELL}"); may be repeated',
    )
    parser.add_argument(
        "--best-in",
        choices=("column", "row", "table"),
        default="column",
        help="what is compared to mark the best (default: each column)",
    )
    parser.add_argument("--no-marks", action="store_true", help="do not mark the best")
    parser.add_argument(
        "--alpha", type=level, metavar="P", default=0.05, help="level of the marks (default: 0.05)"
    )
    add_direction(parser)
    group = parser.add_mutually_exclusive_group()
    for name in GRID_FORMATS:
        group.add_argument(
            f"--{name}", dest="format", action="store_const", const=name, help=f"print {name}"
        )


def run(args: argparse.Namespace, session: Session) -> None:
    """See `CommandModule`."""
    rows, columns = _names(args.rows), _names(args.columns)
    if not rows:
        raise UsageError("--rows names no field")
    forms = [cell_format(text) for text in args.cell or [_DEFAULT_CELL]]
    fields = [*rows, *columns, *(form.field for form in forms)]
    matching = MatchingRuns(session, args.query, columns=",".join(dict.fromkeys(fields)))
    paths = matching.columns or {}
    many = len(session.stores) > 1
    runs = [(f"{name}:{run.id}" if many else str(run.id), run) for name, run in matching]
    runs.reverse()  # the oldest first
    if not runs:
        raise ProgramError("no runs match the query" if matching.query else "there are no runs")
    grid = result_grid(
        runs,
        [(name, paths[name]) for name in rows],
        [(name, paths[name]) for name in columns],
        [(form, paths[form.field]) for form in forms],
    )
    if not any(cell.group.samples for cell in grid.cells):
        raise ProgramError(f"no run has a number to show: {', '.join(f.field for f in forms)}")
    directions = _directions(forms, paths, args)
    grid = marked(grid, directions, args.alpha, args.best_in)
    console = session.console
    if args.format is None:
        write_table(grid_table(grid), None, console)
    else:
        console.write(GRID_FORMATS[args.format](grid, _source(args, matching.query, session)))
    notes = [*mark_lines(grid)] if args.format is None else []
    notes += remarks(*(cell.group for cell in grid.cells))
    if matching.outcomes:
        notes.append(chosen_by(matching.query, matching.outcomes))
    for path in dict.fromkeys(paths[form.field] for form in forms):
        noises = noise_by_experiment((run for _, run in runs), path)
        for name, noise in noises.items():
            notes.append(noise_line(noise, str(path), name if len(noises) > 1 else None))
    for note in dict.fromkeys(notes):
        console.note(note)


def _names(text: str) -> list[str]:
    return [name for name in map(str.strip, text.split(",")) if name]


def _directions(
    forms: Sequence[CellFormat], paths: dict[str, Path], args: argparse.Namespace
) -> list[Direction | None]:
    """Return which values are better, for each format.

    Raises:
        UsageError: this is unknown, and marks were asked for.
    """
    if args.no_marks:
        return [None for _ in forms]
    for form in forms:
        path = paths[form.field]
        if form.statistic == "mean" and direction_of(path, args.direction) is None:
            try:
                required_direction(path, None)
            except UsageError as error:
                raise UsageError(f"{error}; --no-marks marks nothing") from None
    return [direction_of(paths[form.field], args.direction) for form in forms]


def _source(args: argparse.Namespace, query: str, session: Session) -> dict[str, Any]:
    """Say what the table was made from."""
    return {
        "stores": [named.store.url for named in session.stores],
        "query": query,
        "rows": args.rows,
        "columns": args.columns,
        "cells": args.cell or [_DEFAULT_CELL],
        "best_in": None if args.no_marks else args.best_in,
        "alpha": args.alpha,
    }
