"""Empty the trash, and delete files and rows that no run uses.

Unused are copies of sources and resources whose runs have all been deleted, in MongoDB and SQL
databases as well, and temporary files of processes that were killed. Whatever was stored or
used within the last day is kept. You can run this while runs are being recorded.

With --check, nothing is deleted. SQL databases keep packed copies of long metrics beside their
rows; copies that differ from the rows, because somebody has changed rows by hand, are renewed.

It first lists what it would delete, and asks. Spools are kept; sacred sync uploads them.

Examples:
  sacred gc --dry-run
  sacred gc --older-than 30d           trashed or unused for thirty days
  sacred gc --list --csv --dry-run     list every item
  sacred gc --older-than 30d --yes     do not ask, as in a cron job
  sacred gc --check                    after points were changed with SQL
"""

from __future__ import annotations

import argparse
import datetime
from collections import defaultdict

from sacred.app.confirm import confirm
from sacred.app.session import Session
from sacred.display.console import Console
from sacred.display.formats import add_formats, write_table
from sacred.display.progress import ProgressBar
from sacred.display.table import Table
from sacred.display.value_text import as_size
from sacred.query.times import duration_of
from sacred.runs import RunStore
from sacred.upkeep import GarbageReport, find_garbage, rebuild_copies, remove_garbage


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """See `CommandModule`."""
    parser.add_argument("--dry-run", action="store_true", help="only show what would be deleted")
    parser.add_argument(
        "--older-than",
        type=_duration,
        metavar="TIME",
        default=datetime.timedelta(0),
        help="only what has been trashed or unused for this long: 30d, 12h, 2w",
    )
    parser.add_argument("-l", "--list", action="store_true", help="list every item")
    parser.add_argument("-y", "--yes", action="store_true", help="do not ask")
    parser.add_argument(
        "--check",
        action="store_true",
        help="compare packed copies of long metrics with their points, and renew those that differ",
    )
    add_formats(parser)


def run(args: argparse.Namespace, session: Session) -> int:
    """See `CommandModule`."""
    store, console = session.store, session.console
    if args.check:
        return _rebuild(store, console)
    report = find_garbage(store, older_than=args.older_than)
    if report or args.format:
        write_table(_item_table(report) if args.list else _summary(report), args.format, console)
    session.report(report.problems)
    if not report:
        if args.format is None:
            console.note("nothing to delete")
        return 0
    if args.dry_run:
        return 0
    if not args.yes:
        confirm(f"Permanently delete this from {store.url}?", console)
    bar = ProgressBar(console)
    try:
        removed = remove_garbage(store, report, progress=bar.show)
    finally:
        bar.clear()
    session.report(removed.problems)
    console.note(f"deleted: {_describe(removed)}")
    return 1 if removed.problems else 0


def _rebuild(store: RunStore, console: Console) -> int:
    bar = ProgressBar(console)
    try:
        renewed = rebuild_copies(store, progress=bar.show)
    finally:
        bar.clear()
    for what in renewed:
        console.note(f"renewed: {what}")
    if not renewed:
        console.note("all copies agree with the data")
    return 0


def _duration(text: str) -> datetime.timedelta:
    seconds = duration_of(text)
    if seconds is None or seconds < 0:
        raise argparse.ArgumentTypeError(f"{text!r} is not a duration, such as 30d, 12h or 2w")
    return datetime.timedelta(seconds=seconds)


def _summary(report: GarbageReport) -> Table:
    numbers: dict[str, list[int | None]] = defaultdict(list)
    if report.runs:
        numbers["run in the trash"] += report.runs.values()
    for item in report.garbage:
        numbers[item.kind].append(item.size)
    rows = [
        [kind, len(sizes), sum(size or 0 for size in sizes) if any(sizes) else None]
        for kind, sizes in numbers.items()
    ]
    return Table(names=["what", "number", "bytes"], rows=rows)


def _item_table(report: GarbageReport) -> Table:
    rows = [["run in the trash", str(run_id), size] for run_id, size in report.runs.items()]
    rows += [[item.kind, item.name, item.size] for item in report.garbage]
    return Table(names=["what", "name", "bytes"], rows=rows)


def _describe(removed: GarbageReport) -> str:
    runs, others = len(removed.runs), len(removed.garbage)
    parts = [f"{runs} run{'' if runs == 1 else 's'}"] if runs else []
    parts += [f"{others} unused item{'' if others == 1 else 's'}"] if others else []
    size = f", {as_size(removed.size)}" if removed.size else ""
    return (" and ".join(parts) or "nothing") + size
