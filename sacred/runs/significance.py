"""Comparison of groups of runs: is a difference larger than what seeds alone cause?"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sacred._base.frozen import Frozen
from sacred.query.syntax import Path
from sacred.records import RunRecord
from sacred.runs.groups import RunGroup, measured, seed_order
from sacred.runs.identity import repeats_by_identity
from sacred.statistics.attainable import (
    holm,
    holm_levels,
    smallest_p_of_pairs,
    smallest_p_of_samples,
)
from sacred.statistics.permutation import (
    PermutationTest,
    permutation_test,
    reaches,
    sign_flip_test,
)
from sacred.statistics.student import Noise, effect_of_pairs, effect_of_samples, noise_of

__all__ = [
    "Comparison",
    "Pairing",
    "compared_groups",
    "noise_by_experiment",
    "noise_of_repeats",
    "paired",
    "pairing_of",
]


class Pairing(Frozen):
    """The values of two groups that are compared.

    Args:
        seeds: the seeds of the pairs, in order; None if the groups are not paired.
        first: values of the first group.
        second: values of the second group; for pairs, in the same order.
    """

    seeds: tuple[str, ...] | None
    first: tuple[float, ...]
    second: tuple[float, ...]

    @property
    def smallest_p(self) -> float:
        """The smallest p-value that is possible with these numbers of values."""
        if self.seeds is not None:
            return smallest_p_of_pairs(len(self.first))
        return smallest_p_of_samples(len(self.first), len(self.second))

    def test(self) -> PermutationTest | None:
        """The test; None if a side has no values."""
        if not self.first or not self.second:
            return None
        by = permutation_test if self.seeds is None else sign_flip_test
        return by(self.first, self.second)

    def effect(self) -> float | None:
        """The size of the difference in standard deviations."""
        if not self.first or not self.second:
            return None
        by = effect_of_samples if self.seeds is None else effect_of_pairs
        return by(self.first, self.second)


class Comparison(Frozen):
    """Two groups, and the result of testing their difference.

    Args:
        name: what both groups have in common; may be empty.
        first: one group.
        second: the other group.
        pairing: the values that were compared.
        test: the test of the first minus the second; None if a side has no values.
        p_value: corrected for all comparisons by Holm; 1 without a test.
        level: the level of this comparison: alpha, divided by the number of comparisons left.
        alpha: the level of all comparisons together.
        comparisons: the number of comparisons.
    """

    name: str
    first: RunGroup
    second: RunGroup
    pairing: Pairing
    test: PermutationTest | None
    p_value: float
    level: float
    alpha: float
    comparisons: int

    @property
    def is_significant(self) -> bool:
        """Whether the groups differ, by the corrected p-value."""
        return self.test is not None and reaches(self.p_value, self.alpha)

    @property
    def can_be_significant(self) -> bool:
        """Whether these numbers of runs could show any difference."""
        return reaches(self.pairing.smallest_p, self.level)

    @property
    def left(self) -> int:
        """The number of comparisons that Holm's method corrects this one for."""
        return round(self.alpha / self.level)

    @property
    def interval(self) -> tuple[float, float] | None:
        """The confidence interval of the difference: all values that the test does not reject."""
        return None if self.test is None else self.test.interval(self.level)


def pairing_of(first: RunGroup, second: RunGroup) -> Pairing:
    """Pair two groups by their seeds, if at least half the seeds of the smaller one agree.

    This depends only on the seeds, so it is decided before anybody looks at a value. Runs with
    other seeds are then left out. A single pair cannot show anything, so it is not paired.

    Args:
        first: a group.
        second: the group that it is compared with.

    Returns:
        the values to compare, in pairs if `seeds` is not None.
    """
    one, other = first.by_seed, second.by_seed
    common = sorted(one.keys() & other.keys(), key=seed_order)
    if len(common) >= 2 and 2 * len(common) >= min(len(one), len(other)):
        return paired(common, first, second)
    return Pairing(seeds=None, first=tuple(one.values()), second=tuple(other.values()))


def paired(seeds: Sequence[str], first: RunGroup, second: RunGroup) -> Pairing:
    """Return the values of two groups in pairs.

    Args:
        seeds: the seeds of the pairs, in order; both groups have them.
        first: a group.
        second: the group that it is compared with.
    """
    one, other = first.by_seed, second.by_seed
    return Pairing(
        seeds=tuple(seeds),
        first=tuple(one[seed] for seed in seeds),
        second=tuple(other[seed] for seed in seeds),
    )


def compared_groups(
    pairs: Sequence[tuple[str, RunGroup, RunGroup]],
    alpha: float = 0.05,
    comparisons: int | None = None,
) -> list[Comparison]:
    """Compare pairs of groups, corrected for their number by Holm's method.

    Args:
        pairs: for each pair, what both groups have in common, and the two groups.
        alpha: the probability of any false alarm.
        comparisons: the number of comparisons, if these are not all.
    """
    pairings = [pairing_of(first, second) for _, first, second in pairs]
    tests = [pairing.test() for pairing in pairings]
    known = [test.p_value() for test in tests if test is not None]
    total = max(len(known), 1) if comparisons is None else comparisons
    corrected = iter(holm(known, total))
    levels = iter(holm_levels(known, alpha, total))
    return [
        Comparison(
            name=name,
            first=first,
            second=second,
            pairing=pairing,
            test=test,
            p_value=1.0 if test is None else next(corrected),
            level=alpha if test is None else next(levels),
            alpha=alpha,
            comparisons=total,
        )
        for (name, first, second), pairing, test in zip(pairs, pairings, tests, strict=True)
    ]


def noise_by_experiment(
    records: Iterable[RunRecord], metric: Path
) -> dict[str | None, Noise | None]:
    """Estimate the noise of each experiment from runs that differ only in their seeds.

    One experiment may be much noisier than another, so each has its own noise.

    Args:
        records: of any runs.
        metric: the field with the number.

    Returns:
        the noise by the name of the experiment; None if no run was repeated with another seed.
    """
    found: dict[str | None, list[Sequence[RunRecord]]] = {}
    for group in repeats_by_identity(records):
        found.setdefault(group[0].name, []).append(group)
    return {name: noise_of_repeats(groups, metric) for name, groups in found.items()}


def noise_of_repeats(repeats: Iterable[Sequence[RunRecord]], metric: Path) -> Noise | None:
    """Estimate how much a metric varies between runs that differ only in their seeds.

    Args:
        repeats: groups of runs of one experiment; the runs of a group have the same
            configuration except for the seed.
        metric: the value that is compared.

    Returns:
        None if no group has two values.
    """
    groups = [
        measured("", ((str(record.id), record) for record in group), metric) for group in repeats
    ]
    return noise_of([group.values for group in groups])
