"""Permutation tests of a difference of means, with the intervals that come from inverting them.

If a method changed nothing, the labels "first" and "second" could have been assigned differently:
within each pair (`sign_flip_test`), or among all values (`permutation_test`). The p-value is the
share of all such arrangements in which the difference of means is at least as large as the one
observed, doubled for the two directions, as in SciPy's ``permutation_test``.

An arrangement swaps some values of one side for as many of the other. If all values of the first
side were smaller by ``shift``, its difference would reach the observed one if and only if ``shift``
is at least the mean difference of what it swaps. So a test is just the sorted list of these
`thresholds`: the p-value of every shift, and the interval of the shifts that are not rejected,
are positions in it, and cannot contradict each other.
"""

from __future__ import annotations

import math
import random
import sys
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations
from operator import truediv

from sacred._base.frozen import Frozen

__all__ = [
    "MAX_EXACT_PAIRS",
    "SAMPLED_ARRANGEMENTS",
    "PermutationTest",
    "is_exact",
    "is_usable",
    "permutation_test",
    "reaches",
    "sign_flip_test",
]

#: Up to this many arrangements, all are examined: 17 pairs, or 10 values and 10 (0.1 s).
_MAX_ARRANGEMENTS = 200_000
MAX_EXACT_PAIRS = 17
#: Otherwise this many, including the observed one.
SAMPLED_ARRANGEMENTS = 10_000
#: The same question gets the same answer.
_SEED = 20_260_101
#: Larger values could not be squared.
_MAX_SIZE = 1e150


class PermutationTest(Frozen):
    """A test of whether the first of two means is larger or smaller than the second.

    Args:
        estimate: the difference of means, first minus second.
        thresholds: for each arrangement, the smallest shift at which its difference is at least as
            large as the one observed; sorted.
        always: how many arrangements reach that difference at any shift, like the observed one.
        is_exact: the thresholds are those of all arrangements, not of a random sample.

    >>> test = sign_flip_test([3, 5, 4, 6, 5, 7], [1, 2, 3, 4, 4, 5])
    >>> test.p_value(), test.p_value(shift=2), test.interval(0.05)
    (0.03125, 1.0, (1.0, 3.0))
    """

    estimate: float
    thresholds: tuple[float, ...]
    always: int = 1
    is_exact: bool = True

    @property
    def arrangements(self) -> int:
        """The number of arrangements that were examined."""
        return len(self.thresholds) + self.always

    def p_value(self, shift: float = 0.0) -> float:
        """The two-sided p-value of the hypothesis that the true difference is `shift`."""
        larger = bisect_right(self.thresholds, shift)
        smaller = len(self.thresholds) - bisect_left(self.thresholds, shift)
        return self._p_value(min(larger, smaller))

    def interval(self, alpha: float) -> tuple[float, float]:
        """The differences that the test does not reject at level `alpha`.

        Returns:
            both ends; infinite if the test cannot reject anything at this level.
        """
        rejected = int(alpha * self.arrangements / 2)
        outside = max(rejected - self.always - 1, -1)
        while reaches(self._p_value(outside), alpha):
            outside += 1
        if outside <= 0:
            return -math.inf, math.inf
        return self.thresholds[outside - 1], self.thresholds[-outside]

    def is_significant(self, alpha: float) -> bool:
        """Whether the hypothesis of no difference is rejected at level `alpha`."""
        return reaches(self.p_value(), alpha)

    def _p_value(self, count: int) -> float:
        return min(1.0, 2 * (count + self.always) / self.arrangements)


def sign_flip_test(first: Sequence[float], second: Sequence[float]) -> PermutationTest:
    """Test the mean difference of pairs by flipping signs.

    Args:
        first: one value of each pair.
        second: the other values, in the same order.

    Returns:
        the test; it covers all arrangements for at most `MAX_EXACT_PAIRS` pairs.

    Raises:
        ValueError: there are no pairs, the lengths differ, or a value is not `is_usable`.
    """
    _check(first, second)
    if len(first) != len(second):
        raise ValueError(f"{len(first)} and {len(second)} values are no pairs")
    differences = [a - b for a, b in zip(first, second, strict=True)]
    count = len(differences)
    exact = is_exact(count)
    found = _subset_means(differences) if exact else _sampled_means(differences)
    total = 2**count if exact else SAMPLED_ARRANGEMENTS
    return _test(math.fsum(differences) / count, found, total, exact, first, second)


