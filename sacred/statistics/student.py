"""Means and their intervals by Student's t, the noise of repeated runs, sizes of effects."""

from __future__ import annotations

import math
from collections.abc import Sequence

from sacred._base.frozen import Frozen

__all__ = [
    "MeanInterval",
    "Noise",
    "effect_of_pairs",
    "effect_of_samples",
    "mean_interval",
    "noise_of",
    "quantile_of_t",
]

_MAX_TERMS, _SMALLEST_DENOMINATOR = 500, 1e-300


class MeanInterval(Frozen):
    """The mean of some values, and where the true mean is likely to be.

    Args:
        count: of the values.
        mean: of the values.
        deviation: their standard deviation (of the sample, with n - 1); NaN for one value.
        margin: half the width of the interval; infinite for one value.
    """

    count: int
    mean: float
    deviation: float
    margin: float

    @property
    def low(self) -> float:
        """The lower end of the interval."""
        return self.mean - self.margin

    @property
    def high(self) -> float:
        """The upper end of the interval."""
        return self.mean + self.margin


class Noise(Frozen):
    """The noise of repeated runs: how much their results differ by the seed alone.

    Args:
        deviation: the standard deviation within groups of repeated runs.
        freedom: its degrees of freedom: the number of runs minus the number of groups.
        runs: the number of runs in these groups.
        groups: the number of groups of repeated runs.
    """

    deviation: float
    freedom: int
    runs: int
    groups: int

    def floor(self, alpha: float = 0.05) -> float:
        """The noise floor: runs that differ only in the seed exceed it with probability `alpha`."""
        return quantile_of_t(1 - alpha / 2, self.freedom) * self.deviation * math.sqrt(2)

    def floor_among(self, runs: int, alpha: float = 0.05) -> float:
        """The noise floor for the best of several runs, which was not chosen beforehand.

        Args:
            runs: the number of runs to choose from; for two or fewer, this is `floor`.
            alpha: the highest probability that any two differ by more through the seed alone.
        """
        return self.floor(alpha / max(runs * (runs - 1) // 2, 1))


def mean_interval(values: Sequence[float], alpha: float = 0.05) -> MeanInterval:
    """Return the mean, and the interval that holds the true mean with probability ``1 - alpha``.

    Args:
        values: at least one.
        alpha: from 0 to 1 (default: 0.05).

    Returns:
        the interval; a single value has an infinite margin.

    Raises:
        ValueError: there are no values.

    >>> interval = mean_interval([1, 2, 3, 4])
    >>> interval.mean, round(interval.low, 3), round(interval.high, 3)
    (2.5, 0.446, 4.554)
    """
    if not values:
        raise ValueError("there are no values")
    count = len(values)
    if count == 1:
        return MeanInterval(count=1, mean=float(values[0]), deviation=math.nan, margin=math.inf)
    deviation = math.sqrt(_squares(values) / (count - 1))
    margin = quantile_of_t(1 - alpha / 2, count - 1) * deviation / math.sqrt(count)
    return MeanInterval(count=count, mean=_mean(values), deviation=deviation, margin=margin)


def noise_of(groups: Sequence[Sequence[float]]) -> Noise | None:
    """The noise within groups of repeated runs; None: no group has two values."""
    repeated = [group for group in groups if len(group) > 1]
    freedom = sum(len(group) - 1 for group in repeated)
    if not freedom:
        return None
    deviation = math.sqrt(math.fsum(map(_squares, repeated)) / freedom)
    runs = sum(map(len, repeated))
    return Noise(deviation=deviation, freedom=freedom, runs=runs, groups=len(repeated))


def effect_of_pairs(first: Sequence[float], second: Sequence[float]) -> float | None:
    """Return the mean difference of pairs in standard deviations of the differences (Cohen's d_z).

    None: there is only one pair, or all differences are the same.

    Args:
        first: one value of each pair.
        second: the other, in the same order.
    """
    differences = [a - b for a, b in zip(first, second, strict=True)]
    return _standardized(_mean(differences), _squares(differences), len(differences) - 1, first)


def effect_of_samples(first: Sequence[float], second: Sequence[float]) -> float | None:
    """Return the difference of two means in pooled standard deviations of the values (Cohen's d).

    None: there is only one value on each side, or the values of each side are all the same.

    Args:
        first: at least one value.
        second: likewise.
    """
    difference = _mean(first) - _mean(second)
    freedom = len(first) + len(second) - 2
    return _standardized(difference, _squares(first) + _squares(second), freedom, first)


def _standardized(
    difference: float, squares: float, freedom: int, values: Sequence[float]
) -> float | None:
    if freedom < 1:
        return None
    deviation = math.sqrt(squares / freedom)
    # What rounding leaves of equal values is no deviation.
    if deviation <= 1e-13 * max(map(abs, values)):
        return None
    return difference / deviation


def _mean(values: Sequence[float]) -> float:
    return math.fsum(values) / len(values)


def _squares(values: Sequence[float]) -> float:
    mean = _mean(values)
    return math.fsum((value - mean) * (value - mean) for value in values)


def quantile_of_t(probability: float, freedom: int) -> float:
    """Return a quantile of Student's t distribution.

    Args:
        probability: between 0 and 1, exclusive.
        freedom: degrees of freedom, at least 1.

    Raises:
        ValueError: an argument is out of its range.

    >>> round(quantile_of_t(0.975, 5), 6), round(quantile_of_t(0.025, 5), 6)
    (2.570582, -2.570582)
    """
    if not 0 < probability < 1 or freedom < 1:
        raise ValueError(f"t has no quantile {probability} with {freedom} degrees of freedom")
    if probability < 0.5:
        return -quantile_of_t(1 - probability, freedom)
    if probability == 0.5:
        return 0.0
    # Outside of ±t are 2 * (1 - probability) = I_x(freedom / 2, 1 / 2), x = f / (f + t²).
    wanted = 2 * (1 - probability)
    low, high = 0.0, 1.0
    for _ in range(1100):  # small x have small steps, too
        middle = (low + high) / 2
        if middle in (low, high):
            break
        if _incomplete_beta(middle, freedom / 2, 0.5) < wanted:
            low = middle
        else:
            high = middle
    return math.sqrt(freedom * (1 - high) / high)


def _incomplete_beta(x: float, a: float, b: float) -> float:
    """The regularized incomplete beta function I_x(a, b), for 0 < x < 1."""
    if x > (a + 1) / (a + b + 2):  # the fraction converges fast on the other side
        return 1 - _incomplete_beta(1 - x, b, a)
    scale = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b)
    front = math.exp(scale + a * math.log(x) + b * math.log1p(-x)) / a
    return front * _beta_fraction(x, a, b)


def _beta_fraction(x: float, a: float, b: float) -> float:
    """The continued fraction of the incomplete beta function, by Lentz's method."""
    value = c = 1.0
    d = 1 / _nonzero(1 - (a + b) * x / (a + 1))
    value = d
    for m in range(1, _MAX_TERMS):
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        for term in (even, odd):
            d = 1 / _nonzero(1 + term * d)
            c = _nonzero(1 + term / c)
            value *= c * d
        if abs(c * d - 1) < 1e-15:
            break
    return value


def _nonzero(value: float) -> float:
    return value if abs(value) > _SMALLEST_DENOMINATOR else _SMALLEST_DENOMINATOR
