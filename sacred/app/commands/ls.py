"""List the runs that match a query, the newest first.

Columns are id, status, name, start time, duration, result, and the config entries that differ
between runs of the same experiment. A single word is searched for in everything that is known about
a run; a name may be short for the only entry that ends with it (lr for optimizer.lr). A terminal
shows at most 50 runs unless you give --limit or --all.

Examples:
  sacred ls
  sacred ls toynet FAILED
  sacred ls "status = FAILED and start_time > '2 days ago'"
  sacred ls "lr > 1e-4 and lr < 1e-2" --sort -metrics.accuracy.max --limit 20
  sacred ls --sort -metrics.accuracy.max --noise
  sacred ls --columns id,lr,metrics.loss.min,duration --csv > runs.csv

docs/querying.rst describes queries; sacred fields lists the fields that they can use.
"""

from __future__ import annotations

import argparse
import itertools
from collections.abc import Iterable

from sacred.app.matching_runs import MatchingRuns
from sacred.app.program_arguments import whole_number
from sacred.app.session import Session
from sacred.display.formats import add_formats, write_table
from sacred.display.run_rows import run_table
from sacred.records import RunRecord
from sacred.runs.errors import UsageError

#: How many runs are shown on a terminal by default.
_TERMINAL_LIMIT = 50


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """See `CommandModule`."""
    parser.add_argument(
        "query", metavar="QUERY", nargs="*", help="only runs that match (default: all)"
    )
    parser.add_argument("--sort", metavar="FIELDS", help="sort by these fields; -FIELD: descending")
    parser.add_argument("-n", "--limit", type=whole_number, metavar="N", help="at most N runs")
    parser.add_argument("-a", "--all", action="store_true", help="show all runs, however many")
    parser.add_argument(
        "--columns", metavar="FIELDS", help="show these columns, such as id,lr,metrics.loss.min"
    )
    parser.add_argument(
        "--noise",
        action="store_true",
        help="mark the runs that differ from the first by no more than seeds explain",
    )
    add_formats(parser)


def run(args: argparse.Namespace, session: Session) -> None:
    """See `CommandModule`."""
    console = session.console
    limit: int | None = args.limit
    if limit is None and not args.all and args.format is None and console.is_terminal:
        limit = _TERMINAL_LIMIT
    # One more tells whether there are more.
    more = None if limit is None else limit + 1
    matching = MatchingRuns(session, args.query, args.sort, more, args.columns)
    if args.noise and len(matching.sort) != 1:
        raise UsageError("--noise marks what the list is sorted by: --sort -metrics.accuracy.max")
    runs = iter(matching)
    shown: Iterable[tuple[str, RunRecord]] = itertools.islice(runs, limit)
    if args.noise:
        shown = list(shown)
    table = run_table(shown, matching.columns, with_store=len(session.stores) > 1)
    is_cut = limit is not None and next(runs, None) is not None
    if args.noise:
        # Here: statistics would make every list slower to start.
        from sacred.app.noise_marks import mark_rows

        records = [record for _, record in shown]
        table, notes = mark_rows(table, records, matching.sort[0].path, session)
    write_table(table, args.format, console)
    if args.noise:
        for remark in notes:
            console.note(remark)
    if args.format is None and not table.rows:
        console.note("no runs match the query" if matching.query else "no runs")
    elif is_cut and args.limit is None:
        console.note(
            f"showing the {'first' if args.sort else 'newest'} {limit} runs; --all shows all"
        )
    for remark in matching.remarks(table):
        console.note(remark)
