"""Which entries matter for a number, over all values of the others: Optuna, if installed."""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping, Sequence
from typing import Any

from sacred._base.extras import is_installed, require
from sacred.board.api.operations import Call
from sacred.board.api.run_groups import read_runs
from sacred.board.api.run_pages import request_of
from sacred.board.api.run_selection import select
from sacred.query.syntax import Path
from sacred.runs.columns import column_path
from sacred.runs.damage import shown_value
from sacred.serializer import dumps
from sacred.statistics.permutation import is_usable

__all__ = ["rank_importance"]

_MAX_RUNS, _MIN_RUNS = 1000, 8
_NOT_INSTALLED = (
    "What an entry does over all values of the others can be estimated with Optuna: "
    'pip install "sacred[optuna]" scikit-learn.'
)


def rank_importance(call: Call) -> dict[str, Any]:
    """Which part of the variance of a number each entry accounts for.

    Args:
        call: with the query, the number, and the entries.
    """
    if not is_installed("optuna"):
        return {"method": None, "about": _NOT_INSTALLED, "runs": 0, "entries": []}
    names = list(dict.fromkeys(call.values["entry"]))
    paths = [column_path(name) for name in names]
    rows = _rows(call, column_path(call.values["value"]), paths)
    columns = {name: [row[1][n] for row in rows] for n, name in enumerate(names)}
    # The evaluators look at entries that all runs have, and that differ.
    used = {name: values for name, values in columns.items() if _is_usable(values)}
    if len(rows) < _MIN_RUNS or not used:
        about = f"Too few runs for Optuna: {len(rows)} of at least {_MIN_RUNS}."
        return {"method": None, "about": about, "runs": len(rows), "entries": []}
    method, shares = _evaluated(used, [row[0] for row in rows])
    left_out = [name for name in names if name not in used]
    return {
        "method": method,
        "about": _about(method, len(rows), left_out),
        "runs": len(rows),
        "entries": [{"name": name, "share": share} for name, share in shares.items()],
    }


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


def _evaluated(
    columns: Mapping[str, Sequence[Any]], reached: Sequence[float]
) -> tuple[str, dict[str, float]]:
    """The name of the method, and the share of each entry, the largest first."""
    optuna: Any = require("optuna", extra="optuna", purpose="importance")
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    encoded = {name: _encoded(optuna, values) for name, values in columns.items()}
    study = optuna.create_study(direction="minimize")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that some are experimental
        for n, value in enumerate(reached):
            trial = optuna.trial.create_trial(
                params={name: values[n] for name, (_, values) in encoded.items()},
                distributions={name: kind for name, (kind, _) in encoded.items()},
                value=value,
            )
            study.add_trial(trial)
        evaluators = optuna.importance
        if is_installed("sklearn"):
            method, evaluator = "fANOVA", evaluators.FanovaImportanceEvaluator(seed=0)
        else:
            method, evaluator = "PED-ANOVA", evaluators.PedAnovaImportanceEvaluator()
        found = evaluators.get_param_importances(study, evaluator=evaluator)
    return method, {name: float(share) for name, share in found.items()}


def _encoded(optuna: Any, values: Sequence[Any]) -> tuple[Any, list[Any]]:
    """The distribution that values span, and the values as that has them."""
    if all(isinstance(value, int | float) and not isinstance(value, bool) for value in values):
        numbers = [float(value) for value in values]
        # Rates and sizes are tried on a logarithmic scale.
        is_log = min(numbers) > 0 and max(numbers) / min(numbers) >= 100
        if all(map(math.isfinite, numbers)):
            low, high = min(numbers), max(numbers)
            return optuna.distributions.FloatDistribution(low, high, log=is_log), numbers
    texts = [dumps(value) for value in values]
    return optuna.distributions.CategoricalDistribution(sorted(set(texts))), texts


def _about(method: str, runs: int, left_out: Sequence[str]) -> str:
    what = {
        "fANOVA": "The share of the variance that each entry accounts for, over all values of the "
        "others, in a random forest that Optuna fits (fANOVA).",
        "PED-ANOVA": "How much the values of an entry differ between the best tenth of the runs, "
        "those with low values, and the others (Optuna's PED-ANOVA).",
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
