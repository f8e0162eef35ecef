"""What a sweep is asked to do: its space, how points are chosen, how many, with which seeds."""

from __future__ import annotations

import hashlib
import itertools
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from sacred._base.frozen import Frozen, replace
from sacred.sweeps.errors import SweepError
from sacred.sweeps.space import Point, Space, seeds_of

__all__ = ["Objective", "SweepPlan", "named"]

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")


class Objective(Frozen):
    """A number to be minimized or maximized.

    Args:
        field: a path of the query language, such as ``metrics.val_loss.min`` or ``result``.
        is_maximized: whether larger is better.
    """

    field: str
    is_maximized: bool = False


class SweepPlan(Frozen):
    """What a sweep is asked to do.

    Args:
        name: of the sweep.
        spaces: one; for a SEML file with several blocks, several, in order.
        seed: of the sweep; its points and their seeds are drawn from it.
        trials: the number of points to draw; None: the whole grid.
        seeds: the number of seeds to run each point with; None: each run has a seed of its own.
        sampler: ``grid``, ``random``, or the name of one of Optuna's.
        objectives: what it optimizes.
        pruner: name of one of Optuna's; None: runs are not ended early.
        where: keeps a point if this returns true of its values.
    """

    name: str
    spaces: tuple[Space, ...]
    seed: int
    trials: int | None = None
    seeds: int | None = None
    sampler: str | None = None
    objectives: tuple[Objective, ...] = ()
    pruner: str | None = None
    where: Callable[[Mapping[str, Any]], bool] | None = None

    def check(self) -> SweepPlan:
        """Check the plan, and return it.

        Raises:
            SweepError: its parts contradict each other.
        """
        if not _NAME.fullmatch(self.name):
            raise SweepError(
                f"the name of a sweep becomes part of ids: letters, digits, '_', '.' and '-', not "
                f"{self.name!r}"
            )
        for space in self.spaces:
            space.check()
            if self.trials is None:
                _ = space.grid_size
        for name, number in (("--trials", self.trials), ("--seeds", self.seeds)):
            if number is not None and number < 1:
                raise SweepError(f"{name} is 1 or more, not {number}")
        if self.seeds is not None and any(_sets_seed(space) for space in self.spaces):
            raise SweepError("--seeds and seed= contradict each other; leave one out")
        if self.is_guided and not self.objectives:
            raise SweepError(
                f"--sampler {self.sampler} needs to know what is good: --minimize FIELD or "
                "--maximize FIELD, such as --minimize metrics.loss.min"
            )
        if self.is_guided and self.trials is None:
            raise SweepError(f"--sampler {self.sampler} needs --trials N")
        return self

    @property
    def is_guided(self) -> bool:
        """Whether points depend on the results of earlier ones."""
        return self.sampler not in (None, "grid", "random")

    def points(self) -> Iterator[Point]:
        """Yield the points to run, each with its seeds; nothing for a guided sweep."""
        if self.is_guided:
            return
        seeds = [None] if self.seeds is None else seeds_of(self.seed, self.seeds)
        number = 0
        for point in self._seedless_points():
            if self.where is not None and not self.where(point.values):
                continue
            for repeat, seed in enumerate(seeds):
                yield self.with_seed(replace(point, number=number, repeat=repeat), seed)
            number += 1

    @staticmethod
    def with_seed(point: Point, seed: int | None) -> Point:
        """Return a point with a seed; if the seed is None, its runs have seeds of their own.

        Args:
            point: without a seed.
            seed: of the configuration.
        """
        if seed is None:
            return point
        return replace(point, seed=seed, updates={**point.updates, "seed": seed})

    def _seedless_points(self) -> Iterator[Point]:
        if self.trials is None:
            yield from itertools.chain.from_iterable(space.grid() for space in self.spaces)
            return
        for number in range(self.trials):
            yield self.spaces[number % len(self.spaces)].draw(number, self.seed)


def _sets_seed(space: Space) -> bool:
    names = [dimension.name for dimension in space.dimensions]
    names += [word.partition("=")[0].strip() for word in space.fixed if "=" in word]
    return "seed" in names


def named(draft: SweepPlan, name: str | None, path: str, command: str | None) -> SweepPlan:
    """Return a plan with a name and a seed; the same request gets the same ones.

    Args:
        draft: with any name; a seed of 0 stands for none.
        name: of the sweep; None: it is derived from the request, apart from the numbers
            of points and seeds.
        path: of the experiment.
        command: of the experiment.
    """
    asked = (command, draft.spaces, draft.seed, draft.sampler, draft.objectives)
    name = name or f"{path}-{_digest(repr(asked)).hex()[:6]}"
    seed = draft.seed or int.from_bytes(_digest(name)[:4], "big") % (10**9 - 1) + 1
    return replace(draft, name=name, seed=seed)


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()