def permutation_test(first: Sequence[float], second: Sequence[float]) -> PermutationTest:
    """Test the difference of two means by reassigning all values to the two sides.

    Args:
        first: values of one side.
        second: values of the other side; their number may differ.

    Returns:
        the test; it covers all arrangements for samples such as 10 and 10, or smaller ones.

    Raises:
        ValueError: a side is empty, or a value is not `is_usable`.
    """
    _check(first, second)
    exact = is_exact(len(first), len(second))
    found = _swaps(first, second) if exact else _sampled_swaps(first, second)
    total = math.comb(len(first) + len(second), len(first)) if exact else SAMPLED_ARRANGEMENTS
    estimate = math.fsum(first) / len(first) - math.fsum(second) / len(second)
    return _test(estimate, found, total, exact, first, second)


def reaches(p_value: float, alpha: float) -> bool:
    """Return whether a p-value is at most `alpha`, apart from rounding errors.

    Args:
        p_value: from 0 to 1.
        alpha: the level of significance.
    """
    return p_value <= alpha + 1e-12


def is_usable(value: object) -> bool:
    """Whether a value is a number that tests can work with: finite, and no bool."""
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < _MAX_SIZE


def is_exact(pairs_or_first: int, second: int | None = None) -> bool:
    """Whether all arrangements are examined.

    Args:
        pairs_or_first: the number of pairs, or of values of the first side.
        second: the number of values of the other side, if they are not pairs.
    """
    if second is None:
        return pairs_or_first <= MAX_EXACT_PAIRS
    return math.comb(pairs_or_first + second, second) <= _MAX_ARRANGEMENTS


def _check(first: Sequence[float], second: Sequence[float]) -> None:
    if not first or not second:
        raise ValueError("a test needs at least one value of each side")
    unusable = [value for value in (*first, *second) if not is_usable(value)]
    if unusable:
        raise ValueError(f"a test needs finite numbers; {unusable[0]!r} is none")


def _test(
    estimate: float,
    found: Iterable[float],
    total: int,
    exact: bool,
    first: Sequence[float],
    second: Sequence[float],
) -> PermutationTest:
    # Means of equal values differ by rounding: what is zero in decimals must be zero here.
    largest = max(map(abs, (*first, *second)))
    rounding = 4 * (len(first) + len(second)) * sys.float_info.epsilon * largest
    thresholds = sorted(found)
    start, stop = bisect_left(thresholds, -rounding), bisect_right(thresholds, rounding)
    thresholds[start:stop] = [0.0] * (stop - start)
    return PermutationTest(
        estimate=0.0 if abs(estimate) <= rounding else estimate,
        thresholds=tuple(thresholds),
        always=total - len(thresholds),
        is_exact=exact,
    )


def _subset_means(differences: Sequence[float]) -> Iterator[float]:
    """The mean of each non-empty subset: of the pairs whose signs an arrangement flips."""
    sums, sizes = [0.0], [0]
    for difference in differences:
        sums += [known + difference for known in sums]
        sizes += [size + 1 for size in sizes]
    return map(truediv, sums[1:], sizes[1:])


def _sampled_means(differences: Sequence[float]) -> Iterator[float]:
    """Means of random subsets: the same ones in whatever order pairs and sides are given."""
    generator = random.Random(_SEED)
    given, negated = sorted(differences), sorted(-value for value in differences)
    sign, ordered = (1, given) if given >= negated else (-1, negated)
    for _ in range(SAMPLED_ARRANGEMENTS - 1):
        bits = generator.getrandbits(len(ordered))
        flipped = [value for n, value in enumerate(ordered) if bits >> n & 1]
        if flipped:
            yield sign * sum(flipped) / len(flipped)


def _swaps(first: Sequence[float], second: Sequence[float]) -> Iterator[float]:
    """The mean difference of what each arrangement swaps."""
    for size in range(1, min(len(first), len(second)) + 1):
        others = [sum(values) / size for values in combinations(second, size)]
        for values in combinations(first, size):
            mean = sum(values) / size
            yield from [mean - other for other in others]


def _sampled_swaps(first: Sequence[float], second: Sequence[float]) -> Iterator[float]:
    """The same for random arrangements: the same ones in whatever order values and sides are."""
    generator = random.Random(_SEED)
    sides = [(len(first), sorted(first), 1), (len(second), sorted(second), -1)]
    (size, smaller, sign), (_, larger, _) = sorted(sides)
    values = [*smaller, *larger]
    indices = range(len(values))
    for _ in range(SAMPLED_ARRANGEMENTS - 1):
        # To know which values change sides, those dealt to the smaller side will do.
        dealt = generator.sample(indices, size)
        coming = [values[n] for n in dealt if n >= size]
        staying = {n for n in dealt if n < size}
        leaving = [smaller[n] for n in range(size) if n not in staying]
        if coming:
            yield sign * (sum(leaving) - sum(coming)) / len(coming)
