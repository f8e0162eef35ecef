"""Write a report of runs: one HTML file with tables, plots, output and images; or an RO-Crate.

It is self-contained and loads nothing from the network. Click on a heading to sort; point at a
curve or its legend to see which run it is; click on the legend to hide it.

--rocrate writes the runs with all their files, and a description that archives (Zenodo,
WorkflowHub, Dataverse) and other programs understand: a zip file, or a directory; the report is its
preview.

Examples:
  sacred export "status = COMPLETED" --sort -result --limit 10 -o best.html
  sacred export --run 7 --run best:result -o two.html
  sacred export --run 7 --rocrate -o crate.zip --license https://spdx.org/licenses/CC-BY-4.0
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from sacred.app.matching_runs import MatchingRuns
from sacred.app.program_arguments import whole_number
from sacred.app.session import Session
from sacred.display.report import report
from sacred.display.value_text import one_line
from sacred.records import RunRecord
from sacred.runs.errors import ProgramError, UsageError

#: Nobody reads a report of more runs than this.
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
    parser.add_argument(
        "--rocrate",
        action="store_true",
        help="write an RO-Crate: -o crate.zip, or -o DIRECTORY",
    )
    parser.add_argument(
        "--license", metavar="URL", default="", help="of the RO-Crate: the address of its license"
    )


def run(args: argparse.Namespace, session: Session) -> None:
    """See `CommandModule`."""
    if args.rocrate and args.output in (None, "-"):
        raise UsageError("--rocrate needs a name: -o crate.zip, or -o DIRECTORY")
    if args.license and not args.rocrate:
        raise UsageError("--license is that of an RO-Crate: --rocrate -o crate.zip")
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
    title = args.title or query or f"Runs of {', '.join(dict.fromkeys(r.store for _, r in runs))}"
    lines = report(
        runs, title, with_store=not args.run and len(session.stores) > 1, utc=session.console.utc
    )
    if args.rocrate:
        _write_crate(args, session, runs, title, lines)
    elif args.output in (None, "-"):
        for line in lines:
            session.console.write(f"{line}\n")
    else:
        _write(args.output, lines)
        session.console.note(f"wrote {_counted(runs)} to {args.output}")


def _write_crate(
    args: argparse.Namespace,
    session: Session,
    runs: Sequence[tuple[str, RunRecord]],
    title: str,
    lines: Iterable[str],
) -> None:
    # Here: a report needs none of what copies and repeats runs.
    from sacred.reruns.crates import write_crate

    def tell(text: str) -> None:
        session.console.problem(one_line(text))

    placed = [(session.store_of(record), record) for _, record in runs]
    try:
        write_crate(placed, Path(args.output), title, lines, args.license, tell)
    except OSError as error:
        reason = error.strerror or error
        raise ProgramError(f"{args.output} cannot be written: {reason}") from error
    session.console.note(f"wrote {_counted(runs)} to {args.output}")


def _counted(runs: Sequence[object]) -> str:
    return "1 run" if len(runs) == 1 else f"{len(runs)} runs"


def _write(path: str, lines: Iterable[str]) -> None:
    """Write a file atomically."""
    temporary = f"{path}.part"
    with open(temporary, "w", encoding="utf-8", errors="backslashreplace") as file:
        file.writelines(f"{line}\n" for line in lines)
    os.replace(temporary, path)
