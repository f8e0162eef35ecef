"""Add tags to runs, or remove them.

It prints the tags that the runs have after that; without a tag, it just shows them.

Examples:
  sacred tag 7 +good
  sacred tag 7 -- -good                same as -good (after --, nothing is an option)
  sacred tag 7                         show its tags
  sacred tag last best:result +keep -draft
  sacred ls "keep in tags"
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence

from sacred.app.program_arguments import add_run_id
from sacred.app.session import Session
from sacred.display.value_text import one_line
from sacred.records import RunRecord
from sacred.runs.errors import ProgramError, UsageError
from sacred.upkeep import annotate

_OPTIONS = ("-s", "-h")


def rewrite_arguments(words: list[str]) -> list[str]:
    """Rewrite ``+a`` as ``--add=a`` and ``-b`` as ``--remove=b``.

    After ``--``, no word is an option.

    >>> rewrite_arguments(["7", "+a", "-b", "-s", "runs"])
    ['7', '--add=a', '--remove=b', '-s', 'runs']
    >>> rewrite_arguments(["7", "--", "-s"])
    ['7', '--remove=s']
    """
    made = []
    options = True
    for word in words:
        if word == "--" and options:
            options = False
        elif word.startswith("+"):
            made.append(f"--add={word[1:]}")
        elif word.startswith("-") and not (options and _is_option(word)):
            made.append(f"--remove={word[1:]}")
        else:
            made.append(word)
    return made


def _is_option(word: str) -> bool:
    return word.startswith("--") or word in _OPTIONS


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """See `CommandModule`."""
    add_run_id(parser, many=True)
    parser.add_argument(
        "--add", metavar="TAG", action="append", default=[], help="add a tag; same as +TAG"
    )
    parser.add_argument(
        "--remove", metavar="TAG", action="append", default=[], help="remove a tag; same as -TAG"
    )


def run(args: argparse.Namespace, session: Session) -> None:
    """See `CommandModule`."""
    if "" in {tag.strip() for tag in (*args.add, *args.remove)}:
        raise UsageError("a tag cannot be empty")
    find = session.run_to_edit if args.add or args.remove else session.run
    for record in _records(args.ids, find):
        store = session.store_of(record)
        if args.add or args.remove:
            annotate(store, record.id, add_tags=args.add, remove_tags=args.remove)
        tags = one_line(", ".join(store[record.id].tags))
        session.console.print(f"run {record.id}: {tags or 'no tags'}")


def _records(ids: Sequence[str], find: Callable[[str], RunRecord]) -> list[RunRecord]:
    records: list[RunRecord] = []
    for text in ids:
        try:
            records.append(find(text))
        except ProgramError as error:
            if not records or ":" in text or text.isdecimal():
                raise
            raise ProgramError(f"{error}. A tag is written +{text}, or -{text}") from None
    return records
