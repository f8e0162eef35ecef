"""Show which runs made the files that a run read, and which runs read the files that it made.

Runs of all stores of the project (or of those named by -s) are connected by the contents of their
files: artifacts, resources, and what sacred exec has traced; also runs of Sacred 0.8. A file on
your disk is looked up by its content.

Examples:
  sacred lineage 7
  sacred lineage results/model.bin
  sacred lineage lab:7 --dot | dot -Tsvg > lineage.svg
"""

from __future__ import annotations

import argparse
import json
import os

from sacred.app.session import Session
from sacred.display.value_text import one_line
from sacred.lineage.lineage_graph import Lineage, LineageRun, Link
from sacred.lineage.lineage_text import as_dot, as_json, run_label, text_lines
from sacred.lineage.run_files import UsedFile, file_on_disk
from sacred.runs.errors import ProgramError
from sacred.runs.run_store import RunStore
from sacred.stores.store import StoreError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """See `CommandModule`."""
    parser.add_argument("start", metavar="ID|FILE", help="a run (7, last, STORE:7), or a file")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--dot", action="store_true", help="as a graph for Graphviz")
    form.add_argument("--json", action="store_true", help="as JSON")


def run(args: argparse.Namespace, session: Session) -> int | None:
    """See `CommandModule`."""
    is_file = _is_file(args.start)
    wanted = [file_on_disk(args.start)] if is_file else []
    record = None if is_file else session.run(args.start)
    problems: list[str] = []
    lineage = Lineage(_stores(args, session), problems.append, wanted)
    if record is not None:
        starts = [lineage.runs[record.store, str(record.id)]]
    else:
        starts = _users_of(wanted[0], lineage)
    _print(args, starts, lineage, session)
    session.report(problems)
    return None


def _is_file(name: str) -> bool:
    """Whether a file is meant: a number is always the id of a run, even if a file has that name."""
    return os.path.isfile(name) and not name.isdecimal()


def _stores(args: argparse.Namespace, session: Session) -> list[RunStore]:
    """Return the stores of the call, else those of the project; and the store of the start."""
    places = list(args.store or [])
    if not places:
        places = list(session.project.stores) if session.project is not None else []
        try:
            places.append(session.default_store)
        except ProgramError:
            if not places:
                raise
    store_name = args.start.partition(":")[0]
    if session.is_store_name(store_name):
        places.append(store_name)
    found: dict[str, RunStore] = {}
    for place in places:
        try:
            store = session.open(place).store
            next(store.reader.ids(), None)
        except StoreError as error:
            session.console.problem(f"{place}: {error}")
            continue
        found.setdefault(store.url, store)
    return list(found.values())


def _users_of(file: UsedFile, lineage: Lineage) -> list[LineageRun]:
    found = {run.key: run for run in (*lineage.writers(file.md5), *lineage.readers(file.md5))}
    if not found:
        raise ProgramError(f"no run has made or read a file with the content of {file.name}")
    return list(found.values())


def _print(
    args: argparse.Namespace, starts: list[LineageRun], lineage: Lineage, session: Session
) -> None:
    runs: dict[tuple[str, str], LineageRun] = {}
    links: dict[tuple[object, ...], Link] = {}
    for start in starts:
        reached, connected = lineage.reachable(start)
        runs |= {found.key: found for found in reached}
        links |= {(link.writer.key, link.reader.key, link.file.md5): link for link in connected}
    if args.dot:
        session.console.write(as_dot(runs.values(), links.values()))
    elif args.json:
        document = as_json(runs.values(), links.values())
        session.console.write(json.dumps(document, indent=2, default=str) + "\n")
    else:
        _print_text(args.start, starts, lineage, session)


def _print_text(name: str, starts: list[LineageRun], lineage: Lineage, session: Session) -> None:
    blocks = ["\n".join(text_lines(lineage, start)) for start in starts]
    if _is_file(name):
        users = "\n".join(f"  {one_line(run_label(start))}" for start in starts)
        blocks.insert(0, f"{one_line(name)} is the content of a file of\n{users}")
    session.console.print("\n\n".join(blocks))
