"""Write a report of runs: one HTML file with tables, curves, output and pictures.

It needs no network and runs no scripts, so that it can be sent around and kept.

Examples:
  sacred export "status = COMPLETED" --sort -result --limit 10 -o best.html
  sacred export --run 7 --run best:result -o two.html
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterable

from sacred.app.matching_runs import matching_runs
from sacred.app.program_arguments import whole_number
from sacred.app.session import Session
from sacred.display.report import report
from sacred.runs.errors import ProgramError, UsageError

#: More make a report that nobody reads.
_MOST = 50


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """See `CommandModule`."""
    parser.add_argument("query", metavar="QUERY", nargs="*", help="which runs (default: all)")
    parser.add_argument("--run", action="append", metavar="ID", help="this run; repeatable")
    parser.add_argument("--sort", metavar="FIELDS", help="the order, -FIELD: the largest first")
    parser.add_argument(
        "-n",
        "--limit",
        type=whole_number,
        metavar="N",
        default=_MOST,
        help=f"at most so many runs (default: {_MOST})",
    )
    parser.add_argument("--title", help="of the page")
    parser.add_argument("-o", "--output", metavar="FILE", help="(default, and -: standard output)")


def run(args: argparse.Namespace, session: Session) -> None:
    """See `CommandModule`."""
    query = " ".join(args.query)
    if args.run and query:
        raise UsageError("a query or --run, not both")
    if args.run:
        runs = [("", session.run(text)) for text in args.run]
    else:
        runs = list(matching_runs(session, query, args.sort, args.limit))
    if not runs:
        raise ProgramError("no runs that fulfil the query" if query else "there are no runs")
    title = args.title or query or f"Runs of {', '.join({run.store for _, run in runs})}"
    lines = report(runs, title, with_store=not args.run and len(session.stores) > 1)
    if args.output in (None, "-"):
        for line in lines:
            session.console.print(line)
    else:
        _write(args.output, lines)
        session.console.note(f"{len(runs)} runs in {args.output}")


def _write(path: str, lines: Iterable[str]) -> None:
    """Write a file whole or not at all."""
    temporary = f"{path}.part"
    with open(temporary, "w", encoding="utf-8") as file:
        file.writelines(f"{line}\n" for line in lines)
    os.replace(temporary, path)
