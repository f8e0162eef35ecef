"""Print the output of a run; with -f, follow it until the run ends.

A terminal gets only text and colours, unless you give --raw.

Examples:
  sacred logs last -f
  sacred logs 7 -n 20       the last 20 lines
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable

from sacred.app.program_arguments import add_run_id, whole_number
from sacred.app.session import Session
from sacred.records import RunRecord
from sacred.runs.run_store import RunStore
from sacred.status import ACTIVE

#: Seconds between two looks at a run; by default, a run stores its output every ten seconds.
POLL_SECONDS = 1.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """See `CommandModule`."""
    add_run_id(parser)
    parser.add_argument(
        "-f", "--follow", action="store_true", help="follow the output until the run ends"
    )
    parser.add_argument(
        "-n", "--lines", type=whole_number, metavar="N", help="only the last N lines"
    )
    parser.add_argument(
        "--raw", action="store_true", help="print everything, including control characters"
    )


def run(args: argparse.Namespace, session: Session) -> None:
    """See `CommandModule`."""
    store, record = session.run_and_store(args.id)
    text = record.output
    write = session.console.write_raw if args.raw else session.console.write_output
    write(text if args.lines is None else last_lines(text, args.lines))
    if args.follow:
        status = follow(store, record, session, write)
        session.console.note(f"run {record.id}: {status}")


def last_lines(text: str, number: int) -> str:
    r"""Return the last lines of a string.

    Args:
        text: the output.
        number: how many lines, 0 or more.

    >>> last_lines("a\nb\nc\n", 2), last_lines("a\nb", 5), last_lines("a", 0)
    ('b\nc\n', 'a\nb', '')
    """
    return "".join(text.splitlines(keepends=True)[-number:]) if number else ""


def follow(
    store: RunStore, record: RunRecord, session: Session, write: Callable[[str], None]
) -> str | None:
    """Write the output that a run adds, until the run has ended.

    Args:
        store: where the run is read again and again.
        record: the run; its output so far counts as written.
        session: its console is flushed before each look.
        write: called with each new piece of text.

    Returns:
        the status that the run has in the end.
    """
    written = record.output
    while True:
        session.console.out.flush()
        # The status is read first, so that nothing printed before the end is missed.
        now = store[record.id]
        status, text = now.status, now.output
        write(new_output(written, text))
        written = text
        if status not in ACTIVE:
            return status
        time.sleep(POLL_SECONDS)


def new_output(before: str, after: str) -> str:
    r"""Return what has to be written after `before` to show `after`.

    A line that the run has overwritten, such as a progress bar, is written again.

    Args:
        before: the output that is on the screen.
        after: the output as it is now.

    >>> new_output("a\n", "a\nb\n"), new_output("a\n10%", "a\n20%"), new_output("a\n", "a\n")
    ('b\n', '\n20%', '')
    """
    if after.startswith(before):
        return after[len(before) :]
    pairs = enumerate(zip(before, after, strict=False))
    same = next((place for place, (old, new) in pairs if old != new), min(len(before), len(after)))
    start = after.rfind("\n", 0, same) + 1
    break_line = "" if before.endswith("\n") else "\n"
    return f"{break_line}{after[start:]}"
