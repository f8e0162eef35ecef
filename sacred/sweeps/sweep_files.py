"""Sweeps from files: our own, those of W&B, and those of SEML.

Our own (YAML, TOML, JSON)::

    name: s1
    with: [fast, "epochs=10"]          # the same at each point
    space:
      lr: loguniform(1e-5, 1e-1)       # as after `sweep with`
      opt.name: [adam, sgd]            # a list of alternatives
    zip: [[lr, bs]]
    seeds: 5
    trials: 40
    sampler: tpe
    minimize: metrics.val_loss.min

Sources of the two others: https://docs.wandb.ai/guides/sweeps/sweep-config-keys and
https://github.com/TUM-DAML/seml (the README's *Experiment configuration*).
"""

from __future__ import annotations

import itertools
import math
import os
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sacred._base.frozen import Frozen, replace
from sacred._base.paths import iterate_flattened
from sacred._base.text import did_you_mean
from sacred.config import load_config_file
from sacred.sweeps.dimensions import (
    Axis,
    Dimension,
    Distribution,
    axis_of,
    distribution_or_axis,
)
from sacred.sweeps.errors import SweepError
from sacred.sweeps.plan import Objective
from sacred.sweeps.space import Space
from sacred.sweeps.words import dimensions_of

__all__ = ["SweepFile", "read_sweep_file"]

_OWN_KEYS = (
    "name", "with", "space", "zip", "seeds", "trials", "sampler", "seed", "minimize", "maximize",
    "prune", "where",
)  # fmt: skip
_SEML_BLOCKS = ("fixed", "grid", "random")
_SEML_OTHERS = ("seml", "slurm")


class SweepFile(Frozen):
    """What a sweep file asks for; None where it does not say.

    Args:
        spaces: the search spaces.
        name: of the sweep.
        trials: how many points are drawn.
        seeds: how many seeds each point is run with.
        sampler: see `SweepPlan`.
        seed: of the sweep.
        objectives: what it optimizes.
        pruner: see `SweepPlan`.
        where: a condition on the values of a point, in the query language.
    """

    spaces: tuple[Space, ...]
    name: str | None = None
    trials: int | None = None
    seeds: int | None = None
    sampler: str | None = None
    seed: int | None = None
    objectives: tuple[Objective, ...] = ()
    pruner: str | None = None
    where: str | None = None


def read_sweep_file(path: str | os.PathLike[str]) -> SweepFile:
    """Read a sweep from a file in our own format, or in that of W&B or SEML.

    Args:
        path: of a YAML, TOML or JSON file.

    Raises:
        SweepError: it is not a sweep; the message names the file and the key.
    """
    content = load_config_file(os.fspath(path))
    try:
        if not isinstance(content, Mapping):
            raise SweepError(f"a sweep is a mapping, not {type(content).__name__}")
        if "parameters" in content:
            return _from_wandb(content)
        if "space" in content or "with" in content:
            return _own(content)
        if _is_seml(content):
            return _from_seml(content)
        raise SweepError("a sweep has the key space (ours), parameters (W&B) or grid (SEML)")
    except SweepError as error:
        raise SweepError(f"{os.fspath(path)}: {error}") from None


# ------------------------------------------------------------------------------- ours


def _own(content: Mapping[str, Any]) -> SweepFile:
    for key in content:
        if key not in _OWN_KEYS:
            raise SweepError(f"unknown key {key!r}. {did_you_mean(str(key), _OWN_KEYS)}".rstrip())
    fixed = content.get("with") or []
    words = [fixed] if isinstance(fixed, str) else list(map(str, fixed))
    dimensions, words = dimensions_of(words)
    for name, said in (content.get("space") or {}).items():
        if isinstance(said, list | tuple):
            dimensions.append(axis_of(str(name), list(said)))
            continue
        found, same = dimensions_of([f"{name}={said}"])
        dimensions += found
        words += same
    zipped = content.get("zip") or []
    groups = [zipped] if zipped and isinstance(zipped[0], str) else zipped
    space = Space(
        dimensions=tuple(dimensions), fixed=tuple(words), zipped=tuple(map(tuple, groups))
    )
    return SweepFile(
        spaces=(space.check(),),
        name=content.get("name"),
        trials=_count(content, "trials"),
        seeds=_count(content, "seeds"),
        sampler=content.get("sampler"),
        seed=_count(content, "seed"),
        objectives=(
            *_objectives(content.get("minimize"), False),
            *_objectives(content.get("maximize"), True),
        ),
        pruner=content.get("prune"),
        where=content.get("where"),
    )


