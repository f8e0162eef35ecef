"""Runs grouped by equal values, with the number of runs and the means of their results."""

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
from sacred.board.opened_stores import run_key
from sacred.board.problem_details import Problem
from sacred.display.value_text import as_json
from sacred.query.syntax import Path
from sacred.query.tokens import written_path
from sacred.records import RunRecord
from sacred.runs.columns import column_path, different_entries
from sacred.runs.groups import Part, measured, parts_by
from sacred.statistics.student import mean_interval

__all__ = ["ALL_BUT_SEEDS", "Grouped", "group_runs", "list_groups", "read_runs"]

#: So many runs are read at most: all of them have to be.
_MAX_RUNS = 20_000
_MAX_GROUPS = 2000
#: Stands for all entries in which the runs differ, but for their seeds.
ALL_BUT_SEEDS = "*"
#: Stands for these, the seeds and the command: groups of several runs are duplicates.
EVERYTHING_SET = "**"


#: So many members of a group are named.
_MAX_MEMBERS = 200


class Field(Frozen):
    """A field by which runs are grouped, or whose mean is wanted."""

    name: str
    path: Path


class Grouped(Frozen, eq=False):
    """Runs in groups.

    Args:
        selection: all runs of the query.
        fields: the fields that are equal within a group.
        runs: by STORE/KEY.
        parts: the groups.
    """

    selection: RunSelection
    fields: tuple[Field, ...]
    runs: tuple[tuple[str, RunRecord], ...]
    parts: tuple[Part, ...]


def group_runs(call: Call, shown: Sequence[Path]) -> Grouped:
    """Group the runs of a query by the values of some fields.

    Args:
        call: with the query and the fields.
        shown: further paths that will be read of each run.

    Raises:
        Problem: no field is given.
    """
    names = list(dict.fromkeys(call.values["by"]))
    if not names:
        raise Problem(400, "the parameter by is missing", parameter="by")
    known = [column_path(name) for name in names if name not in (ALL_BUT_SEEDS, EVERYTHING_SET)]
    selection = select(call.board.stores, request_of(call))
    runs = read_runs(selection, [*shown, *known])
    fields = _fields(names, [run for _, run in runs])
    parts = parts_by(runs, [field.path for field in fields])
    return Grouped(
        selection=selection, fields=tuple(fields), runs=tuple(runs), parts=tuple(parts.values())
    )


def list_groups(call: Call) -> dict[str, Any]:
    """Return the runs of a query, grouped by the values of some fields.

    Args:
        call: with the query, the fields, and the numbers that are wanted of each group.

    Raises:
        Problem: no field is given.
    """
    values = [Field(name=name, path=column_path(name)) for name in call.values["value"]]
    grouped = group_runs(call, [value.path for value in values])
    selection, fields, runs, parts = (
        grouped.selection, grouped.fields, grouped.runs, grouped.parts,
    )  # fmt: skip
    groups = [
        {
            "values": [as_json(value) for value in part.values],
            "runs": len(part.runs),
            "statuses": dict(Counter(run.status or "OTHER" for _, run in part.runs)),
            "numbers": [_number(part.runs, value.path) for value in values],
            "where": _condition(fields, part.values),
            "members": [key for key, _ in part.runs[:_MAX_MEMBERS]],
        }
        for part in parts[:_MAX_GROUPS]
    ]
    return {
        "by": [field.name for field in fields],
        "values": [value.name for value in values],
        "groups": groups,
        "total": len(runs),
        "problems": [*_limits(selection, runs, len(parts)), *selection.problems],
    }


def read_runs(selection: RunSelection, paths: Sequence[Path]) -> list[tuple[str, RunRecord]]:
    """Return the runs of a selection by STORE/KEY; if there are many, the newest of each store.

    Args:
        selection: of a query.
        paths: the paths that will be read of each run.
    """
    found = []
    for store, table in zip(selection.stores, selection.tables, strict=True):
        shown = itertools.islice(table.showing(paths), _MAX_RUNS)
        found += [(f"{store.key}/{run_key(run.id)}", run) for run in shown]
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


def _fields(names: Sequence[str], runs: Sequence[RunRecord]) -> list[Field]:
    found = []
    for name in names:
        if name in (ALL_BUT_SEEDS, EVERYTHING_SET):
            entries = _differing(runs, with_seeds=name == EVERYTHING_SET)
            found += [Field(name=entry, path=column_path(entry)) for entry in entries]
        else:
            found.append(Field(name=name, path=column_path(name)))
    return found


def _differing(runs: Sequence[RunRecord], with_seeds: bool) -> list[str]:
    """The entries in which runs of one experiment differ, and its name; with seeds, the command."""
    configs = (
        (run.name, {str(path): value for path, value in iterate_flattened(run.config)})
        for run in runs
    )
    differing = different_entries(configs)
    entries = [name for name in differing if with_seeds or name.rpartition(".")[2] != "seed"]
    shown = ["name", "command"] if with_seeds else ["name"]
    return [*shown, *(written_path("config", *name.split(".")) for name in entries)]


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


def _condition(fields: Sequence[Field], values: Sequence[Any]) -> str | None:
    """The query that finds the runs of a group; None: a query cannot say that."""
    parts = [_equality(field, value) for field, value in zip(fields, values, strict=True)]
    known = [part for part in parts if part is not None]
    return " and ".join(known) if len(known) == len(parts) else None


def _equality(field: Field, value: Any) -> str | None:
    if value is None:
        return f"missing({field.name})"
    if isinstance(value, float) and not math.isfinite(value):
        return f"{field.name} = {value}"
    if isinstance(value, bool | int | float | str):
        return f"{field.name} = {json.dumps(value, ensure_ascii=False)}"
    return None
