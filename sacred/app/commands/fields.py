"""List the fields that queries can use, with their types and examples of their values.

Examples:
  sacred fields
  sacred fields "status = COMPLETED" --match "config.*"
"""

from __future__ import annotations

import argparse
import itertools
from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase
from typing import Any

from sacred.app.matching_runs import MatchingRuns
from sacred.app.program_arguments import whole_number
from sacred.app.session import Session
from sacred.display.field_summary import summarize_fields
from sacred.display.formats import add_formats, write_table
from sacred.display.table import Table
from sacred.query.fields import FIELDS

#: The options of the command line, and the updates, which are in the configuration as well.
_DETAILS = ("meta.options", "meta.config_updates")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """See `CommandModule`."""
    parser.add_argument(
        "query", metavar="QUERY", nargs="*", help="only fields of these runs (default: all)"
    )
    parser.add_argument(
        "--match", metavar="PATTERN", help="only fields that match, such as config.opt.*"
    )
    parser.add_argument(
        "-n", "--limit", type=whole_number, metavar="N", help="look at the newest N runs only"
    )
    add_formats(parser)


def run(args: argparse.Namespace, session: Session) -> None:
    """See `CommandModule`."""
    runs = MatchingRuns(session, args.query, limit=args.limit)
    found = summarize_fields((record for _, record in runs), session.console.utc)
    rows: list[list[Any]] = [
        [name, field.runs, ", ".join(sorted(field.types)), field.range]
        for name, field in sorted(found.items(), key=_order)
        if args.match is None or fnmatchcase(name, args.match)
    ]
    if args.match is None and args.format is None:
        rows = list(_folded(rows))
    table = Table(names=["field", "runs", "types", "values"], rows=rows)
    write_table(table, args.format, session.console)


def _folded(rows: Iterable[list[Any]]) -> Iterator[list[Any]]:
    """Merge each group of rarely needed fields into one row."""
    for group, listed in itertools.groupby(rows, lambda row: _group_of(row[0])):
        found = list(listed)
        if group is None or len(found) == 1:
            yield from found
        else:
            pattern = f"{group}.*"
            runs = max(row[1] for row in found)
            yield [pattern, runs, f"{len(found)} fields", f'sacred fields --match "{pattern}"']


def _group_of(name: str) -> str | None:
    return next((group for group in _DETAILS if name.startswith(f"{group}.")), None)


def _order(item: tuple[str, Any]) -> tuple[int, str]:
    first = item[0].partition(".")[0]
    return (list(FIELDS).index(first), item[0])
