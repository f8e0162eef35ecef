"""Show the queue, and change what is in it.

ls lists the runs that wait for a worker, in the order in which they will run, and those that
workers have. The other actions take a query, and apply to the runs that match, as far as it makes
sense.

  add        queue runs whose record says QUEUED although they are not in the queue
  hold       hold back waiting runs; release lets them wait again
  cancel     never run them; --force also stops runs that a worker has
  requeue    run finished runs again under the same ids; with --new, as new runs
  priority   NUMBER QUERY: higher ones are run earlier

Examples:
  sacred queue
  sacred queue hold "lr > 0.1"
  sacred queue priority 5 "group = paper"
  sacred queue cancel "id = 7" --force
  sacred queue requeue "status = FAILED"
"""

from __future__ import annotations

import argparse

from sacred._base.text import did_you_mean
from sacred.app.matching_runs import MatchingRuns
from sacred.app.session import Session
from sacred.display.formats import add_formats, write_table
from sacred.display.table import Table
from sacred.query.errors import QueryError
from sacred.queue.actions import QUEUE_ACTIONS, ActionOptions, change_queue
from sacred.records import RunRecord
from sacred.runs.errors import UsageError
from sacred.stores.claims import HELD, LEASED, Claims, QueueEntry, claims_of

_ACTIONS = ("ls", *QUEUE_ACTIONS)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """See `CommandModule`."""
    parser.add_argument("action", metavar="|".join(_ACTIONS), nargs="?", default="ls")
    parser.add_argument(
        "query", metavar="QUERY", nargs="*", help="which runs (for priority: NUMBER QUERY)"
    )
    parser.add_argument("--force", action="store_true", help="cancel leased runs, too")
    parser.add_argument("--new", action="store_true", help="requeue: make new runs")
    parser.add_argument("--all", action="store_true", help="all runs to which it applies")
    add_formats(parser)


def run(args: argparse.Namespace, session: Session) -> None:
    """See `CommandModule`."""
    if args.action not in _ACTIONS:
        raise UsageError(f"sacred queue {args.action}? {did_you_mean(args.action, _ACTIONS)}")
    if args.action == "ls":
        _list(args, session, claims_of(session.store.backend))
        return
    priority = _number(args) if args.action == "priority" else 0.0
    if not args.query and not args.all:
        raise UsageError(f"sacred queue {args.action}: which runs? A query, or --all")
    options = ActionOptions(force=args.force, new=args.new, priority=priority)
    found = change_queue(args.action, _matching(args.query, session), session.store, options)
    done = [str(run_id) for run_id, state in found if state is None]
    session.console.note(f"{QUEUE_ACTIONS[args.action].done}: {' '.join(done) or 'no run'}")


def _number(args: argparse.Namespace) -> float:
    try:
        return float(args.query.pop(0))
    except (IndexError, ValueError):
        raise UsageError('which priority? sacred queue priority 5 "lr > 0.1"') from None


def _matching(query: list[str], session: Session) -> list[RunRecord]:
    try:
        return [record for _, record in MatchingRuns(session, query)]
    except QueryError as error:
        raise UsageError(str(error)) from error


def _list(args: argparse.Namespace, session: Session, claims: Claims) -> None:
    wanted = {str(r.id) for r in _matching(args.query, session)} if args.query else None
    found = [*claims.entries(LEASED), *claims.waiting(), *claims.entries(HELD)]
    shown = [entry for entry in found if wanted is None or str(entry.run_id) in wanted]
    names = ["id", "state", "priority", "attempt", "queue_time", "worker"]
    write_table(
        Table(names=names, rows=[_row(entry) for entry in shown]), args.format, session.console
    )
    if args.format is None and not shown:
        session.console.note("no run is waiting, held back or leased")


def _row(entry: QueueEntry) -> list[object]:
    worker = entry.lease.worker if entry.lease is not None and entry.state == LEASED else None
    time = entry.queue_time.partition(".")[0].replace("T", " ")
    return [entry.run_id, entry.state, entry.priority, entry.attempt, time, worker]
