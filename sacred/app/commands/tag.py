"""Add tags to runs, or remove them.

Prints the tags that the runs have then; without a tag, those that they have.

Examples:
  sacred tag 7 +good
  sacred tag 7                         show its tags
  sacred tag last best:result +keep -draft
  sacred ls "keep in tags"
"""

from __future__ import annotations

import argparse

from sacred.app.program_arguments import add_run_id
from sacred.app.session import Session
from sacred.display.value_text import one_line
from sacred.runs.errors import UsageError
from sacred.upkeep import annotate

_OPTIONS = ("-s", "-h")


def rewrite_arguments(words: list[str]) -> list[str]:
    """``+a`` as ``--add=a`` and ``-b`` as ``--remove=b``.

    >>> rewrite_arguments(["7", "+a", "-b", "-s", "runs"])
    ['7', '--add=a', '--remove=b', '-s', 'runs']
    """
    made = []
    for word in words:
        if word.startswith("+"):
            made.append(f"--add={word[1:]}")
        elif word.startswith("-") and not word.startswith("--") and word not in _OPTIONS:
            made.append(f"--remove={word[1:]}")
        else:
            made.append(word)
    return made


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
    for record in [find(text) for text in args.ids]:
        store = session.store_of(record)
        if args.add or args.remove:
            annotate(store, record.id, add_tags=args.add, remove_tags=args.remove)
        tags = one_line(", ".join(store[record.id].tags))
        session.console.print(f"run {record.id}: {tags or 'no tags'}")
