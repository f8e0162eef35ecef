"""Pack a run into one file that repeats it elsewhere: sacred rerun FILE.

It contains the record, sources, resources, artifacts, configuration, versions of packages, and a
description for other programs (RO-Crate). Of the environment, only variables that can change
results are packed. The file is compressed with zstd if that is available, or else with gzip.

A run of sacred exec whose files were traced on this machine is packed with all of them (root/):
programs, libraries, data. Then it needs nothing from the machine that repeats it, not even Sacred:
unpack the file and call run.sh.

Examples:
  sacred bundle 7
  sacred bundle 7 --estimate
  sacred bundle 7 --exclude '/data/*' --include '/usr/share/zoneinfo/**'
  sacred bundle best:result -o paper/best.tar.gz
  sacred rerun run-7.tar.gz
"""

from __future__ import annotations

import argparse
from pathlib import Path

from sacred.app.program_arguments import add_run_id
from sacred.app.session import Session
from sacred.display.value_text import one_line
from sacred.exec.bundling.traced_bundle import (
    estimate_lines,
    files_to_pack,
    write_traced_bundle,
)
from sacred.reruns.bundles import bundle_name
from sacred.runs.errors import ProgramError, UsageError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """See `CommandModule`."""
    add_run_id(parser)
    parser.add_argument(
        "-o", "--output", metavar="FILE", help="write to this file (default: run-ID.tar.zst or .gz)"
    )
    parser.add_argument(
        "--include", metavar="GLOB", action="append", default=[], help="pack these files into root/"
    )
    parser.add_argument(
        "--exclude",
        metavar="GLOB",
        action="append",
        default=[],
        help="leave files out of root/ whose paths match",
    )
    parser.add_argument(
        "--no-root", action="store_true", help="without the files that a traced program has used"
    )
    parser.add_argument(
        "--estimate", action="store_true", help="say how large root/ would be, and stop"
    )


def run(args: argparse.Namespace, session: Session) -> None:
    """See `CommandModule`."""
    store, record = session.run_and_store(args.id)
    target = Path(args.output or bundle_name(record))
    if target.is_dir():
        target = target / bundle_name(record)

    def tell(text: str) -> None:
        session.console.problem(one_line(text))

    found = None if args.no_root else files_to_pack(record, tell, args.include, args.exclude)
    if found is None and (args.estimate or args.include or args.exclude):
        raise UsageError("the run has no root/: it was not traced (sacred exec), or not here")
    if args.estimate:
        for line in estimate_lines(found) if found is not None else ():
            session.console.print(line)
        return
    if found is not None:
        session.console.note(estimate_lines(found)[0])
    try:
        write_traced_bundle(record, store, target, found, tell)
    except OSError as error:
        raise ProgramError(f"{target} cannot be written: {error.strerror or error}") from error
    session.console.note(f"wrote run {record.id} to {target} ({target.stat().st_size} bytes)")
    session.report(record.problems)
