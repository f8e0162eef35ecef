"""Show the side indices of the stores, or make them anew.

A large directory of runs has an index, which every query brings up to date by itself. To make
it anew is for the case that somebody has edited files and set their times back, or that a
query seems to be wrong.

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
                f"{named.name}: {named.store.rebuild_index()} runs in {index.path}"
            )
        else:
            is_there = os.path.exists(index.path)
            size = f"{os.path.getsize(index.path) / 1e6:.1f} MB" if is_there else "not made yet"
            session.console.write(f"{named.name}: {index.path} ({size})\n")
