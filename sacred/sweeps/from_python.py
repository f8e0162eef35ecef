"""Sweeps from Python: ``ex.sweep({...})`` and ``@ex.search_space``."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sacred._base.frozen import replace
from sacred._base.paths import iterate_flattened
from sacred.config import ConfigScope
from sacred.sweeps.dimensions import Alternative, Axis, Dimension, Distribution, axis_of
from sacred.sweeps.errors import SweepError
from sacred.sweeps.plan import Objective, SweepPlan, named
from sacred.sweeps.space import Space
from sacred.sweeps.sweep import Sweep

if TYPE_CHECKING:
    from sacred.experiment import Experiment

__all__ = ["objectives_of", "space_of", "sweep_of"]

Texts = str | Iterable[str]


def space_of(
    values: Mapping[str, Any] | Callable[..., Any], zipped: Iterable[Sequence[str]] = ()
) -> Space:
    """Return the search space that a dict or a function describes.

    Args:
        values: a dict, nested or keyed by the paths of entries, of lists of alternatives,
            distributions from `sacred.sweeps` (`uniform`, ...) and constants; or a function
            with such values as its local variables.
        zipped: paths of lists that advance together.

    Raises:
        SweepError: the space is not valid.

    >>> space = space_of({"lr": [0.1, 0.01], "opt": {"name": "adam"}})
    >>> [dict(point.updates) for point in space.grid()]
    [{'opt': {'name': 'adam'}, 'lr': 0.1}, {'opt': {'name': 'adam'}, 'lr': 0.01}]
    """
    if callable(values):
        values = dict(ConfigScope(values)())
    dimensions: list[Dimension] = []
    constants: dict[str, Any] = {}
    for path, value in iterate_flattened(values):
        if isinstance(value, Distribution):
            dimensions.append(replace(value, name=path))
        elif isinstance(value, Axis):
            named = [Alternative(path=path, value=item.value) for item in value.alternatives]
            dimensions.append(Axis(name=path, alternatives=tuple(named)))
        elif isinstance(value, list | tuple):
            dimensions.append(axis_of(path, list(value)))
        else:
            constants[path] = value
    return Space(
        dimensions=tuple(dimensions), constants=constants, zipped=tuple(map(tuple, zipped))
    ).check()


def objectives_of(minimize: Texts, maximize: Texts) -> tuple[Objective, ...]:
    """Return the objectives of a sweep.

    Args:
        minimize: a field, or several.
        maximize: likewise.
    """
    sides = ((minimize, False), (maximize, True))
    return tuple(
        Objective(field=field, is_maximized=is_maximized)
        for fields, is_maximized in sides
        for field in ([fields] if isinstance(fields, str) else fields)
    )


def sweep_of(
    experiment: Experiment,
    space: Mapping[str, Any] | None = None,
    *,
    seeds: int | None = None,
    trials: int | None = None,
    sampler: str | None = None,
    prune: str | None = None,
    minimize: Texts = (),
    maximize: Texts = (),
    zip: Iterable[Sequence[str]] = (),
    where: Callable[[Mapping[str, Any]], bool] | None = None,
    name: str | None = None,
    seed: int | None = None,
    command: str | None = None,
    options: Mapping[str, Any] | None = None,
) -> Sweep:
    """Return a sweep of an experiment, without running anything; see `Experiment.sweep`."""
    values = space if space is not None else experiment.search_spaces[-1:]
    if not values:
        raise SweepError("a sweep needs a space: ex.sweep({...}), or a function @ex.search_space")
    found = space_of(values[0] if isinstance(values, list) else values, zip)
    plan = SweepPlan(
        name=name or "draft",
        spaces=(found,),
        seed=seed or 0,
        trials=trials,
        seeds=seeds,
        sampler=sampler,
        objectives=objectives_of(minimize, maximize),
        pruner=prune,
        where=where,
    )
    return Sweep(experiment, named(plan, name, experiment.path, command), command, options)
