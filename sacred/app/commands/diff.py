"""Compare runs: configuration, sources, packages, machine, result and metrics.

Takes two runs or more. --code prints a line-by-line diff of the source files of two runs. With
--exit-code, the exit code is 1 if anything but results and metrics differs.

A config file may stand in place of an ID: it means the run that it would start. "nearest" is
the stored run with the configuration most similar to that of the first other ID.

Examples:
  sacred diff 6 7
  sacred diff best:result last --code
  sacred diff 5 6 7 8 --all --csv
  python train.py save_config with lr=0.1 && sacred diff nearest config.json
"""

from __future__ import annotations

import argparse
import difflib
from collections.abc import Iterator

from sacred._base.text import did_you_mean
from sacred.app.program_arguments import add_run_id
from sacred.app.session import Session
from sacred.display.console import BLUE, BOLD, DIM, GREEN, RED, Console
from sacred.display.difference_table import (
    difference_table,
    heading_of,
    origins_of_differences,
)
from sacred.display.formats import add_formats, write_table
from sacred.display.value_text import neutralize
from sacred.records import RunRecord
from sacred.runs.comparison import PARTS, compared
from sacred.runs.errors import UsageError
from sacred.runs.unsaved_run import is_config_file, nearest_run, planned_run

_NEAREST = "nearest"
#: The parts that are outputs of a run; all others are inputs.
_OUTCOME = ("outcome", "metrics")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """See `CommandModule`."""
    add_run_id(parser, many=True)
    parser.add_argument("-a", "--all", action="store_true", help="include what is the same")
    parser.add_argument(
        "--only", metavar="PARTS", help=f"compare only these parts: {', '.join(PARTS)}", default=""
    )
    parser.add_argument("--code", action="store_true", help="show a diff of the source files")
    parser.add_argument(
        "--noise", action="store_true", help="say which differences are within the noise of seeds"
    )
    parser.add_argument("--exit-code", action="store_true", help="exit with 1 if they differ")
    add_formats(parser)


def run(args: argparse.Namespace, session: Session) -> int:
    """See `CommandModule`."""
    if len(args.ids) < 2:
        raise UsageError("compare at least two runs: sacred diff 6 7")
    records = _records(args.ids, session)
    _say_which_are_the_same(args.ids, records, session.console)
    are_stored = not any(map(is_config_file, args.ids))
    parts = _parts(args.only or ("" if are_stored else "config"))
    rows = [row for part in parts for row in compared(part, records)]
    different = [row for row in rows if row.differs]
    shown = rows if args.all else different
    if args.format or shown:
        names = args.ids if args.format else list(map(heading_of, args.ids, records))
        table = difference_table(shown, names, for_people=args.format is None)
        if args.noise:
            # Here: statistics would make every comparison slower to start.
            from sacred.app.noise_marks import mark_differences

            names_of = {record.name for record in records}
            table = mark_differences(table, shown, session, names_of)
            if len(names_of) > 1:
                session.console.note("runs of several experiments have no noise in common")
        write_table(table, args.format, session.console)
        if args.format is None:
            for line in origins_of_differences(different, records):
                session.console.print(session.console.style(line, DIM))
    elif not args.code:
        session.console.print("no differences")
    if args.format is None and are_stored and len(records) == 2 and different and not args.only:
        _print_divergence(records, session.console)
    if args.code:
        _print_code(records, session.console)
    for record in records:
        session.report(record.problems)
    return int(args.exit_code and any(row.part not in _OUTCOME for row in different))


def _print_divergence(records: list[RunRecord], console: Console) -> None:
    # Here: who compares with another format does without.
    from sacred.app.divergence_text import divergence_text
    from sacred.verdicts.divergence import CALLS, EFFECTS, divergences

    first = next(divergences(*records, kinds={**CALLS, **EFFECTS}), None)
    if first is not None:
        console.print(f"\nThey differ first in {divergence_text(first)}")


def _records(ids: list[str], session: Session) -> list[RunRecord]:
    found: dict[str, RunRecord] = {}
    # It is the nearest to the first of the others.
    for text in sorted(ids, key=lambda text: text == _NEAREST):
        if text == _NEAREST:
            if not found:
                raise UsageError("nearest to which run? sacred diff nearest 7")
            found[text] = nearest_run(session.store, next(iter(found.values())))
        else:
            found[text] = planned_run(text) if is_config_file(text) else session.run(text)
    return [found[text] for text in ids]


def _say_which_are_the_same(ids: list[str], records: list[RunRecord], console: Console) -> None:
    texts: dict[tuple[str, str], list[str]] = {}
    for text, record in zip(ids, records, strict=True):
        texts.setdefault((record.store, str(record.id)), []).append(text)
    for (_, run_id), same in texts.items():
        if len(same) > 1:
            console.note(f"{' and '.join(same)} are the same run: {run_id}")


def _parts(text: str) -> list[str]:
    names = [name for name in map(str.strip, text.split(",")) if name]
    for name in names:
        if name not in PARTS:
            raise UsageError(f"there is no part {name!r}. {did_you_mean(name, PARTS)}".rstrip())
    return names or list(PARTS)


def _print_code(records: list[RunRecord], console: Console) -> None:
    if len(records) != 2:
        raise UsageError("--code compares two runs")
    for line in code_changes(*records):
        colour = {"+": GREEN, "-": RED, "@": BLUE}.get(line[:1], "")
        colour = BOLD if line.startswith(("+++", "---")) else colour
        console.print(console.style(neutralize(line), colour))


def code_changes(old: RunRecord, new: RunRecord) -> Iterator[str]:
    """Compare the source files of two runs.

    Args:
        old: the run that the lines with ``-`` come from.
        new: the run that the lines with ``+`` come from.

    Yields:
        the lines of ``diff -u``, without line ends.
    """
    for name in sorted({*old.sources, *new.sources}):
        yield from difflib.unified_diff(
            _lines(old, name),
            _lines(new, name),
            f"{old.id}/{name}",
            f"{new.id}/{name}",
            lineterm="",
        )


def _lines(record: RunRecord, name: str) -> list[str]:
    try:
        return record.sources[name].text().splitlines()
    except (KeyError, FileNotFoundError):
        return []
