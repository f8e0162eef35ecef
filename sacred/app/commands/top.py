"""Show the runs that match a query, in a table that is kept up to date until you press Ctrl-C.

It shows as many runs as fit into the terminal, the newest first, with the last values of two
metrics and the config entries that differ. If the output is not a terminal, it prints the table
once.

Examples:
  sacred top
  sacred top RUNNING
  sacred top "lr < 1e-3" --sort -metrics.accuracy.max
"""

from __future__ import annotations

import argparse
import io
import itertools
import os
import time
from collections import Counter
from collections.abc import Callable

from sacred._base.clock import utcnow
from sacred.app.matching_runs import MatchingRuns
from sacred.app.program_arguments import whole_number
from sacred.app.session import Session
from sacred.display.console import BOLD, DIM, Console
from sacred.display.formats import write_table
from sacred.display.run_rows import field_value, run_table
from sacred.display.table import STATUS_COLOURS
from sacred.display.value_text import fit_width, zoned_time
from sacred.query.syntax import Path
from sacred.runs.columns import frequent_metrics
from sacred.runs.errors import UsageError
from sacred.stores.store import StoreError

#: How many runs are shown if the output is not a terminal.
_DEFAULT_LIMIT = 20
_METRICS = 2
_MAX_PROBLEM_LINES = 3
# Of the frame: the line with the counts, the headings, and a line for remarks.
_OTHER_LINES = 4
# Codes of terminals (xterm's ctlseqs): another screen without a cursor, and back.
_ENTER, _LEAVE = "\033[?1049h\033[?25l", "\033[?25h\033[?1049l"
_HOME, _END_OF_LINE, _CLEAR_BELOW = "\033[H", "\033[K", "\033[J"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """See `CommandModule`."""
    parser.add_argument(
        "query", metavar="QUERY", nargs="*", help="only runs that match (default: all)"
    )
    parser.add_argument("--sort", metavar="FIELDS", help="sort by these fields; -FIELD: descending")
    parser.add_argument(
        "--columns", metavar="FIELDS", help="show these columns, such as id,lr,metrics.loss"
    )
    parser.add_argument("-n", "--limit", type=whole_number, metavar="N", help="at most N runs")
    parser.add_argument(
        "--interval",
        type=float,
        default=2.0,
        metavar="SECONDS",
        help="seconds between two looks at the stores (default: 2)",
    )


def run(args: argparse.Namespace, session: Session) -> None:
    """See `CommandModule`."""
    if not args.interval > 0:
        raise UsageError(f"--interval is a number of seconds above 0, not {args.interval}")
    console = session.console
    if not console.is_terminal:
        _write(args, session, args.limit or _DEFAULT_LIMIT)
        return
    frame = _frame(args, session)  # whatever is wrong with the call is an error as usual
    console.write_raw(_ENTER)
    try:
        while True:
            console.write_raw(f"{_HOME}{frame}{_CLEAR_BELOW}")
            console.out.flush()
            time.sleep(args.interval)
            try:
                frame = _frame(args, session)
            except (StoreError, OSError) as error:
                frame = _with_problem(frame, str(error), _size(console)[0])
    except KeyboardInterrupt:
        pass  # that is how it ends
    finally:
        console.write_raw(_LEAVE)
        console.out.flush()


def _size(console: Console) -> tuple[int, int]:
    """Return the columns and lines of the terminal as it is now."""
    try:
        columns, lines = os.get_terminal_size(console.out.fileno())
        return columns, lines
    except (OSError, ValueError):
        return console.width, 24


def _frame(args: argparse.Namespace, session: Session) -> str:
    """Return one frame of the table, with the codes that erase the previous one."""
    outer = session.console
    width, height = _size(outer)
    console = Console(io.StringIO(), io.StringIO())
    console.is_terminal, console.coloured, console.utc = True, outer.coloured, outer.utc
    console.width = width
    session.console = console
    try:
        room = max(1, height - _OTHER_LINES)
        _write(args, session, min(args.limit or room, room))
    finally:
        session.console = outer
    assert isinstance(console.out, io.StringIO)
    assert isinstance(console.err, io.StringIO)
    lines = console.out.getvalue().splitlines()
    remarks = console.err.getvalue().splitlines()[:_MAX_PROBLEM_LINES]
    lines = [*lines[: height - len(remarks)], *(fit_width(line, width) for line in remarks)]
    return f"{_END_OF_LINE}\n".join(lines) + _END_OF_LINE


def _with_problem(frame: str, problem: str, width: int) -> str:
    """Return the last frame, with the current problem in its first line."""
    _, *lines = frame.split("\n")
    first = fit_width(f"sacred: {' '.join(problem.split())}", width)
    return "\n".join([f"{first}{_END_OF_LINE}", *lines])


def _write(args: argparse.Namespace, session: Session, limit: int) -> None:
    matching = MatchingRuns(session, args.query, args.sort, limit + 1, args.columns)
    found = list(itertools.islice(matching, limit))
    is_cut = next(iter(matching), None) is not None
    table = run_table(found, matching.columns, with_store=len(session.stores) > 1)
    if not matching.columns:
        records = [record for _, record in found]
        metrics = {name: Path("metrics", (name,)) for name in frequent_metrics(records, _METRICS)}
        # In front of the entries, which there may be many of.
        place = table.names.index("result") + 1
        cells = [[field_value(record, path) for path in metrics.values()] for record in records]
        table = table.with_columns(place, list(metrics), cells)
    console = session.console
    console.print(_summary([record.status for _, record in found], is_cut, console))
    write_table(table, None, console)
    if not found:
        console.note("no runs match the query" if matching.query else "no runs")


def _summary(statuses: list[str | None], is_cut: bool, console: Console) -> str:
    """Say how many of the shown runs have each status, and when this was counted."""
    counts = Counter(status or "?" for status in statuses).most_common()
    count = f"{'the first ' if is_cut else ''}{len(statuses)} run{'s' * (len(statuses) != 1)}"
    now = zoned_time(utcnow(), console.utc).strftime("%H:%M:%S")

    def line(style: Callable[..., str]) -> str:
        parts = (f"{n} {style(status, STATUS_COLOURS.get(status, ''))}" for status, n in counts)
        listed = f": {', '.join(parts)}" if counts else ""
        return f"{style('sacred top', BOLD)}  {count}{listed}  {style(now, DIM)}"

    plain = line(lambda text, code: text)
    return line(console.style) if len(plain) <= console.width else fit_width(plain, console.width)
