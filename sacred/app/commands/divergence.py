"""Show where two runs begin to differ: what was different before they ran, and the first effect.

In this order: configuration, seeds, sources, packages, resources, environment; then the first point
of a metric, the result, the status, the first line of the output, the first artifact. Dates,
durations, rates, ids, directories and addresses in outputs do not count, nor do metrics system.*.
The exit code is 1 if anything that the runs produced differs.

Examples:
  sacred divergence 6 7
  sacred divergence 7 last --ignore "time.*"
"""

from __future__ import annotations

import argparse

from sacred.app.divergence_text import divergence_lines
from sacred.app.session import Session
from sacred.verdicts.divergence import EFFECTS, divergences


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """See `CommandModule`."""
    parser.add_argument("first", metavar="A", help="id of a run; also last, best:FIELD, ...")
    parser.add_argument("second", metavar="B", help="id of another run")
    add_ignored_metrics(parser)


def add_ignored_metrics(parser: argparse.ArgumentParser) -> None:
    """Declare the option for metrics to ignore."""
    parser.add_argument(
        "--ignore",
        metavar="METRIC",
        action="append",
        default=[],
        help="metrics that do not count, as a pattern like time.*; may be repeated",
    )


def run(args: argparse.Namespace, session: Session) -> int:
    """See `CommandModule`."""
    records = session.run(args.first), session.run(args.second)
    found = list(divergences(*records, ignored=args.ignore))
    for line in divergence_lines(found, session.console):
        session.console.print(line)
    for record in records:
        session.report(record.problems)
    return int(any(divergence.kind in EFFECTS for divergence in found))
