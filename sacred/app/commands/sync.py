"""Upload records that a store could not take when the runs ended.

A run whose store cannot be reached keeps its records in a spool, a file in your home directory.
Spools that could be uploaded are deleted; the others are kept, and listed with the reason.

Examples:
  sacred sync --list                   only list what is pending
  sacred sync
  sacred sync --store postgresql://me:secret@server/lab
"""

from __future__ import annotations

import argparse

from sacred.app.session import Session
from sacred.display.formats import add_formats, write_table
from sacred.display.table import Table
from sacred.upkeep import pending_spools, sync


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """See `CommandModule`."""
    parser.add_argument(
        "directory",
        metavar="DIRECTORY",
        nargs="?",
        help="directory of the spools (default: ~/.local/share/sacred/spool)",
    )
    parser.add_argument("-l", "--list", action="store_true", help="only list what is pending")
    add_formats(parser)


def run(args: argparse.Namespace, session: Session) -> int:
    """See `CommandModule`."""
    console = session.console
    if args.list:
        rows = [
            [item.run_id, item.store, item.changes, item.size, item.path, item.problem]
            for item in pending_spools(args.directory)
        ]
        names = ["id", "store", "changes", "bytes", "path", "problem"]
        write_table(Table(names=names, rows=rows), args.format, console)
        if args.format is None and not rows:
            console.note("nothing is pending")
        return 0
    done = sync(args.directory, session.store.backend if args.store else None)
    for item in done:
        if item.problem is None:
            console.print(f"run {item.run_id} is stored in {item.store}")
        else:
            console.problem(f"{item.path} is still pending: {item.problem}")
    if not done:
        console.note("nothing is pending")
    return 1 if any(item.problem for item in done) else 0
