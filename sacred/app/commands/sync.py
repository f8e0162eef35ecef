"""Upload records that a store could not take when the runs ended.

A run whose store cannot be reached keeps its records in a spool, a file in your home directory.
Spools that could be uploaded are deleted; the others are kept, and listed with the reason.

Only the records of the stores of this project are uploaded, and those of stores in the working
directory. Those of other stores are listed; --all uploads them, too.

Examples:
  sacred sync --list                   only list what is pending
  sacred sync
  sacred sync --store postgresql://me:secret@server/lab
"""

from __future__ import annotations

import argparse
import os

from sacred._base.errors import MissingExtraError, SacredError
from sacred.app.session import Session
from sacred.definition import STORE_VARIABLE
from sacred.display.formats import add_formats, write_table
from sacred.display.table import Table
from sacred.stores.schemes import canonical_url, directory_of
from sacred.upkeep import PendingSpool, pending_spools, sync


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """See `CommandModule`."""
    parser.add_argument(
        "directory",
        metavar="DIRECTORY",
        nargs="?",
        help="directory of the spools (default: ~/.local/share/sacred/spool)",
    )
    parser.add_argument("-a", "--all", action="store_true", help="also those of other stores")
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
    done, others = _sync(args, session)
    for item in done:
        if item.problem is None:
            console.print(f"run {item.run_id} is stored in {item.store}")
        else:
            console.problem(f"{item.path} is still pending: {item.problem}")
    if not done:
        console.note("nothing is pending" + (" for the stores of this project" if others else ""))
    if others:
        stores = ", ".join(sorted({item.store for item in others}))
        console.note(f"pending for other stores ({stores}): {len(others)}; sacred sync --all")
    return 1 if any(item.problem for item in done) else 0


def _sync(
    args: argparse.Namespace, session: Session
) -> tuple[list[PendingSpool], list[PendingSpool]]:
    """Return the spools that were tried, and the spools of other stores."""
    if args.all or args.directory or args.store:
        return sync(args.directory, session.store.backend if args.store else None), []
    own: list[PendingSpool] = []
    others: list[PendingSpool] = []
    urls = _project_stores(session)
    for item in pending_spools():
        # What cannot be read is tried, so that the reason is printed.
        is_own = item.problem or canonical_url(item.store) in urls or _is_here(item.store)
        (own if is_own else others).append(item)
    return [done for item in own for done in sync(item.path)], others


def _project_stores(session: Session) -> set[str]:
    project = session.project
    addresses = list(project.stores.values()) if project is not None else []
    if default := os.environ.get(STORE_VARIABLE):
        addresses.append(default)
    found = set()
    for address in addresses:
        try:
            found.add(canonical_url(session.open(address).store.url))
        except (SacredError, MissingExtraError) as error:
            session.console.problem(f"{address}: {error}")
    return found


def _is_here(url: str) -> bool:
    directory = directory_of(url)
    below = os.path.join(os.path.realpath("."), "")
    return directory is not None and os.path.realpath(directory).startswith(below)
