"""Show the queue, and change what is in it.

ls lists the runs that wait for a worker, in the order in which they are run, and those that workers
have. All others take a query: runs that match, among those for which it makes sense.

  add        let runs wait that are queued by their record only
  hold       keep waiting runs from workers; release lets them wait again
  cancel     never run them; --force also stops runs that a worker has
  requeue    run ended runs again, under their ids; with --new, as new runs
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
from collections.abc import Callable

from sacred._base.text import did_you_mean
from sacred.app.matching_runs import MatchingRuns
from sacred.app.session import Session
from sacred.display.formats import add_formats, write_table
from sacred.display.table import Table
from sacred.query.errors import QueryError
from sacred.queue.queued_records import enqueue_record, queue_again
from sacred.records import RunRecord
from sacred.runs.errors import ProgramError, UsageError
from sacred.stores.claims import DONE, HELD, LEASED, WAITING, Claims, QueueEntry, claims_of

_ACTIONS = ("ls", "add", "hold", "release", "cancel", "requeue", "priority")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """See `CommandModule`."""
    parser.add_argument("action", metavar="|".join(_ACTIONS), nargs="?", default="ls")
    parser.add_argument(
        "query", metavar="QUERY", nargs="*", help="which runs (for priority: NUMBER QUERY)"
    )
    parser.add_argument("--force", action="store_true", help="cancel leased runs, too")
    parser.add_argument("--new", action="store_true", help="requeue: make new runs")
    parser.add_argument("--all", action="store_true", help="all runs that this can be done with")
    add_formats(parser)


def run(args: argparse.Namespace, session: Session) -> None:
    """See `CommandModule`."""
    if args.action not in _ACTIONS:
        raise UsageError(f"sacred queue {args.action}? {did_you_mean(args.action, _ACTIONS)}")
    claims = claims_of(session.store.backend)
    if args.action == "ls":
        _list(args, session, claims)
        return
    priority = _number(args) if args.action == "priority" else 0.0
    if not args.query and not args.all:
        raise UsageError(f"sacred queue {args.action}: which runs? A query, or --all")
    act, states = _acts(args, session, claims, priority)
    done = []
    for record in _matching(args.query, session):
        entry = claims.entry(record.id)
        if (None if entry is None else entry.state) in states:
            act(record)
            done.append(str(record.id))
    session.console.note(f"{_DONE[args.action]}: {' '.join(done) or 'no run'}")


_DONE = {
    "add": "waiting",
    "hold": "held back",
    "release": "waiting",
    "cancel": "cancelled",
    "requeue": "queued again",
    "priority": "changed",
}


def _acts(
    args: argparse.Namespace, session: Session, claims: Claims, priority: float
) -> tuple[Callable[[RunRecord], object], tuple[str | None, ...]]:
    """What is done with a run, and the states of the runs that it is done with."""
    store = session.store
    match args.action:
        case "add":
            return lambda record: _add(record, claims), (None,)
        case "hold":
            return lambda record: claims.hold(record.id), (WAITING,)
        case "release":
            return lambda record: claims.release(record.id), (HELD,)
        case "cancel":
            states = (WAITING, HELD, LEASED) if args.force else (WAITING, HELD)
            return lambda record: claims.cancel(record.id, force=args.force), states
        case "requeue" if args.new:
            return lambda record: queue_again(record, store, claims), (DONE, None)
        case "requeue":
            return lambda record: _requeue(record, claims), (DONE, None)
        case _:
            return lambda record: claims.prioritize(record.id, priority), (WAITING, HELD)


def _add(record: RunRecord, claims: Claims) -> None:
    if record.status != "QUEUED":
        raise ProgramError(
            f"run {record.id} is {record.status}; sacred queue requeue runs it again"
        )
    enqueue_record(record, claims)


def _requeue(record: RunRecord, claims: Claims) -> None:
    if record.status == "RUNNING":
        raise ProgramError(f"run {record.id} is running")
    claims.requeue(record.id)


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
