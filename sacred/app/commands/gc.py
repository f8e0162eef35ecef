"""Empty the trash, and remove what no run refers to; runs may be recorded meanwhile.

No run refers to copies of sources and resources that only removed runs had, such files of
MongoDB, such rows of SQL databases; and to what writers have left that were killed. What
was stored or used within the last day stays in any case.

First it says what that is, and asks. Spools are left alone; sacred sync stores them.

Examples:
  sacred gc --dry-run
  sacred gc --older-than 30d           in the trash, or unused, for thirty days
  sacred gc --list --csv --dry-run     each single thing
  sacred gc --older-than 30d --yes     without a question, as in a cron job
"""

from __future__ import annotations

import argparse
import datetime
from collections import defaultdict

from sacred.app.confirm import confirm
from sacred.app.session import Session
from sacred.display.formats import add_formats, write_table
from sacred.display.progress import Bar
from sacred.display.tables import Table
from sacred.display.value_text import as_size
from sacred.query.times import duration_of
from sacred.upkeep import GarbageReport, find_garbage, remove_garbage


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """See `CommandModule`."""
    parser.add_argument("--dry-run", action="store_true", help="only say what would be removed")
    parser.add_argument(
        "--older-than",
        type=_duration,
        metavar="TIME",
        default=datetime.timedelta(0),
        help="only what is unused for so long: 30d, 12h, 2w",
    )
    parser.add_argument("-l", "--list", action="store_true", help="name each thing")
    parser.add_argument("-y", "--yes", action="store_true", help="do not ask")
    add_formats(parser)


def run(args: argparse.Namespace, session: Session) -> int:
    """See `CommandModule`."""
    store, console = session.store, session.console
    waste = find_garbage(store, older_than=args.older_than)
    if waste or args.format:
        write_table(_listed(waste) if args.list else _summary(waste), args.format, console)
    session.report(waste.problems)
    if not waste:
        if args.format is None:
            console.note("nothing to remove")
        return 0
    if args.dry_run:
        return 0
    if not args.yes:
        confirm(f"Remove this from {store.url} for good?", console)
    bar = Bar(console)
    try:
        removed = remove_garbage(store, waste, progress=bar.show)
    finally:
        bar.clear()
    session.report(removed.problems)
    console.note(f"removed: {_counted(removed)}")
    return 1 if removed.problems else 0


def _duration(text: str) -> datetime.timedelta:
    seconds = duration_of(text)
    if seconds is None or seconds < 0:
        raise argparse.ArgumentTypeError(f"{text!r} is no duration; it looks like 30d, 12h, 2w")
    return datetime.timedelta(seconds=seconds)


def _summary(waste: GarbageReport) -> Table:
    numbers: dict[str, list[int | None]] = defaultdict(list)
    if waste.runs:
        numbers["run in the trash"] += waste.runs.values()
    for item in waste.garbage:
        numbers[item.kind].append(item.size)
    rows = [
        [kind, len(sizes), sum(size or 0 for size in sizes) if any(sizes) else None]
        for kind, sizes in numbers.items()
    ]
    return Table(names=["what", "number", "bytes"], rows=rows)


def _listed(waste: GarbageReport) -> Table:
    rows = [["run in the trash", str(run_id), size] for run_id, size in waste.runs.items()]
    rows += [[item.kind, item.name, item.size] for item in waste.garbage]
    return Table(names=["what", "name", "bytes"], rows=rows)


def _counted(removed: GarbageReport) -> str:
    runs, others = len(removed.runs), len(removed.garbage)
    parts = [f"{runs} run{'' if runs == 1 else 's'}"] if runs else []
    parts += [f"{others} unused thing{'' if others == 1 else 's'}"] if others else []
    size = f", {as_size(removed.size)}" if removed.size else ""
    return (" and ".join(parts) or "nothing") + size
