"""Print the metrics of a run: a summary, all points, or curves.

Text, LaTeX and HTML show the summary, CSV and JSON the points, unless --summary or --points is
given. Names may have * and ?.

Examples:
  sacred metrics last --plot
  sacred metrics 7 loss "val.*" --plot --log
  sacred metrics best:result loss --csv > loss.csv
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Any

from sacred._base.text import did_you_mean
from sacred.app.program_arguments import add_run_id
from sacred.app.session import Session
from sacred.display.console import BOLD, Console
from sacred.display.formats import add_formats, write_table
from sacred.display.metric_tables import metric_points, metric_summary
from sacred.display.plot import plot_lines
from sacred.display.value_text import one_line
from sacred.records import Metric
from sacred.runs.errors import ProgramError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """See `CommandModule`."""
    add_run_id(parser)
    parser.add_argument(
        "names", metavar="NAME", nargs="*", help="only these metrics (default: all)"
    )
    group = parser.add_mutually_exclusive_group()
    group.add_argument("--plot", action="store_true", help="draw curves")
    group.add_argument("--points", action="store_true", help="print all points")
    group.add_argument("--summary", action="store_true", help="print one line per metric")
    parser.add_argument("--log", action="store_true", help="plot on a logarithmic scale")
    add_formats(parser)


def run(args: argparse.Namespace, session: Session) -> None:
    """See `CommandModule`."""
    record = session.run(args.id)
    metrics = select_metrics(record.metrics if args.names else record.read_metrics(), args.names)
    if not metrics:
        session.console.note(f"run {record.id} has no metrics")
    if args.plot:
        _plot(metrics, args.log, session.console)
    elif metrics or args.format:
        points = args.points or (args.format in ("csv", "json") and not args.summary)
        write_table(
            (metric_points if points else metric_summary)(metrics), args.format, session.console
        )


def select_metrics(metrics: Mapping[str, Metric], patterns: list[str]) -> dict[str, Metric]:
    """Return the metrics that match one of the patterns.

    Raises:
        ProgramError: one of them matches none.
    """
    if not patterns:
        return dict(metrics)
    found: dict[str, Metric] = {}
    for pattern in patterns:
        names = [name for name in metrics if fnmatchcase(name, pattern)]
        if not names:
            hint = did_you_mean(pattern, metrics) or f"There are: {', '.join(metrics) or 'none'}"
            raise ProgramError(f"the run has no metric {pattern!r}. {hint}")
        found |= {name: metrics[name] for name in names}
    return found


def _plot(metrics: Mapping[str, Metric], log: bool, console: Console) -> None:
    width = min(console.width, 100) if console.is_terminal else 80
    for name, metric in metrics.items():
        title = f"{name}  last {metric.last:.6g}" if _is_number(metric.last) else name
        console.print(console.style(one_line(title), BOLD))
        lines = plot_lines(metric, width, log=log, ascii_only=not console.has_unicode)
        for line in lines or ["  (no finite numbers to plot)"]:
            console.print(line)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float)
