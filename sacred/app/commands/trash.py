"""List the trash, or empty it.

Examples:
  sacred trash
  sacred trash empty
  sacred trash empty 7 8 --yes         delete only these, and do not ask
"""

from __future__ import annotations

import argparse

from sacred._base.text import did_you_mean
from sacred.app.confirm import confirm
from sacred.app.session import Session
from sacred.display.formats import add_formats, write_table
from sacred.display.run_rows import run_table
from sacred.records import plain_id
from sacred.runs.errors import ProgramError, UsageError
from sacred.upkeep import empty_trash

_ACTIONS = ("ls", "empty")
_RESTORING = ("restore", "undo", "recover", "untrash")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """See `CommandModule`."""
    parser.add_argument(
        "action",
        metavar="ls|empty",
        nargs="?",
        default="ls",
        help="list the trash (default), or delete runs permanently",
    )
    parser.add_argument(
        "ids", metavar="ID", nargs="*", help="delete only these runs (default: all)"
    )
    parser.add_argument("-y", "--yes", action="store_true", help="do not ask")
    add_formats(parser)


def run(args: argparse.Namespace, session: Session) -> None:
    """See `CommandModule`."""
    if args.action == "empty":
        _empty(args, session)
    elif args.action != "ls":
        raise UsageError(_meant(args.action, args.ids))
    else:
        runs = session.store.runs(in_trash=True)
        table = run_table((("", run) for run in runs), None, with_store=False)
        write_table(table, args.format, session.console)
        if args.format is None and not table.rows:
            session.console.note("the trash is empty")


def _meant(action: str, ids: list[str]) -> str:
    """Guess what was meant by a word that is neither ``ls`` nor ``empty``."""
    if action in _RESTORING:
        return f"to restore runs from the trash: {' '.join(['sacred rm --undo', *(ids or ['ID'])])}"
    if hint := did_you_mean(action, _ACTIONS):
        return f"sacred trash {action}? {hint}"
    words = " ".join([action, *ids])
    return f"sacred trash {words}? There are: ls, empty. To move runs there: sacred rm {words}"


def _empty(args: argparse.Namespace, session: Session) -> None:
    store = session.store
    there = {str(run_id): run_id for run_id in store.runs(in_trash=True).ids}
    missing = [text for text in args.ids if str(plain_id(text)) not in there]
    if missing:
        raise ProgramError(f"not in the trash of {store.url}: {', '.join(missing)}")
    ids = [there[str(plain_id(text))] for text in args.ids] or list(there.values())
    if ids and not args.yes:
        plural = "s" if len(ids) > 1 else ""
        confirm(f"Permanently delete {len(ids)} run{plural} from {store.url}?", session.console)
    removed = empty_trash(store, ids)
    session.console.note(f"permanently deleted: {' '.join(map(str, removed)) or 'nothing'}")
