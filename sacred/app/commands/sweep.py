"""Show sweeps, and pause, resume or retry one.

Experiments start sweeps: python train.py sweep with lr=0.1,0.01. Everything that is known about a
sweep is in the records of its runs.

  ls              sweeps, and how many of their runs have which status
  show NAME       its points, their results so far, and the best one
  importance NAME how much each entry matters for the objective (by Optuna)
  pause NAME      hold back its waiting runs; resume NAME lets them wait again
  retry NAME      queue its failed runs once more, or those that match a query

Examples:
  sacred sweep
  sacred sweep show s1 --csv
  sacred sweep retry s1 "status = FAILED and lr < 0.1"
"""

from __future__ import annotations

import argparse
import sys
from typing import Any

from sacred._base.text import did_you_mean
from sacred.app.session import Session
from sacred.display.formats import add_formats, write_table
from sacred.display.table import Table
from sacred.runs.errors import ProgramError, UsageError
from sacred.sweeps.outcomes import Outcome
from sacred.sweeps.stored_sweeps import (
    SWEEP_ACTIONS,
    StoredSweep,
    change_sweep,
    find_sweep,
    list_sweeps,
)

_ACTIONS = ("ls", "show", "importance", *SWEEP_ACTIONS)


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
    where = session.parse(" ".join(args.query)) if args.query else None
    if args.action in SWEEP_ACTIONS:
        done = [str(one) for one in change_sweep(session.store, args.name, args.action, where)]
        session.console.note(f"changed: {' '.join(done) or 'no run'}")
        return
    sweep = find_sweep(session.store, args.name, where)
    if args.action == "show":
        _show(args, session, sweep)
    else:
        _importance(args, session, sweep)


def _list(args: argparse.Namespace, session: Session) -> None:
    rows = []
    for sweep in list_sweeps(session.store):
        statuses = ", ".join(f"{number} {status}" for status, number in sweep.statuses.items())
        rows.append([sweep.name, sweep.runs[0].name, len(sweep.runs), statuses, sweep.begun])
    names = ["sweep", "name", "runs", "statuses", "begun"]
    write_table(Table(names=names, rows=rows), args.format, session.console)
    if args.format is None and not rows:
        session.console.note("no sweeps; python train.py sweep with lr=0.1,0.01 makes one")


def _show(args: argparse.Namespace, session: Session, sweep: StoredSweep) -> None:
    outcomes = sweep.outcomes()
    dimensions = sweep.dimensions
    fields = [one.field for one in sweep.objectives]
    names = ["trial", *dimensions, "state", *fields, "runs"]
    best = {one.trial for one in sweep.best()}
    most = 1 if args.format is None else sys.maxsize  # of the runs of a point that are named
    rows = [_row(one, dimensions, len(fields), most) for one in outcomes]
    write_table(Table(names=names, rows=rows), args.format, session.console)
    if args.format is None and best:
        listed = ", ".join(str(trial) for trial in sorted(best))
        text = sweep.rivals()
        said = f", {text}" if text else ""
        session.console.note(f"best: {'trial' if len(best) == 1 else 'trials'} {listed}{said}")


def _row(one: Outcome, dimensions: list[str], objectives: int, most: int) -> list[Any]:
    values = [one.values.get(name) for name in dimensions]
    reached: list[Any] = list(one.reached) or [None] * objectives
    ids = [str(run.id) for run in one.runs]
    more = [f"and {len(ids) - most} more"] if len(ids) > most + 1 else []
    runs = [*ids[:most], *more] if more else ids
    return [one.trial, *values, one.state, *reached, " ".join(runs)]


def _importance(args: argparse.Namespace, session: Session, sweep: StoredSweep) -> None:
    # Not at the top: Optuna is optional, and takes a second to load.
    from sacred.sweeps.importance import importance_of

    if not sweep.objectives:
        raise ProgramError(f"the sweep {args.name!r} looks for nothing (--minimize FIELD)")
    rows = []
    for place, objective in enumerate(sweep.objectives):
        found = importance_of(sweep.outcomes(), sweep.objectives, place)
        rows += [[objective.field, name, round(value, 3)] for name, value in found.shares.items()]
    names = ["objective", "entry", "importance"]
    write_table(Table(names=names, rows=rows), args.format, session.console)
