"""Copy runs from one store to another, with output, metrics and files.

Runs keep their ids unless these are taken. Copying is idempotent: doing it again completes an
interrupted copy, and updates runs that have continued since. Copies of queued runs are CANCELLED,
so that no run is executed twice; with --move, they wait in TO, and are CANCELLED in FROM.

Examples:
  sacred copy runs mongodb://server/lab
  sacred copy lab sqlite:///paper.db "paper in tags"
"""

from __future__ import annotations

import argparse

from sacred.app.session import Session
from sacred.display.progress import ProgressBar
from sacred.upkeep import copy_runs


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """See `CommandModule`."""
    stores = "a directory, a URL, or a name of the project"
    parser.add_argument("source", metavar="FROM", help=stores)
    parser.add_argument("target", metavar="TO", help="likewise; created if it does not exist")
    parser.add_argument(
        "query", metavar="QUERY", nargs="*", help="copy only these runs (default: all)"
    )
    parser.add_argument(
        "--move", action="store_true", help="let queued runs wait in TO instead of in FROM"
    )


def run(args: argparse.Namespace, session: Session) -> int:
    """See `CommandModule`."""
    source, target = (session.open(place).store for place in (args.source, args.target))
    console = session.console
    bar = ProgressBar(console)
    try:
        where = session.parse(" ".join(args.query))
        report = copy_runs(source, target, where, move=args.move, progress=bar.show)
    finally:
        bar.clear()
    for old, new in report.copied.items():
        console.print(f"{old}" if str(old) == str(new) else f"{old} -> {new}")
    console.note(f"{len(report.copied)} copied, {report.present} already there")
    session.report(report.problems)
    return 1 if report.problems else 0
