"""Compare two groups of runs: is the difference more than seeds alone explain?

A and B are each an id, a group, a query, or like:ID (that run, and those that differ from it in the
seed only). Where the seeds agree, runs are paired. With --by, the runs are compared for each value
of a field; without B, all values of the field with each other. Steps of a metric are not samples:
a run counts once.

Examples:
  sacred compare "opt = adam" "opt = sgd" --metric metrics.accuracy.max
  sacred compare like:7 like:12 --lower-is-better
  sacred compare "opt = adam" "opt = sgd" --by dataset
  sacred compare "name = train" --by opt --higher-is-better

docs/comparing.rst explains what the numbers mean.
"""

from __future__ import annotations

import argparse
import itertools
from collections.abc import Iterable

from sacred.app.group_arguments import (
    FoundGroup,
    add_metric,
    chosen_runs,
    find_group,
    measure_all,
    single_runs,
)
from sacred.app.session import Session
from sacred.display.comparison_text import (
    comparison_table,
    conclusions,
    in_both,
    remarks,
    without_partner,
)
from sacred.display.formats import add_formats, write_table
from sacred.display.value_text import as_text
from sacred.runs.errors import ProgramError, UsageError
from sacred.runs.groups import Part, RunGroup, direction_of, measured, parts_by
from sacred.runs.significance import compared_groups

_FOR_PROGRAMS = ("json", "csv")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """See `CommandModule`."""
    kinds = "7, last, a group, a query, like:7"
    parser.add_argument("first", metavar="A", help=kinds)
    parser.add_argument("second", metavar="B", nargs="?", help=kinds)
    parser.add_argument(
        "--by", metavar="FIELDS", default="", help="compare for each value of these fields"
    )
    add_metric(parser)
    add_formats(parser)


def run(args: argparse.Namespace, session: Session) -> None:
    """See `CommandModule`."""
    by = [name for name in map(str.strip, args.by.split(",")) if name]
    if args.second is None and not by:
        raise UsageError("compare with what? Say A and B, or A and --by FIELD")
    texts = [args.first] if args.second is None else [args.first, args.second]
    found = [find_group(session, text, args.metric, by) for text in texts]
    groups = measure_all(*found)
    pairs: list[tuple[str, RunGroup, RunGroup]] = [("", groups[0], groups[-1])]
    if by:
        pairs = _pairs_by(found)
    comparisons = compared_groups(pairs, args.alpha)
    is_for_programs = args.format in _FOR_PROGRAMS
    metric = found[0].metric
    table = comparison_table(comparisons, str(metric), for_people=not is_for_programs)
    write_table(table, args.format, session.console)
    if args.format is None:
        direction = direction_of(metric, args.direction)
        for line in conclusions(comparisons, direction, by_name=args.second is None):
            session.console.print(line)
    compared = [group for _, *both in pairs for group in both]
    alone = (line for comparison in comparisons for line in without_partner(comparison))
    shared = (line for _, one, other in pairs for line in in_both(one, other))
    notes = (*single_runs(found), *remarks(*compared), *alone, *shared, *chosen_runs(found))
    for remark in dict.fromkeys(notes):
        session.console.note(remark)
    for record in (record for group in found for record in group.records):
        session.report(record.problems)


def _pairs_by(found: list[FoundGroup]) -> list[tuple[str, RunGroup, RunGroup]]:
    """Return the pairs to compare: for each value of the fields, or one value with another."""
    labels = [name for name, _ in found[0].by]
    parts = [parts_by(group.runs, [path for _, path in group.by]) for group in found]

    def group(number: int, key: str, name: str) -> RunGroup:
        return measured(name, parts[number][key].runs, found[number].metric)

    if len(found) == 1:
        if len(parts[0]) < 2:
            raise ProgramError(f"all runs have the same {', '.join(labels)}")
        named = [group(0, key, _label(labels, part)) for key, part in parts[0].items()]
        return [("", one, other) for one, other in itertools.combinations(named, 2)]
    common = [key for key in parts[0] if key in parts[1]]
    if not common:
        raise ProgramError(f"A and B have no value of {', '.join(labels)} in common")
    one, other = (group.name for group in found)
    return [
        (_label(labels, parts[0][key]), group(0, key, one), group(1, key, other)) for key in common
    ]


def _label(names: Iterable[str], part: Part) -> str:
    cells = zip(names, part.values, strict=True)
    return ", ".join(f"{name} = {as_text(value) or 'none'}" for name, value in cells)
