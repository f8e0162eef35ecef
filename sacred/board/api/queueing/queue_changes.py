"""Actions on queued runs: hold, release, cancel, requeue, priority."""

from __future__ import annotations

import math
from typing import Any

from sacred._base.text import did_you_mean
from sacred.board.api.editing import named_runs
from sacred.board.api.operations import Call
from sacred.board.opened_stores import run_key
from sacred.board.problem_details import Problem
from sacred.queue.actions import QUEUE_ACTIONS, ActionOptions, change_queue

__all__ = ["change_queued_runs", "chosen_action"]


def change_queued_runs(call: Call) -> dict[str, Any]:
    """Apply an action to runs, as ``sacred queue`` does; return those to which it does not apply.

    Args:
        call: the call with the action and the runs.

    Raises:
        Problem: the action or the runs are not valid.
    """
    body = call.fields
    action = chosen_action(body, QUEUE_ACTIONS)
    options = ActionOptions(force=body.get("force") is True, priority=_priority(body, action))
    changed, unchanged = [], []
    for key, wanted in named_runs(call).items():
        store = call.board.stores[key]
        records = [store.runs[run_id] for run_id in wanted]
        ids = []
        for run_id, state in change_queue(action, records, store.runs, options):
            name = {"store": key, "key": run_key(run_id)}
            if state is None:
                ids.append(run_id)
                changed.append(name)
            else:
                unchanged.append({**name, "state": state or None})
        call.board.notify(key, ids)
    return {"changed": changed, "unchanged": unchanged, "done": QUEUE_ACTIONS[action].done}


def chosen_action(body: dict[str, Any], known: Any) -> str:
    """Return the name of an action in a body.

    Args:
        body: the body of a request.
        known: the names of actions.

    Raises:
        Problem: it is none of these.
    """
    name = body.get("action")
    if isinstance(name, str) and name in known:
        return name
    hint = did_you_mean(str(name), known) or f"It is one of {', '.join(known)}."
    raise Problem(422, f"there is no action {str(name)[:80]!r}. {hint}")


def _priority(body: dict[str, Any], action: str) -> float:
    if action != "priority":
        return 0.0
    value = body.get("priority")
    if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
        return float(value)
    raise Problem(422, "priority is a number: a higher one is run earlier")
