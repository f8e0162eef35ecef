"""List the stores of the project, and how many runs they have.

They are configured in .sacred.toml, or in pyproject.toml under [tool.sacred], in the working
directory or one above it:

  default = "lab"            used without -s (default: the first one)
  [stores]
  here = "runs"              relative to the file
  lab = "mongodb://lab.example.org/$USER"

Examples:
  sacred stores
  sacred ls -s lab
  sacred diff here:7 lab:12
"""

from __future__ import annotations

import argparse

from sacred._base.errors import MissingExtraError, SacredError
from sacred.app.session import Session
from sacred.display.formats import add_formats, write_table
from sacred.display.table import Table
from sacred.runs.errors import ProgramError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """See `CommandModule`."""
    add_formats(parser)


def run(args: argparse.Namespace, session: Session) -> None:
    """See `CommandModule`."""
    project = session.project
    default = _default(session)
    names = list(project.stores) if project is not None else []
    if default is not None and default not in names:
        names.insert(0, default)
    rows = []
    for name in names:
        url, count = _look(name, session)
        rows.append([name if name != url else None, url, count, name == default])
    write_table(
        Table(names=["name", "store", "runs", "default"], rows=rows), args.format, session.console
    )
    if args.format is None and project is not None:
        session.console.note(f"from {project.path}")


def _default(session: Session) -> str | None:
    try:
        return session.default_store
    except ProgramError:
        if session.project is None:
            raise
        return None


def _look(name: str, session: Session) -> tuple[str, int | None]:
    try:
        store = session.open(name).store
    except (SacredError, MissingExtraError) as error:
        session.console.problem(f"{name}: {error}")
        return name, None
    try:
        return store.url, sum(1 for _ in store.ids())
    except (SacredError, MissingExtraError) as error:
        session.console.problem(f"{name}: {error}")
        return store.url, None
