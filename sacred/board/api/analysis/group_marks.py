"""Which groups differ from the best one, or from a pinned one, by the tests of `sacred compare`."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from sacred.board.api.operations import Call
from sacred.board.api.run_groups import Grouped, group_runs
from sacred.board.problem_details import Problem
from sacred.display.comparison_text import as_interval, as_p, conclusion
from sacred.runs.columns import column_path
from sacred.runs.groups import Direction, RunGroup, direction_of, measured
from sacred.runs.significance import Comparison, compared_groups

__all__ = ["mark_groups_of_runs"]

#: Each comparison is a permutation test, and all of them share one level.
_MAX_GROUPS = 40


def mark_groups_of_runs(call: Call) -> dict[str, Any]:
    """Return how the groups of a query differ from the best one, or from a given one.

    The best group was chosen because it is the best, so the test corrects for all pairs of groups;
    a pinned group is compared with each of the others (Holm in both cases).

    Args:
        call: with the query, the fields, the number, and the groups.

    Raises:
        Problem: there are too many groups, or there is no such group.
    """
    path = column_path(call.values["value"])
    grouped = group_runs(call, (path,))
    wanted = call.values["group"] or range(len(grouped.parts))
    places = [place for place in dict.fromkeys(wanted) if place < len(grouped.parts)]
    if len(places) > _MAX_GROUPS:
        raise Problem(400, f"at most {_MAX_GROUPS} groups can be compared: select some of them")
    groups = {place: measured(f"group {place}", grouped.parts[place].runs, path)
              for place in places}  # fmt: skip
    known = {place: group for place, group in groups.items() if group.values}
    direction = direction_of(path, call.values["better"]) or "higher"
    base = _base(call.values["base"], known, direction)
    if base is None or len(known) < 2:
        return {"base": base, "better": direction, "comparisons": 0, "groups": []}
    others = [place for place in known if place != base]
    is_pinned = call.values["base"] is not None
    count = len(known)
    comparisons = compared_groups(
        [("", known[place], known[base]) for place in others],
        comparisons=len(others) if is_pinned else count * (count - 1) // 2,
    )
    rows = zip(others, comparisons, strict=True)
    return {
        "base": base,
        "better": direction,
        "comparisons": comparisons[0].comparisons,
        "groups": [_row(grouped, place, base, found, direction) for place, found in rows],
    }


def _base(pinned: int | None, groups: dict[int, RunGroup], direction: Direction) -> int | None:
    if pinned is not None:
        if pinned not in groups:
            raise Problem(400, "the pinned group has no run with this number", parameter="base")
        return pinned
    sign = 1 if direction == "higher" else -1
    return max(groups, key=lambda place: sign * _mean(groups[place].values), default=None)


def _mean(values: Sequence[float]) -> float:
    return math.fsum(values) / len(values)


def _row(
    grouped: Grouped, place: int, base: int, found: Comparison, direction: Direction
) -> dict[str, Any]:
    low, high = found.interval or (-math.inf, math.inf)
    pairing = found.pairing
    names = (_name(grouped, place), _name(grouped, base))
    return {
        "group": place,
        "difference": None if found.test is None else found.test.estimate,
        "low": low if math.isfinite(low) else None,
        "high": high if math.isfinite(high) else None,
        "interval": as_interval(found.interval),
        "p": None if found.test is None else found.p_value,
        "p_text": as_p(found.p_value),
        "paired": pairing.seeds is not None,
        "counts": [len(pairing.first), len(pairing.second)],
        "differs": found.is_significant,
        "possible": found.can_be_significant,
        "text": conclusion(found, direction, names),
    }


def _name(grouped: Grouped, place: int) -> str:
    values = grouped.parts[place].values
    pairs = zip(grouped.fields, values, strict=True)
    return ", ".join(f"{field.name.removeprefix('config.')}={value}" for field, value in pairs)
