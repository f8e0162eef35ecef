"""What a given number of runs can show, whatever the values are, and how many runs it takes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import NormalDist

from sacred.statistics.permutation import (
    MAX_EXACT_PAIRS,
    SAMPLED_ARRANGEMENTS,
    is_exact,
    reaches,
)

__all__ = [
    "attainable_level",
    "holm",
    "holm_levels",
    "pairs_needed",
    "runs_for_effect",
    "runs_to_add",
    "smallest_p_of_pairs",
    "smallest_p_of_samples",
]

#: The maximum number of runs to propose.
_MAX_RUNS = 1000
#: The probability that a planned comparison finds an existing difference.
_POWER = 0.8


def smallest_p_of_pairs(pairs: int) -> float:
    """The smallest p-value that a given number of pairs can have.

    >>> smallest_p_of_pairs(5), smallest_p_of_pairs(6)
    (0.0625, 0.03125)
    """
    if pairs < 1:
        return 1.0
    return min(1.0, 2 / (2**pairs if is_exact(pairs) else SAMPLED_ARRANGEMENTS))


def smallest_p_of_samples(first: int, second: int) -> float:
    """Return the smallest p-value that two samples of given sizes can have.

    Args:
        first: the size of one sample.
        second: the size of the other.

    Returns:
        the two-sided p-value; 1.0 if a sample is empty.

    >>> smallest_p_of_samples(3, 3), round(smallest_p_of_samples(4, 4), 4)
    (0.1, 0.0286)
    >>> smallest_p_of_samples(1, 39)
    0.05
    """
    if first < 1 or second < 1:
        return 1.0
    exact = is_exact(first, second)
    return min(1.0, 2 / (math.comb(first + second, first) if exact else SAMPLED_ARRANGEMENTS))


def attainable_level(smallest_p: float, alpha: float) -> float:
    """Return how often a test at level `alpha` rejects a true hypothesis: an upper bound.

    P-values are multiples of the smallest one; if no two differences are equal, a p-value of at
    most p has the probability p.

    Args:
        smallest_p: of the test.
        alpha: the desired level.

    >>> [attainable_level(smallest_p_of_pairs(pairs), 0.05) for pairs in (5, 6, 7)]
    [0.0, 0.03125, 0.046875]
    """
    return smallest_p * math.floor(alpha / smallest_p + 1e-9)


def pairs_needed(alpha: float, comparisons: int = 1) -> int | None:
    """The smallest number of pairs whose difference can be significant; None: no number is enough.

    Args:
        alpha: the level.
        comparisons: the number of comparisons, corrected by Holm.

    >>> [pairs_needed(0.05, comparisons) for comparisons in (1, 2, 3, 5, 10)]
    [6, 7, 7, 8, 9]
    """
    # Of more pairs, arrangements are drawn, and the smallest p-value is larger again.
    exact = range(1, MAX_EXACT_PAIRS + 1)
    possible = (n for n in exact if reaches(smallest_p_of_pairs(n) * comparisons, alpha))
    return next(possible, None)


def runs_to_add(
    first: int, second: int, alpha: float, comparisons: int = 1
) -> tuple[int, int] | None:
    """The fewest runs to add to two samples so that their difference can be significant.

    Args:
        first: the size of one sample.
        second: the size of the other.
        alpha: the level.
        comparisons: the number of comparisons, corrected by Holm.

    Returns:
        how many to add to each; None: no number is enough.

    >>> runs_to_add(3, 3, 0.05), runs_to_add(1, 5, 0.05), runs_to_add(4, 4, 0.05)
    ((1, 1), (2, 0), (0, 0))
    """
    for added in range(_MAX_RUNS):
        ways = [(more, added - more) for more in range(added + 1)]
        best = min(ways, key=lambda way: smallest_p_of_samples(first + way[0], second + way[1]))
        if reaches(smallest_p_of_samples(first + best[0], second + best[1]) * comparisons, alpha):
            return best
        if smallest_p_of_samples(first + best[0], second + best[1]) == 2 / SAMPLED_ARRANGEMENTS:
            return None
    return None


def holm(p_values: Sequence[float], comparisons: int | None = None) -> list[float]:
    """Correct p-values for their number, by Holm, which bounds the risk of any false alarm.

    Args:
        p_values: of the comparisons.
        comparisons: the number of all comparisons, if these are not all.

    >>> holm([0.01, 0.04, 0.03]), holm([0.01, 0.04], comparisons=5)
    ([0.03, 0.06, 0.06], [0.05, 0.16])
    """
    total = len(p_values) if comparisons is None else comparisons
    corrected = [1.0] * len(p_values)
    largest = 0.0
    for rank, index in enumerate(sorted(range(len(p_values)), key=p_values.__getitem__)):
        largest = max(largest, min(1.0, p_values[index] * (total - rank)))
        corrected[index] = largest
    return corrected


def holm_levels(
    p_values: Sequence[float], alpha: float, comparisons: int | None = None
) -> list[float]:
    """The level that Holm tests each comparison at.

    A p-value reaches its level exactly if the corrected one reaches `alpha`, so an interval of
    that level agrees with the corrected p-value.

    Args:
        p_values: as for `holm`.
        alpha: for all comparisons together.
        comparisons: as for `holm`.

    >>> holm_levels([0.01, 0.04, 0.03], 0.06)
    [0.02, 0.06, 0.03]
    """
    total = len(p_values) if comparisons is None else comparisons
    levels = [alpha] * len(p_values)
    level, is_rejecting = alpha, True
    for rank, index in enumerate(sorted(range(len(p_values)), key=p_values.__getitem__)):
        if is_rejecting:
            level = alpha / (total - rank)
            is_rejecting = reaches(p_values[index], level)
        levels[index] = level
    return levels


def runs_for_effect(
    effect: float, alpha: float, comparisons: int = 1, is_paired: bool = True
) -> int | None:
    """Estimate how many pairs, or runs of each side, find an effect in four of five comparisons.

    The number is that for a t-test; permutation tests need hardly more.

    Args:
        effect: the difference in standard deviations: of the differences, if there are pairs.
        alpha: the level.
        comparisons: the number of comparisons, corrected by Bonferroni.
        is_paired: whether the runs are paired.

    Returns:
        the number; None: the effect is so small that more than a thousand are needed.

    >>> runs_for_effect(1.0, 0.05), runs_for_effect(1.0, 0.05, is_paired=False)
    (10, 17)
    """
    sides = 1 if is_paired else 2
    for runs in range(2, _MAX_RUNS + 1):
        smallest = smallest_p_of_pairs(runs) if is_paired else smallest_p_of_samples(runs, runs)
        # Few runs test at a smaller level than was asked for, and find less.
        level = attainable_level(smallest, alpha / comparisons)
        if level:
            quantile = NormalDist().inv_cdf(1 - level / 2)
            wanted = sides * (quantile + NormalDist().inv_cdf(_POWER)) ** 2
            if (runs - quantile**2 / (2 * sides)) * effect**2 >= wanted:
                return runs
    return None
