"""Points chosen by Optuna, whose study is rebuilt from the runs in the store.

Nothing of Optuna is stored: each search for the next point gives a new study the results of all
runs, including those that still wait or run. So drivers may be killed, may run side by side, and
see the points that others have added.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

from sacred._base.errors import MissingExtraError
from sacred._base.extras import is_installed, require
from sacred._base.frozen import Frozen
from sacred._base.text import did_you_mean
from sacred.records import RunId
from sacred.sweeps.dimensions import Alternative, Distribution
from sacred.sweeps.errors import SweepError
from sacred.sweeps.outcomes import Outcome
from sacred.sweeps.plan import SweepPlan
from sacred.sweeps.pruning import metric_of, points_of
from sacred.sweeps.space import Point

__all__ = ["SAMPLERS", "Importance", "Study"]

Method = Literal["fANOVA", "PED-ANOVA"]

#: Names of Optuna's samplers.
SAMPLERS: Mapping[str, str] = {
    "tpe": "TPESampler",
    "gp": "GPSampler",
    "cmaes": "CmaEsSampler",
    "nsga2": "NSGAIISampler",
    "nsga3": "NSGAIIISampler",
    "qmc": "QMCSampler",
    "random": "RandomSampler",
}
_STATES = {"complete": "COMPLETE", "pruned": "PRUNED", "failed": "FAIL", "active": "RUNNING"}


def _optuna() -> Any:
    optuna = require("optuna", extra="optuna", purpose="--sampler")
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    return optuna


class Importance(Frozen):
    """How much each dimension matters for an objective.

    Args:
        method: name of Optuna's method.
        shares: the share of each dimension, the largest first.
    """

    method: Method
    shares: Mapping[str, float]


class Study:
    """An Optuna study over the space of a plan.

    Args:
        plan: a plan with a sampler, objectives and exactly one space.

    Raises:
        SweepError: Optuna has no such sampler, or it cannot draw from the space.
    """

    def __init__(self, plan: SweepPlan) -> None:
        self._plan = plan
        self._optuna = _optuna()
        self._sampler(0)  # a wrong name is an error now
        [self._space] = plan.spaces
        # Of runs that were pruned, whose points change no more.
        self._last_points: dict[RunId, dict[int, float]] = {}
        self._groups = dict(enumerate(self._space.groups()))
        self._distributions = {
            **{
                _group_name(number): self._categories(group)
                for number, group in self._groups.items()
            },
            **{one.name: self._distribution(one) for one in self._space.distributions},
        }

    def next_point(self, outcomes: Iterable[Outcome], trial: int) -> Point:
        """Return the point to be tried next.

        Args:
            outcomes: of all points so far, including those of other drivers.
            trial: the number of the point.
        """
        study = self._study(outcomes, trial)
        found = study.ask(self._distributions).params
        chosen = [
            item
            for number, group in self._groups.items()
            for item in group[found[_group_name(number)]]
        ]
        chosen += [
            Alternative(path=one.name, value=found[one.name]) for one in self._space.distributions
        ]
        return self._space.point(trial, chosen)

    def importance(self, outcomes: Iterable[Outcome], objective: int = 0) -> Importance:
        """Return how much each dimension matters for an objective.

        Args:
            outcomes: of the points.
            objective: its index.

        Raises:
            SweepError: fewer than two points are complete, or all have the same result.
            MissingExtraError: this version of Optuna needs scikit-learn for it.
        """
        study = self._study(outcomes, 0)
        complete = study.get_trials(states=(self._optuna.trial.TrialState.COMPLETE,))
        if len(complete) < 2:
            raise SweepError("importance needs two complete points at least")
        if len({trial.values[objective] for trial in complete}) < 2:
            raise SweepError("importance needs two different values at least: all are the same")
        # Optuna explains which targets count as good: low ones.
        sign = -1 if self._plan.objectives[objective].is_maximized else 1
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that some are experimental
            method, evaluator = _evaluator(self._optuna)
            try:
                found = self._optuna.importance.get_param_importances(
                    study,
                    evaluator=evaluator,
                    target=lambda trial: sign * trial.values[objective],
                )
            except (RuntimeError, ValueError) as error:  # its trees may see no difference
                raise SweepError(f"Optuna cannot say what matters: {error}") from error
        shares = {self._shown_name(name): float(value) for name, value in found.items()}
        return Importance(method=method, shares=shares)

    def _study(self, outcomes: Iterable[Outcome], trial: int) -> Any:
        optuna = self._optuna
        study = optuna.create_study(
            sampler=self._sampler(trial),
            directions=[
                "maximize" if one.is_maximized else "minimize" for one in self._plan.objectives
            ],
        )
        study.add_trials([found for one in outcomes if (found := self._trial(one)) is not None])
        return study

    def _sampler(self, trial: int) -> Any:
        name = self._plan.sampler or "tpe"
        if name not in SAMPLERS:
            hint = did_you_mean(name, ["grid", *SAMPLERS])
            known = ", ".join(["grid", *SAMPLERS])
            raise SweepError(f"there is no sampler {name!r} (there are: {known}). {hint}".rstrip())
        # Each driver has a study of its own: with the same seed, all would draw the same point.
        seed = (self._plan.seed * 1_000_003 + trial) % 2**32
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that some are experimental
            return getattr(self._optuna.samplers, SAMPLERS[name])(seed=seed)

    def _trial(self, outcome: Outcome) -> Any:
        """A trial of Optuna; None: the space has no such point (any more)."""
        parameters = self._parameters(outcome.values)
        if parameters is None:
            return None
        state = self._optuna.trial.TrialState[_STATES[outcome.state]]
        return self._optuna.trial.create_trial(
            state=state,
            values=list(outcome.reached) if outcome.state == "complete" else None,
            intermediate_values=self._last_point(outcome) if outcome.state == "pruned" else None,
            params=parameters,
            distributions=self._distributions,
        )

    def _last_point(self, outcome: Outcome) -> dict[int, float]:
        """The last value, by its step, of a point that was ended early; empty if there is none."""
        metric = None
        if len(self._plan.objectives) == 1:
            metric = metric_of(self._plan.objectives[0].field)
        if metric is None:
            return {}
        for record in outcome.runs:
            if record.id not in self._last_points:
                self._last_points[record.id] = dict(points_of(record, metric)[-1:])
        return next((found for r in outcome.runs if (found := self._last_points[r.id])), {})

    def _parameters(self, values: Mapping[str, Any]) -> dict[str, Any] | None:
        found: dict[str, Any] = {}
        for number, group in self._groups.items():
            places = [
                place
                for place, items in enumerate(group)
                if all(values.get(self._space.name_of(item)) == item.value for item in items)
            ]
            if not places:
                return None
            found[_group_name(number)] = places[0]
        for one in self._space.distributions:
            value = values.get(one.name)
            if isinstance(value, bool) or not isinstance(value, int | float):
                return None
            if not one.low <= value <= one.high:
                return None
            found[one.name] = value
        return found

    def _shown_name(self, name: str) -> str:
        for number, group in self._groups.items():
            if name == _group_name(number):
                return ", ".join(self._space.name_of(item) for item in group[0])
        return name

    def _categories(self, group: Sequence[Any]) -> Any:
        # Their places: values need not be what Optuna takes as categories.
        return self._optuna.distributions.CategoricalDistribution(range(len(group)))

    def _distribution(self, one: Distribution) -> Any:
        kinds = self._optuna.distributions
        if one.kind == "normal":
            raise SweepError(
                f"{one.name}: Optuna draws from no normal distribution; uniform has bounds"
            )
        is_log = one.kind.startswith("log")
        if one.is_integer:
            step = 1 if one.step is None else int(one.step)
            return kinds.IntDistribution(int(one.low), int(one.high), log=is_log, step=step)
        return kinds.FloatDistribution(one.low, one.high, log=is_log, step=one.step)


def _evaluator(optuna: Any) -> tuple[Method, Any]:
    kinds = optuna.importance
    if is_installed("sklearn"):
        return "fANOVA", kinds.FanovaImportanceEvaluator(seed=0)
    if hasattr(kinds, "PedAnovaImportanceEvaluator"):  # since Optuna 3.6
        return "PED-ANOVA", kinds.PedAnovaImportanceEvaluator()
    raise MissingExtraError(
        "importance by this version of Optuna needs the package 'scikit-learn', which is not "
        "installed; try: pip install scikit-learn",
        name="sklearn",
    )


def _group_name(number: int) -> str:
    return f"axis {number}"
