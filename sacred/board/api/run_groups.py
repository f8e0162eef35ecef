"""Runs folded into groups of equal values: how many, and the mean of what they have reached."""

from __future__ import annotations

import itertools
import json
import math
from collections import Counter
from collections.abc import Sequence
from typing import Any

from sacred._base.frozen import Frozen
from sacred._base.paths import iterate_flattened
from sacred.board.api.operations import Call
from sacred.board.api.run_pages import request_of
from sacred.board.api.run_selection import RunSelection, select
from sacred.board.problem_details import Problem
from sacred.display.value_text import as_json
from sacred.query.syntax import Path
from sacred.query.tokens import written_path
from sacred.records import RunRecord
from sacred.runs.columns import column_path, different_entries
from sacred.runs.groups import measured, parts_by
from sacred.statistics.student import mean_interval

__all__ = ["list_groups"]

#: So many runs are read at most: all of them have to be.
_MAX_RUNS = 20_000
_MAX_GROUPS = 2000
#: Stands for all entries in which the runs differ, but for their seeds.
ALL_BUT_SEEDS = "*"


class _Field(Frozen):
    name: str
    path: Path


def list_groups(call: Call) -> dict[str, Any]:
    """The runs of a query in groups that have the same values of some fields.

    Args:
        call: with the query, the fields, and the numbers that are wanted of each group.

    Raises:
        Problem: no field is given.
    """
    request = request_of(call)
    names = list(dict.fromkeys(call.values["by"]))
    if not names:
        raise Problem(400, "the parameter by is missing", parameter="by")
    values = [_Field(name=name, path=column_path(name)) for name in call.values["value"]]
    selection = select(call.board.stores, request)
    runs = _read(selection, [value.path for value in values])
    fields = _fields(names, [run for _, run in runs])
    parts = parts_by(runs, [field.path for field in fields])
    groups = [
        {
            "values": [as_json(value) for value in part.values],
            "runs": len(part.runs),
            "statuses": dict(Counter(run.status or "OTHER" for _, run in part.runs)),
            "numbers": [_number(part.runs, value.path) for value in values],
            "where": _condition(fields, part.values),
        }
        for part in itertools.islice(parts.values(), _MAX_GROUPS)
    ]
    return {
        "by": [field.name for field in fields],
        "values": [value.name for value in values],
        "groups": groups,
        "total": len(runs),
        "problems": [*_limits(selection, runs, len(parts)), *selection.problems],
    }


def _read(selection: RunSelection, paths: Sequence[Path]) -> list[tuple[str, RunRecord]]:
    found = []
    for table in selection.tables:
        shown = itertools.islice(table.showing(paths), _MAX_RUNS)
        found += [(f"{run.store}:{run.id}", run) for run in shown]
    return found


def _limits(selection: RunSelection, runs: Sequence[Any], groups: int) -> list[str]:
    problems = []
    if len(runs) < selection.count():
        problems.append(
            f"Only the newest {_MAX_RUNS} of {selection.count()} runs are in the groups."
        )
    if groups > _MAX_GROUPS:
        problems.append(f"These are the first {_MAX_GROUPS} of {groups} groups.")
    return problems


def _fields(names: Sequence[str], runs: Sequence[RunRecord]) -> list[_Field]:
    found = []
    for name in names:
        if name == ALL_BUT_SEEDS:
            found += [_Field(name=entry, path=column_path(entry)) for entry in _differing(runs)]
        else:
            found.append(_Field(name=name, path=column_path(name)))
    return found


def _differing(runs: Sequence[RunRecord]) -> list[str]:
    """The entries in which runs of one experiment differ, without seeds; and its name."""
    configs = (
        (run.name, {str(path): value for path, value in iterate_flattened(run.config)})
        for run in runs
    )
    differing = different_entries(configs)
    entries = [name for name in differing if name.rpartition(".")[2] != "seed"]
    return ["name", *(written_path("config", *name.split(".")) for name in entries)]


def _number(runs: Sequence[tuple[str, RunRecord]], path: Path) -> dict[str, Any] | None:
    """Mean, deviation and 95 % interval over seeds, of runs that have ended well."""
    numbers = measured("", runs, path).values
    if not numbers:
        return None
    found = mean_interval(numbers)
    return {
        "count": found.count,
        "mean": as_json(found.mean),
        "deviation": None if math.isnan(found.deviation) else found.deviation,
        "margin": found.margin if math.isfinite(found.margin) else None,
    }


def _condition(fields: Sequence[_Field], values: Sequence[Any]) -> str | None:
    """The query that finds the runs of a group; None: a query cannot say that."""
    parts = [_equality(field, value) for field, value in zip(fields, values, strict=True)]
    known = [part for part in parts if part is not None]
    return " and ".join(known) if len(known) == len(parts) else None


def _equality(field: _Field, value: Any) -> str | None:
    if value is None:
        return f"missing({field.name})"
    if isinstance(value, float) and not math.isfinite(value):
        return f"{field.name} = {value}"
    if isinstance(value, bool | int | float | str):
        return f"{field.name} = {json.dumps(value, ensure_ascii=False)}"
    return None
