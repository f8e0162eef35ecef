"""Search spaces and their points."""

from __future__ import annotations

import hashlib
import itertools
import math
import random
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sacred._base.frozen import Frozen
from sacred._base.paths import convert_to_nested_dict, recursive_update
from sacred.cli.updates import parse_updates
from sacred.randomness import SEEDRANGE
from sacred.serializer import dumps
from sacred.sweeps.dimensions import Alternative, Axis, Dimension, Distribution
from sacred.sweeps.errors import SweepError

__all__ = ["Point", "Space", "seeds_of"]


class Point(Frozen):
    """One configuration of a sweep.

    Args:
        number: its index in the sweep, from 0.
        values: of the dimensions, by their names.
        updates: of the configuration, nested.
        named_configs: in order.
        seed: of its runs; None: each run has a seed of its own.
        repeat: the index of that seed, from 0.
    """

    number: int
    values: Mapping[str, Any]
    updates: Mapping[str, Any]
    named_configs: tuple[str, ...]
    seed: int | None = None
    repeat: int = 0

    @property
    def key(self) -> str:
        """Ten characters that depend on the values only, not on the rest of the space."""
        text = dumps(dict(sorted(self.values.items())))
        return hashlib.sha256(text.encode()).hexdigest()[:10]


class Space(Frozen):
    """The search space of a sweep.

    Args:
        dimensions: those that vary.
        fixed: words, as after ``with``, that are the same at each point.
        constants: values that are the same at each point, by the paths of entries.
        zipped: names of axes that advance together, instead of being combined.
    """

    dimensions: tuple[Dimension, ...]
    fixed: tuple[str, ...] = ()
    constants: Mapping[str, Any] = {}
    zipped: tuple[tuple[str, ...], ...] = ()

    @property
    def distributions(self) -> list[Distribution]:
        """The dimensions that values are drawn from."""
        return [one for one in self.dimensions if isinstance(one, Distribution)]

    def check(self) -> Space:
        """Check the space, and return it.

        Raises:
            SweepError: axes that advance together differ in length, or do not exist.
        """
        axes = {one.name: one for one in self.dimensions if isinstance(one, Axis)}
        taken: set[str] = set()
        for names in self.zipped:
            for name in names:
                if name not in axes:
                    known = ", ".join(axes) or "none"
                    raise SweepError(f"--zip {name}: no list of alternatives (there are: {known})")
                if name in taken:
                    raise SweepError(f"--zip {name}: it is named twice")
                taken.add(name)
            lengths = {name: len(axes[name].alternatives) for name in names}
            if len(set(lengths.values())) > 1:
                said = ", ".join(f"{name} has {length}" for name, length in lengths.items())
                raise SweepError(f"--zip: the lists must be equally long ({said})")
        return self

    @property
    def grid_size(self) -> int:
        """The number of points of the whole grid.

        Raises:
            SweepError: it is infinite, because there are distributions.
        """
        if endless := self.distributions:
            raise SweepError(
                f"{endless[0].name}: {endless[0].kind} has no end of values; how many points are "
                "to be drawn is said by --trials N"
            )
        return math.prod(len(group) for group in self.groups())

    def grid(self) -> Iterator[Point]:
        """Yield all combinations; the last dimension varies fastest.

        Raises:
            SweepError: there are distributions.
        """
        _ = self.grid_size
        combinations = itertools.product(*self.groups())
        for number, groups in enumerate(combinations):
            yield self.point(number, list(itertools.chain.from_iterable(groups)))

    def draw(self, number: int, seed: int) -> Point:
        """Return a random point, always the same one for the same number and seed.

        Args:
            number: of the point.
            seed: of the sweep.
        """
        generator = random.Random(f"{seed} {number}")
        chosen = [item for group in self.groups() for item in generator.choice(group)]
        chosen += [
            Alternative(path=one.name, value=one.sample(generator)) for one in self.distributions
        ]
        return self.point(number, chosen)

    def point(self, number: int, chosen: Sequence[Alternative]) -> Point:
        """Return the point with the chosen alternatives.

        Args:
            number: of the point.
            chosen: one for each dimension; a dimension without one keeps its default.
        """
        by_name = {self.name_of(item): item for item in chosen}
        ordered = [by_name[one.name] for one in self.dimensions if one.name in by_name]
        words = [*self.fixed, *(item.word for item in ordered if item.word is not None)]
        updates, named_configs = parse_updates(words)
        if self.constants:
            recursive_update(updates, convert_to_nested_dict(dict(self.constants)))
        for item in ordered:
            if item.word is None:
                recursive_update(updates, convert_to_nested_dict({item.path: item.value}))
        return Point(
            number=number,
            values={self.name_of(item): item.value for item in ordered},
            updates=updates,
            named_configs=tuple(named_configs),
        )

    def name_of(self, item: Alternative) -> str:
        """The name of the dimension that an alternative belongs to.

        Args:
            item: one of an axis, or a value that was drawn.
        """
        if item.path:
            return item.path
        return next(
            one.name
            for one in self.dimensions
            if isinstance(one, Axis) and item in one.alternatives
        )

    def groups(self) -> list[list[tuple[Alternative, ...]]]:
        """What is combined: the alternatives of an axis, or of several that advance together.

        Distributions are not among them.
        """
        axes = {one.name: one.alternatives for one in self.dimensions if isinstance(one, Axis)}
        partners = {name: names for names in self.zipped for name in names}
        groups, done = [], set[str]()
        for name in axes:
            if name not in done:
                names = partners.get(name, (name,))
                done.update(names)
                columns = [axes[partner] for partner in names]
                groups.append(list(zip(*columns, strict=True)))
        return groups


def seeds_of(seed: int, count: int) -> list[int]:
    """Return the seeds to run each point of a sweep with.

    Args:
        seed: of the sweep.
        count: how many; a larger number begins with the same seeds.
    """
    generator = random.Random(f"{seed} seeds")
    return [generator.randrange(*SEEDRANGE) for _ in range(count)]