def _objectives(fields: Any, is_maximized: bool) -> Iterator[Objective]:
    listed = [fields] if isinstance(fields, str) else fields or ()
    return (Objective(field=str(field), is_maximized=is_maximized) for field in listed)


def _count(content: Mapping[str, Any], key: str) -> int | None:
    number = content.get(key)
    if number is not None and type(number) is not int:
        raise SweepError(f"{key} is a whole number, not {number!r}")
    return number


# --------------------------------------------------------------------------------- W&B

_WANDB_SAMPLERS = {"grid": "grid", "random": "random", "bayes": "tpe"}


def _from_wandb(content: Mapping[str, Any]) -> SweepFile:
    method = content.get("method")
    if method not in _WANDB_SAMPLERS:
        raise SweepError(f"method is grid, random or bayes, not {method!r}")
    parameters = dict(_wandb_parameters(content["parameters"]))
    constants = {name: said["value"] for name, said in parameters.items() if "value" in said}
    dimensions = [
        _wandb_dimension(name, said) for name, said in parameters.items() if name not in constants
    ]
    metric = content.get("metric") or {}
    # What W&B calls a metric is the last value of one.
    field = f"metrics.{metric.get('name')}.last"
    objective = Objective(field=field, is_maximized=metric.get("goal") == "maximize")
    cap = _count(content, "run_cap")
    is_guided = method == "bayes"
    if method == "grid":
        _refuse_distributions(dimensions)
    elif cap is None:
        raise SweepError(f"method {method} needs run_cap: how many points are drawn")
    return SweepFile(
        spaces=(Space(dimensions=tuple(dimensions), constants=constants),),
        name=content.get("name"),
        trials=None if method == "grid" else cap,
        sampler=_WANDB_SAMPLERS[method],
        objectives=(objective,) if metric else (),
        pruner="hyperband" if content.get("early_terminate") and is_guided else None,
    )


def _refuse_distributions(dimensions: Sequence[Dimension]) -> None:
    for one in dimensions:
        if isinstance(one, Distribution):
            raise SweepError(f"{one.name}: method grid needs values, not {one.kind}")


def _wandb_parameters(
    parameters: Mapping[str, Any], prefix: str = ""
) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for name, said in parameters.items():
        path = f"{prefix}{name}"
        if not isinstance(said, Mapping):
            raise SweepError(f"parameters.{path} is a mapping, not {said!r}")
        if "parameters" in said:
            yield from _wandb_parameters(said["parameters"], f"{path}.")
        else:
            yield path, said


def _wandb_dimension(name: str, said: Mapping[str, Any]) -> Dimension:
    if "values" in said:
        return axis_of(name, list(said["values"]))
    kind = said.get("distribution")
    low, high = said.get("min"), said.get("max")
    if kind is None:
        if low is None or high is None:
            raise SweepError(f"parameters.{name} has neither value, values nor min and max")
        kind = "int_uniform" if type(low) is int and type(high) is int else "uniform"
    return _wandb_distribution(name, str(kind), said)


def _wandb_distribution(name: str, kind: str, said: Mapping[str, Any]) -> Dimension:
    step = said.get("q", 1) if kind.startswith("q_") else None
    base = kind.removeprefix("q_")
    low, high = said.get("min"), said.get("max")
    if base == "normal":
        bounds, ours = (said.get("mu", 0), said.get("sigma", 1)), "normal"
    elif base == "uniform":
        bounds, ours = (low, high), "uniform"
    elif base == "int_uniform":
        bounds, ours = (low, high), "int"
    elif base == "log_uniform_values":
        bounds, ours = (low, high), "loguniform"
    elif base == "log_uniform":
        # The bounds are exponents of e.
        bounds, ours = (math.exp(low or 0), math.exp(high or 0)), "loguniform"
    else:
        raise SweepError(f"parameters.{name}: the distribution {kind!r} is not known here")
    return distribution_or_axis(name, ours, bounds, step)


# --------------------------------------------------------------------------------- SEML


def _is_seml(content: Mapping[str, Any]) -> bool:
    return any(
        key in _SEML_BLOCKS or (isinstance(value, Mapping) and _is_seml(value))
        for key, value in content.items()
        if key not in _SEML_OTHERS
    )


