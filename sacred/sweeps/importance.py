"""How much each dimension of a sweep matters, by what its points have reached."""

from __future__ import annotations

from collections.abc import Sequence

from sacred.serializer import dumps
from sacred.sweeps.dimensions import Dimension, Distribution, axis_of
from sacred.sweeps.optuna_study import Study
from sacred.sweeps.outcomes import Outcome
from sacred.sweeps.plan import Objective, SweepPlan
from sacred.sweeps.space import Space

__all__ = ["importance_of"]


def importance_of(
    outcomes: Sequence[Outcome], objectives: Sequence[Objective], place: int = 0
) -> dict[str, float]:
    """Return which part of the variance of an objective each dimension accounts for.

    The space is the one that the points span: numbers lie between the lowest and the highest, all
    else is one of what there is.

    Args:
        outcomes: of a sweep.
        objectives: of it.
        place: which of the objectives.

    Raises:
        MissingExtraError: Optuna is not installed.
        SweepError: fewer than two points are complete.
    """
    names = dict.fromkeys(name for one in outcomes for name in one.values)
    found = (_dimension(name, outcomes) for name in names)
    plan = SweepPlan(
        name="importance",
        spaces=(Space(dimensions=tuple(one for one in found if one is not None)),),
        seed=1,
        trials=1,
        sampler="random",
        objectives=tuple(objectives),
    )
    return Study(plan).importance(outcomes, place)


def _dimension(name: str, outcomes: Sequence[Outcome]) -> Dimension | None:
    """The dimension that the values span; None: there is one only."""
    values = [one.values[name] for one in outcomes if name in one.values]
    different = list({dumps(value): value for value in values}.values())
    if len(different) < 2:
        return None
    if all(isinstance(value, int | float) and not isinstance(value, bool) for value in different):
        return Distribution(name=name, kind="uniform", low=min(different), high=max(different))
    return axis_of(name, different)
