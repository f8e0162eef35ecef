"""List the files of a run: artifacts, resources, sources. --save copies them.

Examples:
  sacred files last
  sacred files 7 --save copies              copy all artifacts into a directory
  sacred files 7 "*.png" --save pictures
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path

from sacred._base.digest import new_md5
from sacred.app.program_arguments import add_run_id
from sacred.app.session import Session
from sacred.display.formats import add_formats, write_table
from sacred.display.table import Table
from sacred.records import RunRecord, StoredFile

_KINDS = ("artifacts", "resources", "sources")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """See `CommandModule`."""
    add_run_id(parser)
    parser.add_argument(
        "names", metavar="NAME", nargs="*", help="only these files; may contain * and ?"
    )
    parser.add_argument(
        "--save",
        metavar="DIR",
        help="copy artifacts into a directory; with NAME, files of any kind",
    )
    add_formats(parser)


def run(args: argparse.Namespace, session: Session) -> None:
    """See `CommandModule`."""
    record = session.run(args.id)
    found = list(matching_files(record, args.names))
    if args.save is not None:
        wanted = [file for kind, file in found if args.names or kind == "artifact"]
        for path in save_files(wanted, args.save, session):
            session.console.print(path)
        return
    rows = [
        [kind, file.name, _size(file), file.content_type, file.entry.md5] for kind, file in found
    ]
    table = Table(names=["kind", "name", "bytes", "type", "md5"], rows=rows)
    if rows or args.format:
        write_table(table, args.format, session.console)
    else:
        session.console.note(f"run {record.id} has no such files")


def matching_files(record: RunRecord, patterns: list[str]) -> Iterator[tuple[str, StoredFile]]:
    """Yield the files of a run that match one of the patterns.

    Args:
        record: the run.
        patterns: as in shells (``*.csv``), for the name or the last part of its path;
            without patterns, all files match.

    Yields:
        the kind (``artifact``, ``resource``, ``source``) and the file.
    """
    for kind in _KINDS:
        for name, file in getattr(record, kind).items():
            names = (name, file.base_name)
            if not patterns or any(
                fnmatchcase(text, pattern) for text in names for pattern in patterns
            ):
                yield kind.removesuffix("s"), file


def save_files(files: list[StoredFile], directory: str, session: Session) -> Iterator[str]:
    """Copy files to a directory; two files with the same name are both kept.

    Args:
        files: the files to copy.
        directory: where to copy them; it is created if needed.
        session: its console reports files whose content is missing.

    Yields:
        the paths of the copies.
    """
    taken: set[str] = set()
    for file in files:
        folder = Path(directory)
        if file.base_name in taken:
            folder = folder / new_md5(file.name.encode()).hexdigest()[:8]
        taken.add(file.base_name)
        try:
            yield str(file.save_to(folder))
        except FileNotFoundError as error:
            session.console.problem(str(error))


def _size(file: StoredFile) -> int | None:
    return file.path.stat().st_size if file.path is not None else None