def _from_seml(content: Mapping[str, Any]) -> SweepFile:
    blocks = [_seml_block(block) for block in _seml_blocks(content, {})]
    if len(blocks) > 1 and any(block.trials for block in blocks):
        raise SweepError("several blocks that are drawn at random: write a file for each")
    spaces = itertools.chain.from_iterable(block.spaces for block in blocks)
    return replace(blocks[0], spaces=tuple(spaces))


def _seml_blocks(
    content: Mapping[str, Any], inherited: Mapping[str, Mapping[str, Any]]
) -> Iterator[dict[str, dict[str, Any]]]:
    """The innermost blocks; each has what the blocks around it say."""
    own = {kind: {**inherited.get(kind, {}), **(content.get(kind) or {})} for kind in _SEML_BLOCKS}
    inner = [
        value
        for key, value in content.items()
        if key not in (*_SEML_BLOCKS, *_SEML_OTHERS)
        and isinstance(value, Mapping)
        and _is_seml(value)
    ]
    if not inner:
        yield own
    for value in inner:
        yield from _seml_blocks(value, own)


def _seml_block(block: Mapping[str, Mapping[str, Any]]) -> SweepFile:
    draws = dict(block["random"])
    samples, seed = draws.pop("samples", None), draws.pop("seed", None)
    grid = dict(_seml_parameters(block["grid"]))
    random = dict(_seml_parameters(draws))
    if random and samples is None:
        raise SweepError("random needs samples")
    fixed = iterate_flattened(block["fixed"])
    constants = {path: value for path, value in fixed if path not in {*grid, *random}}
    drawn = tuple(_seml_distribution(path, said) for path, said in random.items())
    if not grid and drawn:
        space = Space(dimensions=drawn, constants=constants)
        return SweepFile(spaces=(space,), trials=samples, sampler="random", seed=seed)
    zipped: dict[Any, list[str]] = {}
    for path, said in grid.items():
        if (zip_id := said.get("zip_id")) is not None:
            zipped.setdefault(zip_id, []).append(path)
    space = Space(
        dimensions=tuple(_seml_axis(path, said) for path, said in grid.items()),
        constants=constants,
        zipped=tuple(map(tuple, zipped.values())),
    ).check()
    spaces = [space]
    if drawn:  # the whole grid with each of the samples
        points = (Space(dimensions=drawn).draw(number, seed or 0) for number in range(samples))
        spaces = [replace(space, constants={**constants, **point.values}) for point in points]
    return SweepFile(spaces=tuple(spaces), sampler="grid", seed=seed)


def _seml_parameters(
    parameters: Mapping[str, Any], prefix: str = ""
) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for name, said in parameters.items():
        path = f"{prefix}{name}"
        if not isinstance(said, Mapping):
            raise SweepError(f"{path} is a mapping with type and options, not {said!r}")
        if "type" in said and not isinstance(said["type"], Mapping):
            yield path, said
        else:
            yield from _seml_parameters(said, f"{path}.")


def _seml_axis(path: str, said: Mapping[str, Any]) -> Axis:
    kind = said["type"]
    if kind == "choice":
        return axis_of(path, list(said.get("options") or ()))
    low, high, count = said.get("min"), said.get("max"), said.get("num")
    if kind == "range":
        return axis_of(path, list(_arange(low, high, said.get("step", 1))))
    if kind == "uniform":
        found = distribution_or_axis(path, "linspace", [low, high, count])
    elif kind == "loguniform":
        exponents = [math.log10(bound or 1) for bound in (low, high)]
        found = distribution_or_axis(path, "logspace", [*exponents, count])
    else:
        raise SweepError(f"{path}: a grid has no type {kind!r}")
    assert isinstance(found, Axis)
    return found


def _arange(low: Any, high: Any, step: Any) -> Iterator[float]:
    """Like `numpy.arange`: the end is left out."""
    for number in itertools.count():
        value = low + number * step
        if value >= high:
            return
        yield value


def _seml_distribution(path: str, said: Mapping[str, Any]) -> Dimension:
    kind, low, high = said["type"], said.get("min"), said.get("max")
    if kind == "choice":
        return axis_of(path, list(said.get("options") or ()))
    if kind == "randint":
        # The upper bound is left out.
        return distribution_or_axis(path, "int", [low, said["max"] - 1])
    if kind in ("uniform", "loguniform"):
        return distribution_or_axis(path, kind, [low, high])
    raise SweepError(f"{path}: there is no random type {kind!r}")
