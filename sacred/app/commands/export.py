"""Write a report of runs: one HTML file with tables, plots, output and images.

It is self-contained and loads nothing from the network. Click on a heading to sort; point at a
curve or its legend to see which run it is; click on the legend to hide it.

Examples:
  sacred export "status = COMPLETED" --sort -result --limit 10 -o best.html
  sacred export --run 7 --run best:result -o two.html
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterable

from sacred.app.matching_runs import MatchingRuns
from sacred.app.program_arguments import whole_number
from sacred.app.session import Session
from sacred.display.report import report
from sacred.runs.errors import ProgramError, UsageError

#: A report of more runs is one that nobody reads.
_DEFAULT_LIMIT = 50


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """See `CommandModule`."""
    parser.add_argument(
        "query", metavar="QUERY", nargs="*", help="only runs that match (default: all)"
    )
    parser.add_argument(
        "--run", action="append", metavar="ID", help="report this run; may be repeated"
    )
    parser.add_argument("--sort", metavar="FIELDS", help="sort by these fields; -FIELD: descending")
    parser.add_argument(
        "-n",
        "--limit",
        type=whole_number,
        metavar="N",
        default=_DEFAULT_LIMIT,
        help=f"at most N runs (default: {_DEFAULT_LIMIT})",
    )
    parser.add_argument("--title", help="title of the page")
    parser.add_argument(
        "-o", "--output", metavar="FILE", help="write to this file (default: standard output)"
    )


def run(args: argparse.Namespace, session: Session) -> None:
    """See `CommandModule`."""
    if args.run and args.query:
        raise UsageError("a query or --run, not both")
    query = ""
    if args.run:
        runs = [("", session.run(text)) for text in args.run]
    else:
        matching = MatchingRuns(session, args.query, args.sort, args.limit)
        runs, query = list(matching), matching.query
    if not runs:
        raise ProgramError("no runs match the query" if query else "there are no runs")
    title = args.title or query or f"Runs of {', '.join({run.store for _, run in runs})}"
    lines = report(
        runs, title, with_store=not args.run and len(session.stores) > 1, utc=session.console.utc
    )
    if args.output in (None, "-"):
        for line in lines:
            session.console.write(f"{line}\n")
    else:
        _write(args.output, lines)
        session.console.note(f"wrote {len(runs)} runs to {args.output}")


def _write(path: str, lines: Iterable[str]) -> None:
    """Write a file atomically."""
    temporary = f"{path}.part"
    with open(temporary, "w", encoding="utf-8", errors="backslashreplace") as file:
        file.writelines(f"{line}\n" for line in lines)
    os.replace(temporary, path)
