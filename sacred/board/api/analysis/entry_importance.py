"""Which entries matter for a number, over all values of the others, by Optuna if installed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sacred._base.errors import MissingExtraError
from sacred._base.extras import is_installed
from sacred.board.api.operations import Call
from sacred.board.api.run_groups import read_runs
from sacred.board.api.run_pages import request_of
from sacred.board.api.run_selection import select
from sacred.query.syntax import Path
from sacred.runs.columns import column_path
from sacred.runs.damage import shown_value
from sacred.runs.groups import direction_of
from sacred.serializer import dumps
from sacred.statistics.permutation import is_usable
from sacred.sweeps.errors import SweepError
from sacred.sweeps.outcomes import Outcome
from sacred.sweeps.plan import Objective

__all__ = ["rank_importance"]

_MAX_RUNS, _MIN_RUNS = 1000, 8
_NOT_INSTALLED = (
    "What an entry does over all values of the others can be estimated with Optuna: "
    'pip install "sacred[optuna]" scikit-learn.'
)


def rank_importance(call: Call) -> dict[str, Any]:
    """Return which part of the variance of a number each entry accounts for.

    Args:
        call: with the query, the number, and the entries.
    """
    if not is_installed("optuna"):
        return _nothing(_NOT_INSTALLED)
    target = column_path(call.values["value"])
    names = list(dict.fromkeys(call.values["entry"]))
    rows = _rows(call, target, [column_path(name) for name in names])
    columns = {name: [row[1][n] for row in rows] for n, name in enumerate(names)}
    # The evaluators look at entries that all runs have, and that differ.
    used = {name: values for name, values in columns.items() if _is_usable(values)}
    if len(rows) < _MIN_RUNS:
        about = f"Too few runs for Optuna: {len(rows)} of at least {_MIN_RUNS}."
        return _nothing(about, len(rows))
    if not used:
        return _nothing("No entry that all of these runs have differs between them.", len(rows))
    is_maximized = (direction_of(target, None) or "higher") == "higher"
    objective = Objective(field=str(target), is_maximized=is_maximized)
    return _evaluated(used, [row[0] for row in rows], objective, names)


def _evaluated(
    columns: Mapping[str, Sequence[Any]],
    reached: Sequence[float],
    objective: Objective,
    names: Sequence[str],
) -> dict[str, Any]:
    # Not at the top: it loads Optuna, which is optional and takes a second.
    from sacred.sweeps.importance import importance_of

    outcomes = [
        Outcome(
            trial=n,
            values={name: values[n] for name, values in columns.items()},
            state="complete",
            reached=(value,),
            runs=(),
        )
        for n, value in enumerate(reached)
    ]
    try:
        found = importance_of(outcomes, [objective])
    except (MissingExtraError, SweepError) as error:
        return _nothing(str(error), len(reached))
    left_out = [name for name in names if name not in columns]
    return {
        "method": found.method,
        "about": _about(found.method, len(reached), left_out, objective.is_maximized),
        "runs": len(reached),
        "entries": [{"name": name, "share": share} for name, share in found.shares.items()],
    }


def _nothing(about: str, runs: int = 0) -> dict[str, Any]:
    return {"method": None, "about": about, "runs": runs, "entries": []}


def _rows(call: Call, target: Path, paths: Sequence[Path]) -> list[tuple[float, list[Any]]]:
    wanted = set(call.values["run"])
    selection = select(call.board.stores, request_of(call))
    found = []
    for key, run in read_runs(selection, [target, *paths]):
        value = shown_value(run, target)
        if (not wanted or key in wanted) and value is not None and is_usable(value):
            found.append((float(value), [shown_value(run, path) for path in paths]))
    return found[:_MAX_RUNS]


def _is_usable(values: Sequence[Any]) -> bool:
    return None not in values and len(set(map(dumps, values))) > 1


def _about(method: str, runs: int, left_out: Sequence[str], is_maximized: bool) -> str:
    good = "high" if is_maximized else "low"
    what = {
        "fANOVA": "The share of the variance that each entry accounts for, over all values of the "
        "others, in a random forest that Optuna fits (fANOVA).",
        "PED-ANOVA": "How much the values of an entry differ between the best tenth of the runs, "
        f"those with {good} values, and the others (Optuna's PED-ANOVA).",
    }[method]
    without = (
        f" Left out, for not all runs have them, or all have the same: {', '.join(left_out)}."
        if left_out
        else ""
    )
    return (
        f"{what} It assumes that these {runs} runs are enough to fit it, and that their values "
        f"were not chosen by what others had reached.{without}"
    )
