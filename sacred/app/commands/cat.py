"""Print a file of a run: an artifact, or else a source or a resource.

Examples:
  sacred cat 7:scores.json
  sacred cat best:result:model.pkl > model.pkl
  sacred cat last train.py            the source, as it was
"""

from __future__ import annotations

import argparse
import codecs
import itertools
import shutil

from sacred._base.text import did_you_mean
from sacred.app.session import Session
from sacred.query.errors import QueryError
from sacred.records import RunRecord, StoredFile
from sacred.runs.errors import ProgramError, UsageError

_CHUNK = 1 << 20
KINDS = ("artifacts", "sources", "resources")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """See `CommandModule`."""
    parser.add_argument("id", metavar="ID:NAME", help="the run, and the name of the file")
    parser.add_argument("name", metavar="NAME", nargs="?", help="the name, if ID stands alone")


def run(args: argparse.Namespace, session: Session) -> None:
    """See `CommandModule`."""
    console = session.console
    record, name = (
        parse_file_name(args.id, session) if args.name is None else (session.run(args.id), "")
    )
    file = find_file(record, args.name or name)
    with file.open() as content:
        head = content.read(_CHUNK)
        if console.is_terminal and b"\0" in head:
            raise ProgramError(
                f"{file.name} is no text. Into a file: sacred cat {args.id} > {file.base_name}"
            )
        if console.is_terminal:
            pieces = itertools.chain([head], iter(lambda: content.read(_CHUNK), b""))
            for text in codecs.iterdecode(pieces, "utf-8", "replace"):
                console.write_output(text)
            return
        console.binary.write(head)
        shutil.copyfileobj(content, console.binary, _CHUNK)
    console.binary.flush()


def parse_file_name(text: str, session: Session) -> tuple[RunRecord, str]:
    """Find the run and the name of the file that ``ID:NAME`` means; both may contain colons.

    Args:
        text: the word of the command line.
        session: where to look for the run.

    Returns:
        the run, and the name; whether the run has such a file is not checked.

    Raises:
        ProgramError: there is no such run.
        UsageError: the word has no colon, or nothing before it.
    """
    head, colon, name = text.rpartition(":")
    if not colon or not head:
        hint = f"sacred cat {text}:NAME; sacred files {text} lists them"
        raise UsageError(f"which file of it? {hint}")
    first_error: Exception | None = None
    while colon:
        try:
            return session.run(head), name
        except (ProgramError, QueryError) as error:
            first_error = first_error or error
        head, colon, more = head.rpartition(":")
        name = f"{more}:{name}"
    raise first_error or ProgramError(text)


def find_file(record: RunRecord, name: str) -> StoredFile:
    """Find a file of a run by its name, or by the end of its path if that is unambiguous.

    Args:
        record: the run.
        name: the name as stored, or the last parts of its path.

    Raises:
        ProgramError: the run has no such file, or several.
    """
    for kind in KINDS:
        files = getattr(record, kind)
        if name in files:
            found: StoredFile = files[name]
            return found
        ends = [path for path in files if path.replace("\\", "/").endswith(f"/{name}")]
        if len(ends) == 1:
            found = files[ends[0]]
            return found
    names = [path for kind in KINDS for path in getattr(record, kind)]
    hint = did_you_mean(name, names) or f"It has: {', '.join(names) or 'none'}"
    raise ProgramError(f"run {record.id} has no file {name!r}. {hint}")
