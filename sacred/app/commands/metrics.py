"""Print the metrics of one or more runs: a summary, all points, or curves.

A word that is not a metric of the first run is taken for another run. Text, LaTeX and HTML show the
summary, CSV and JSON the points, unless you give --summary or --points. Names may contain * and ?.

Examples:
  sacred metrics last --plot
  sacred metrics 7 8 best:result loss --plot
  sacred metrics 7 loss "val.*" --plot --log
  sacred metrics best:result loss --csv > loss.csv
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Mapping, Sequence
from fnmatch import fnmatchcase

from sacred._base.text import did_you_mean
from sacred.app.program_arguments import add_run_id
from sacred.app.session import Session
from sacred.display.formats import add_formats, write_table
from sacred.display.metric_plots import plot_metrics
from sacred.display.metric_tables import metric_points, metric_summary
from sacred.display.run_labels import run_labels
from sacred.display.run_rows import run_table
from sacred.query.errors import QueryError
from sacred.records import Metric, RunRecord
from sacred.runs.errors import ProgramError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """See `CommandModule`."""
    add_run_id(parser)
    parser.add_argument(
        "names",
        metavar="NAME",
        nargs="*",
        help="only these metrics (default: all), or more runs",
    )
    group = parser.add_mutually_exclusive_group()
    group.add_argument("--plot", action="store_true", help="draw curves")
    group.add_argument("--points", action="store_true", help="print all points")
    group.add_argument("--summary", action="store_true", help="print one line per metric")
    parser.add_argument("--log", action="store_true", help="plot on a logarithmic scale")
    add_formats(parser)


def run(args: argparse.Namespace, session: Session) -> None:
    """See `CommandModule`."""
    records, patterns = _runs_and_patterns(args.id, args.names, session)
    everything = [record.metrics if patterns else record.read_metrics() for record in records]
    check_patterns(patterns, dict.fromkeys(name for metrics in everything for name in metrics))
    found = [select_metrics(metrics, patterns) for metrics in everything]
    ids = [str(record.id) for record in records]
    if not any(found):
        session.console.note(f"no metrics in run {', '.join(ids)}")
    if args.plot:
        labels = run_labels(ids, run_table(("", record) for record in records))
        plot_metrics(dict(zip(labels, found, strict=True)), args.log, session.console)
    elif any(found) or args.format:
        points = args.points or (args.format in ("csv", "json") and not args.summary)
        by_run = list(zip([record.id for record in records], found, strict=True))
        table = metric_points(by_run) if points else metric_summary(by_run)
        write_table(table, args.format, session.console)


def _runs_and_patterns(
    first: str, words: list[str], session: Session
) -> tuple[list[RunRecord], list[str]]:
    """Different runs, and the patterns of metrics."""
    records = [session.run(first)]
    patterns = []
    for word in words:
        if any(fnmatchcase(name, word) for name in records[0].metrics):
            patterns.append(word)
            continue
        try:
            records.append(session.run(word))
        except (ProgramError, QueryError):
            patterns.append(word)  # which is an error: no metric is called so
    different = {(record.store, str(record.id)): record for record in records}
    return list(different.values()), patterns


def check_patterns(patterns: Iterable[str], names: Iterable[str]) -> None:
    """Check that each pattern matches at least one of the names.

    Args:
        patterns: as in shells (``loss*``).
        names: of the existing metrics.

    Raises:
        ProgramError: a pattern matches no name.
    """
    known = list(names)
    for pattern in patterns:
        if not any(fnmatchcase(name, pattern) for name in known):
            hint = did_you_mean(pattern, known) or f"There are: {', '.join(known) or 'none'}"
            kind = "run or metric" if pattern.isdecimal() else "metric"
            raise ProgramError(f"there is no {kind} {pattern!r}. {hint}")


def select_metrics(metrics: Mapping[str, Metric], patterns: Sequence[str]) -> dict[str, Metric]:
    """Return the metrics that match one of the patterns.

    Args:
        metrics: by name.
        patterns: as in shells (``loss*``); without patterns, all metrics match.

    Returns:
        the metrics in the order of the patterns.
    """
    if not patterns:
        return dict(metrics)
    return {
        name: metrics[name]
        for pattern in patterns
        for name in metrics
        if fnmatchcase(name, pattern)
    }
