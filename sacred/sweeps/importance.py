"""How much each dimension of a space matters, judged by the results of its points."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from sacred.serializer import dumps
from sacred.sweeps.dimensions import Dimension, Distribution, axis_of
from sacred.sweeps.optuna_study import Importance, Study
from sacred.sweeps.outcomes import Outcome
from sacred.sweeps.plan import Objective, SweepPlan
from sacred.sweeps.space import Space

__all__ = ["importance_of"]

#: Numbers that span this ratio are treated as logarithmic.
_LOG_RATIO = 100


def importance_of(
    outcomes: Sequence[Outcome], objectives: Sequence[Objective], place: int = 0
) -> Importance:
    """Return how much each dimension matters for an objective.

    The space is the one that the points span: numbers range from the lowest to the highest one,
    anything else over the values that occur.

    Args:
        outcomes: of a sweep, or of any other runs.
        objectives: those that the outcomes were measured by, in order.
        place: index of the objective in question.

    Raises:
        MissingExtraError: Optuna, or a package that it needs for this, is not installed.
        SweepError: fewer than two points are complete, or all have the same result.
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
    """The dimension that the values span; None: there is only one value."""
    values = [one.values[name] for one in outcomes if name in one.values]
    different = list({dumps(value): value for value in values}.values())
    if len(different) < 2:
        return None
    if all(_is_finite(value) for value in different):
        low, high = min(different), max(different)
        # Rates and sizes are tried on a logarithmic scale.
        kind = "loguniform" if low > 0 and high / low >= _LOG_RATIO else "uniform"
        return Distribution(name=name, kind=kind, low=low, high=high)
    return axis_of(name, different)


def _is_finite(value: Any) -> bool:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return is_number and math.isfinite(value)
