"""Sweeps: their progress, their points with results; pause, resume, retry."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sacred._base.errors import MissingExtraError
from sacred.board.api.operations import SLASH, Call
from sacred.board.api.queueing.queue_changes import chosen_action
from sacred.board.api.queueing.queue_listing import queue_stores
from sacred.board.opened_stores import BoardStore, run_key
from sacred.board.problem_details import Problem
from sacred.display.value_text import as_json
from sacred.records import RunId
from sacred.runs.errors import ProgramError
from sacred.stores.claims import HELD, claims_of
from sacred.stores.store import MALFORMED_DATA_ERRORS, QueueUnsupportedError, StoreError
from sacred.sweeps.errors import SweepError
from sacred.sweeps.outcomes import Outcome
from sacred.sweeps.stored_sweeps import (
    SWEEP_ACTIONS,
    StoredSweep,
    change_sweep,
    find_sweep,
    list_sweeps,
)

__all__ = ["change_runs_of_sweep", "list_all_sweeps", "read_importance", "read_sweep"]


def list_all_sweeps(call: Call) -> dict[str, Any]:
    """Return the sweeps of the stores, with their progress and their best points.

    Args:
        call: with the stores.
    """
    found: list[dict[str, Any]] = []
    problems = []
    for store in queue_stores(call):
        try:
            held = _held(store)
            found += [_summary(store, sweep, held) for sweep in list_sweeps(store.runs)]
        except (StoreError, OSError, *MALFORMED_DATA_ERRORS) as error:
            problems.append(str(error))
    found.sort(key=lambda one: one["begun"] or "", reverse=True)
    return {"sweeps": found, "problems": problems}


def read_sweep(call: Call) -> dict[str, Any]:
    """Return a sweep with its points, in order.

    Args:
        call: with its store and name, and how many points are wanted.

    Raises:
        Problem: there is no sweep with that name.
    """
    sweep = _sweep(call)
    outcomes = sweep.outcomes()
    best = {one.trial for one in sweep.best()}
    space = sweep.facts.get("space")
    return {
        **_summary(call.store, sweep, _held(call.store)),
        "dimensions": sweep.dimensions,
        "space": list(map(str, space)) if isinstance(space, list | tuple) else [],
        "query": sweep.query,
        "total": len(outcomes),
        "points": [
            {**_point(one), "best": one.trial in best} for one in outcomes[: call.values["limit"]]
        ],
    }


def read_importance(call: Call) -> dict[str, Any]:
    """Return how much each dimension of a sweep matters for each of its objectives.

    Args:
        call: with its store and name.

    Raises:
        Problem: there is no sweep with that name.
    """
    # Not at the top: it loads Optuna, which is optional and takes a second.
    from sacred.sweeps.importance import importance_of

    sweep = _sweep(call)
    found, note = [], None
    try:
        for place, objective in enumerate(sweep.objectives):
            known = importance_of(sweep.outcomes(), sweep.objectives, place)
            entries = [{"name": name, "share": share} for name, share in known.shares.items()]
            found.append({"field": objective.field, "method": known.method, "entries": entries})
    except (MissingExtraError, SweepError) as error:
        found, note = [], str(error)
    return {"objectives": found, "note": note}


def change_runs_of_sweep(call: Call) -> dict[str, Any]:
    """Pause, resume or retry a sweep, as ``sacred sweep`` does.

    Args:
        call: with its store and name, and the action.

    Raises:
        Problem: there is no such sweep, or no such action.
    """
    action = chosen_action(call.fields, SWEEP_ACTIONS)
    ids: list[RunId] = []
    try:
        for run_id in change_sweep(call.store.runs, _name(call), action):
            ids.append(run_id)
    except ProgramError as error:
        raise Problem(404, str(error)) from None
    finally:
        call.board.notify(call.store.key, ids)
    return {"changed": len(ids)}


def _name(call: Call) -> str:
    return call.path["sweep"].replace(SLASH, "/")


def _sweep(call: Call) -> StoredSweep:
    try:
        return find_sweep(call.store.runs, _name(call))
    except ProgramError as error:
        raise Problem(404, str(error)) from None


def _held(store: BoardStore) -> set[str]:
    """The ids of runs that are held back, as texts."""
    try:
        return {str(entry.run_id) for entry in claims_of(store.runs.backend).entries(HELD)}
    except QueueUnsupportedError:
        return set()


def _summary(store: BoardStore, sweep: StoredSweep, held: set[str]) -> dict[str, Any]:
    begun = sweep.begun
    states = [one.state for one in sweep.outcomes()]
    return {
        "store": store.key,
        "name": sweep.name,
        "experiment": sweep.runs[0].name,
        "begun": None if begun is None else begun.isoformat(),
        "guided": sweep.is_guided,
        "sampler": _text(sweep.facts.get("sampler")),
        "runs": len(sweep.runs),
        "planned": sweep.planned,
        "ended": sweep.ended,
        "held": sum(str(run.id) in held for run in sweep.runs),
        "statuses": sweep.statuses,
        "states": {state: states.count(state) for state in dict.fromkeys(states)},
        "objectives": [
            {"field": one.field, "maximize": one.is_maximized} for one in sweep.objectives
        ],
        "best": [_point(one) for one in sweep.best()],
        "rivals": sweep.rivals() or None,
    }


def _point(one: Outcome) -> dict[str, Any]:
    return {
        "trial": one.trial,
        "values": _values(one.values),
        "state": one.state,
        "reached": list(one.reached),
        "runs": [{"key": run_key(run.id), "status": run.status} for run in one.runs],
    }


def _values(values: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = as_json(values)
    return found


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
