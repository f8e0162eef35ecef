"""Pack a run into one file that repeats it elsewhere: sacred rerun FILE.

It has the record, sources, resources, artifacts, configuration, versions of packages, and a
description for other programs (RO-Crate). Of the environment, only variables that change what
comes of a run are packed. It is compressed with zstd if that is there, else with gzip.

Examples:
  sacred bundle 7
  sacred bundle best:result -o paper/best.tar.gz
  sacred rerun run-7.tar.gz
"""

from __future__ import annotations

import argparse
from pathlib import Path

from sacred.app.program_arguments import add_run_id
from sacred.app.session import Session
from sacred.display.value_text import one_line
from sacred.reruns.bundles import bundle_name, write_bundle
from sacred.runs.errors import ProgramError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """See `CommandModule`."""
    add_run_id(parser)
    parser.add_argument(
        "-o", "--output", metavar="FILE", help="write to this file (default: run-ID.tar.zst or .gz)"
    )


def run(args: argparse.Namespace, session: Session) -> None:
    """See `CommandModule`."""
    store, record = session.run_and_store(args.id)
    target = Path(args.output or bundle_name(record))
    if target.is_dir():
        target = target / bundle_name(record)
    try:
        write_bundle(
            record, store, target, tell=lambda text: session.console.problem(one_line(text))
        )
    except OSError as error:
        raise ProgramError(f"{target} cannot be written: {error.strerror or error}") from error
    session.console.note(f"wrote run {record.id} to {target} ({target.stat().st_size} bytes)")
    session.report(record.problems)
