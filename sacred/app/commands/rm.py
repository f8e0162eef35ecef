"""Move runs to the trash, or restore them from it.

Lists do not show runs in the trash. You can restore them until the trash is emptied (sacred trash
empty). Runs that are still running, or so damaged that nobody can tell, are refused unless you
give --force.

Examples:
  sacred rm 7 8
  sacred rm --undo 7
  sacred rm last --force
"""

from __future__ import annotations

import argparse

from sacred.app.program_arguments import add_run_id
from sacred.app.session import Session
from sacred.upkeep import discard, recover


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """See `CommandModule`."""
    add_run_id(parser, many=True)
    parser.add_argument("--undo", action="store_true", help="restore runs from the trash")
    parser.add_argument(
        "--force", action="store_true", help="also trash runs that are still running or damaged"
    )


def run(args: argparse.Namespace, session: Session) -> None:
    """See `CommandModule`."""
    # First all of them: a mistake in the last id must not leave half of it done.
    found = [session.store_and_id(text) for text in args.ids]
    for store, run_id in found:
        if args.undo:
            recover(store, [run_id])
        else:
            discard(store, [run_id], force=args.force)
    ids = " ".join(str(run_id) for _, run_id in found)
    if not args.undo:
        session.console.note(f"moved to the trash; to restore: sacred rm --undo {ids}")
