"""Show or rebuild the search indices of stores.

A large directory of runs has an index, which every query updates by itself. Rebuild it if files
were edited without changing their modification time, or if the result of a query looks wrong.

Examples:
  sacred index
  sacred index rebuild -s runs
"""

from __future__ import annotations

import argparse
import os

from sacred.app.session import Session
from sacred.runs.errors import UsageError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """See `CommandModule`."""
    parser.add_argument("action", metavar="ls|rebuild", nargs="?", default="ls")


def run(args: argparse.Namespace, session: Session) -> None:
    """See `CommandModule`."""
    if args.action not in ("ls", "rebuild"):
        raise UsageError(f"sacred index {args.action}? There are: ls, rebuild")
    for named in session.stores:
        index = named.store.index
        if index is None:
            session.console.note(f"{named.name}: has no index, and needs none")
        elif args.action == "rebuild":
            session.console.note(
                f"{named.name}: indexed {named.store.rebuild_index()} runs in {index.path}"
            )
        else:
            is_there = os.path.exists(index.path)
            size = f"{os.path.getsize(index.path) / 1e6:.1f} MB" if is_there else "not built yet"
            session.console.write(f"{named.name}: {index.path} ({size})\n")
