"""The results of a sweep: points of its space, with the values of the objectives."""

from __future__ import annotations

import json
import math
import statistics
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sacred._base.frozen import Frozen
from sacred.records import RunRecord
from sacred.runs.columns import column_path
from sacred.runs.damage import shown_value
from sacred.runs.groups import measured
from sacred.runs.result_grid import Direction, mark_groups
from sacred.status import ACTIVE, COMPLETED, PRUNED
from sacred.sweeps.plan import Objective

__all__ = [
    "Outcome",
    "best_outcomes",
    "outcomes_of",
    "rivals_of_best",
    "rivals_text",
    "sweep_condition",
    "sweep_facts",
]


class Outcome(Frozen):
    """The result of a point, over all of its seeds.

    Args:
        trial: number of the point in its sweep, as it was when its first run was queued.
        values: of the dimensions.
        state: ``active`` while one of its runs waits or runs, else ``complete``, ``pruned`` or
            ``failed``.
        reached: the means of the objectives over its runs; empty unless it is complete.
        runs: its runs.
    """

    trial: int
    values: Mapping[str, Any]
    state: str
    reached: tuple[float, ...]
    runs: tuple[RunRecord, ...]


def sweep_condition(name: str) -> str:
    """Return the query for the runs of a sweep.

    Args:
        name: of the sweep.

    >>> sweep_condition("lr")
    'meta.sweep.name = "lr"'
    """
    return f"meta.sweep.name = {json.dumps(name, ensure_ascii=False)}"


def sweep_facts(record: RunRecord) -> Mapping[str, Any]:
    """What a run records about the sweep that it belongs to; empty if it belongs to none.

    Args:
        record: the run.
    """
    facts = record.meta.get("sweep")
    return facts if isinstance(facts, Mapping) and "name" in facts else {}


def outcomes_of(runs: Iterable[RunRecord], objectives: Sequence[Objective]) -> list[Outcome]:
    """Return the outcomes of the points that some runs of a sweep belong to, in order.

    Args:
        runs: of one sweep.
        objectives: of that sweep.
    """
    points: dict[str, list[RunRecord]] = {}
    for record in runs:
        facts = sweep_facts(record)
        if isinstance(facts.get("trial"), int):
            points.setdefault(str(facts.get("point", facts["trial"])), []).append(record)
    found = [_outcome(records, objectives) for records in points.values()]
    return sorted(found, key=lambda one: one.trial)


def best_outcomes(outcomes: Sequence[Outcome], objectives: Sequence[Objective]) -> list[Outcome]:
    """Return the best point; with several objectives, all points on the Pareto front.

    Args:
        outcomes: of a sweep.
        objectives: those of the sweep, at least one.
    """
    complete = [one for one in outcomes if one.state == "complete"]
    signs = [-1 if objective.is_maximized else 1 for objective in objectives]
    costs = [
        tuple(sign * value for sign, value in zip(signs, one.reached, strict=True))
        for one in complete
    ]

    def is_beaten(place: int) -> bool:
        cost = costs[place]
        return any(
            all(a <= b for a, b in zip(other, cost, strict=True))
            and (other != cost or (len(signs) == 1 and number < place))
            for number, other in enumerate(costs)
        )

    return [one for place, one in enumerate(complete) if not is_beaten(place)]


def rivals_of_best(outcomes: Sequence[Outcome], objective: Objective) -> tuple[int, int]:
    """Count the points that cannot be told from the best one because seeds matter as much.

    Args:
        outcomes: of a sweep with one objective.
        objective: the objective.

    Returns:
        the number of points; and how many seeds each point needs to tell them apart (0 if
        there are enough).
    """
    complete = [one for one in outcomes if one.state == "complete"]
    path = column_path(objective.field)
    all_groups = [measured("", [(str(run.id), run) for run in one.runs], path) for one in complete]
    groups = [group for group in all_groups if group.values]  # others are beyond what can be tested
    if len(groups) < 2:
        return 0, 0
    direction: Direction = "higher" if objective.is_maximized else "lower"
    return max((rivals, needed) for _, rivals, needed in mark_groups(groups, direction))


def rivals_text(outcomes: Sequence[Outcome], objectives: Sequence[Objective]) -> str:
    """Return a caution about the best point; empty if none is needed.

    Args:
        outcomes: of a sweep.
        objectives: of the sweep; with several of them, the text is empty.
    """
    if len(objectives) != 1:
        return ""
    rivals, needed = rivals_of_best(outcomes, objectives[0])
    if not rivals:
        return ""
    others = f"{rivals} other{'s' if rivals > 1 else ''}"
    few = f"; to tell them apart takes at least {needed} seeds for each point" if needed else ""
    return f"not distinguishable from {others}{few}"


def _outcome(runs: list[RunRecord], objectives: Sequence[Objective]) -> Outcome:
    trial = min(int(sweep_facts(record)["trial"]) for record in runs)
    reached = [[_number(record, one) for one in objectives] for record in runs]
    statuses = {record.status for record in runs}
    if statuses.intersection(ACTIVE):
        state = "active"
    elif PRUNED in statuses:
        state = "pruned"
    elif statuses == {COMPLETED} and all(None not in numbers for numbers in reached):
        state = "complete"
    else:
        state = "failed"
    columns = zip(*reached, strict=True) if state == "complete" else ()
    return Outcome(
        trial=trial,
        values=dict(sweep_facts(runs[0]).get("values") or {}),
        state=state,
        reached=tuple(statistics.fmean(column) for column in columns),
        runs=tuple(runs),
    )


def _number(record: RunRecord, objective: Objective) -> float | None:
    value = shown_value(record, column_path(objective.field))
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if is_number and math.isfinite(value) else None
