"""Star runs.

Examples:
  sacred star best:result
  sacred ls starred
"""

from __future__ import annotations

import argparse

from sacred.app.program_arguments import add_run_id
from sacred.app.session import Session
from sacred.upkeep import annotate


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """See `CommandModule`."""
    add_run_id(parser, many=True)


def run(args: argparse.Namespace, session: Session) -> None:
    """See `CommandModule`."""
    for record in [session.run_to_edit(text) for text in args.ids]:
        annotate(session.store_of(record), record.id, starred=True)
        session.console.print(f"run {record.id}: starred")
