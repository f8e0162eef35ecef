"""Show sweeps, and pause, resume or retry one.

Sweeps are made by experiments: python train.py sweep with lr=0.1,0.01. All that is known of them
stands in the records of their runs.

  ls              sweeps, and how many of their runs have which status
  show NAME       its points, what they have reached, and the best one
  importance NAME how much each entry matters for what is looked for (by Optuna)
  pause NAME      keep its waiting runs from workers; resume NAME lets them wait again
  retry NAME      run its runs that have failed again, or those that match a query

Examples:
  sacred sweep
  sacred sweep show s1 --csv
  sacred sweep retry s1 "status = FAILED and lr < 0.1"
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Callable
from typing import Any

from sacred._base.text import did_you_mean
from sacred.app.session import Session
from sacred.display.formats import add_formats, write_table
from sacred.display.table import Table
from sacred.records import RunRecord
from sacred.runs.errors import ProgramError, UsageError
from sacred.status import COMPLETED, PRUNED
from sacred.stores.claims import HELD, WAITING, Claims, claims_of
from sacred.sweeps.outcomes import Outcome, best_of, outcomes_of, rivals_text, sweep_facts
from sacred.sweeps.plan import Objective

_ACTIONS = ("ls", "show", "importance", "pause", "resume", "retry")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """See `CommandModule`."""
    parser.add_argument("action", metavar="|".join(_ACTIONS), nargs="?", default="ls")
    parser.add_argument("name", metavar="NAME", nargs="?", help="of a sweep")
    parser.add_argument("query", metavar="QUERY", nargs="*", help="retry: which of its runs")
    add_formats(parser)


def run(args: argparse.Namespace, session: Session) -> None:
    """See `CommandModule`."""
    if args.action not in _ACTIONS:
        raise UsageError(f"sacred sweep {args.action}? {did_you_mean(args.action, _ACTIONS)}")
    if args.action == "ls":
        _list(args, session)
        return
    if args.name is None:
        raise UsageError(f"sacred sweep {args.action}: which one? sacred sweep ls lists them")
    records = _records(args, session)
    match args.action:
        case "show":
            _show(args, session, records)
        case "importance":
            _importance(args, session, records)
        case "pause":
            _change(session, records, (WAITING,), lambda claims, run: claims.hold(run.id))
        case "resume":
            _change(session, records, (HELD,), lambda claims, run: claims.release(run.id))
        case _:
            good = () if args.query else (COMPLETED, PRUNED)
            failed = [record for record in records if record.status not in good]
            _change(session, failed, ("done", None), lambda claims, run: claims.requeue(run.id))


def _records(args: argparse.Namespace, session: Session) -> list[RunRecord]:
    condition = f'meta.sweep.name = "{args.name}"'
    if args.query:
        condition = f"({condition}) and ({' '.join(args.query)})"
    found = list(
        session.store.runs(session.parse(condition), sort="meta.sweep.trial,meta.sweep.repeat")
    )
    if not found and not args.query:
        known = sorted(_by_name(session))
        raise ProgramError(f"there is no sweep {args.name!r}. {did_you_mean(args.name, known)}")
    return found


def _by_name(session: Session) -> dict[str, list[RunRecord]]:
    found: dict[str, list[RunRecord]] = {}
    for record in session.store.runs(session.parse("not missing(meta.sweep.name)")):
        found.setdefault(str(sweep_facts(record)["name"]), []).append(record)
    return found


def _list(args: argparse.Namespace, session: Session) -> None:
    rows = []
    for name, records in sorted(_by_name(session).items()):
        counts = Counter(record.status or "?" for record in records).most_common()
        statuses = ", ".join(f"{number} {status}" for status, number in counts)
        times = (record.queue_time or record.start_time for record in records)
        begun = min((time for time in times if time is not None), default=None)
        rows.append([name, records[0].name, len(records), statuses, begun])
    names = ["sweep", "name", "runs", "statuses", "begun"]
    write_table(Table(names=names, rows=rows), args.format, session.console)
    if args.format is None and not rows:
        session.console.note("no sweeps; python train.py sweep with lr=0.1,0.01 makes one")


def _objectives(records: list[RunRecord]) -> tuple[Objective, ...]:
    listed = sweep_facts(records[0]).get("objectives") or ()
    return tuple(
        Objective(field=str(one["field"]), is_maximized=bool(one["maximize"])) for one in listed
    )


def _show(args: argparse.Namespace, session: Session, records: list[RunRecord]) -> None:
    objectives = _objectives(records)
    outcomes = outcomes_of(records, objectives)
    dimensions = list(dict.fromkeys(name for one in outcomes for name in one.values))
    fields = [one.field for one in objectives]
    names = ["trial", *dimensions, "state", *fields, "runs"]
    best = {one.trial for one in best_of(outcomes, objectives)} if objectives else set()
    rows = [_row(one, dimensions, len(fields)) for one in outcomes]
    write_table(Table(names=names, rows=rows), args.format, session.console)
    if args.format is None and best:
        listed = ", ".join(str(trial) for trial in sorted(best))
        text = rivals_text(outcomes, objectives)
        said = f", {text}" if text else ""
        session.console.note(f"best: {'trial' if len(best) == 1 else 'trials'} {listed}{said}")


def _row(one: Outcome, dimensions: list[str], objectives: int) -> list[Any]:
    values = [one.values.get(name) for name in dimensions]
    reached: list[Any] = list(one.reached) or [None] * objectives
    return [one.trial, *values, one.state, *reached, " ".join(str(run.id) for run in one.runs)]


def _importance(args: argparse.Namespace, session: Session, records: list[RunRecord]) -> None:
    # Not at the top: Optuna is optional, and takes a second to load.
    from sacred.sweeps.importance import importance_of

    objectives = _objectives(records)
    if not objectives:
        raise ProgramError(f"the sweep {args.name!r} looks for nothing (--minimize FIELD)")
    rows = []
    for place, objective in enumerate(objectives):
        found = importance_of(outcomes_of(records, objectives), objectives, place)
        rows += [[objective.field, name, round(value, 3)] for name, value in found.items()]
    names = ["objective", "entry", "importance"]
    write_table(Table(names=names, rows=rows), args.format, session.console)


def _change(
    session: Session,
    records: list[RunRecord],
    states: tuple[str | None, ...],
    act: Callable[[Claims, RunRecord], object],
) -> None:
    claims = claims_of(session.store.backend)
    done = []
    for record in records:
        entry = claims.entry(record.id)
        if (None if entry is None else entry.state) in states:
            act(claims, record)
            done.append(str(record.id))
    session.console.note(f"changed: {' '.join(done) or 'no run'}")
