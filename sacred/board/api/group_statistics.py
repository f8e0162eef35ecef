"""The mean curve of several runs: at each x, the mean over all members with a value there.

First the mean of each member in each bucket of x, then the statistics over the members: a member
that logs more often than the others weighs no more. Where a member has no finite point it is left
out, so it says nothing beyond its last x.
"""

from __future__ import annotations

import bisect
import itertools
import math
from collections.abc import Mapping, Sequence
from typing import Literal

from sacred._base.frozen import Frozen
from sacred.statistics.student import quantile_of_t

__all__ = ["STATISTICS", "Band", "Statistic", "band_of"]

Statistic = Literal["ci", "std", "sem", "range"]
STATISTICS: tuple[Statistic, ...] = ("ci", "std", "sem", "range")

#: x and y of a member, in the order of x.
Curve = tuple[Sequence[float], Sequence[float]]


class Band(Frozen):
    """Columns of the same length.

    Args:
        x: the x of each bucket: its only x, or its middle.
        count: the number of members with a finite point there.
        mean: the mean over these members.
        low: the lower end of the band; NaN for a single member, which has no spread.
        high: the upper end.
    """

    x: Sequence[float]
    count: Sequence[float]
    mean: Sequence[float]
    low: Sequence[float]
    high: Sequence[float]


def band_of(members: Sequence[Curve], most: int, statistic: Statistic = "ci") -> Band:
    """Return the mean of some curves, and the spread around it.

    Args:
        members: the members of the group; points that are not finite are left out.
        most: the maximum number of buckets.
        statistic: what the band shows: the 95 % interval of the mean by Student's t (``ci``), one
            standard deviation (``std``) or one standard error (``sem``) on either side, or the
            range from the smallest to the largest member (``range``).

    >>> band = band_of([([0, 1, 2], [1, 2, 3]), ([0, 1], [3, 4])], 10, "range")
    >>> band.x, band.count, band.mean, band.high
    ([0, 1, 2], [2, 2, 1], [2.0, 3.0, 3.0], [3.0, 4.0, nan])
    """
    curves = [curve for curve in map(_finite, members) if curve[0]]
    if not curves:
        return Band(x=[], count=[], mean=[], low=[], high=[])
    places, edges = _buckets(curves, most)
    parts = [_means(curve, edges) for curve in curves]
    found = [
        (place, values)
        for n, place in enumerate(places)
        if (values := [part[n] for part in parts if n in part])
    ]
    # A quantile takes a while; few numbers of members are met.
    counts = {len(values) for _, values in found}
    widths = {count: _width(count, statistic) for count in counts if count > 1}
    rows = [(place, *_spread(values, widths)) for place, values in found]
    x, count, mean, low, high = map(list, zip(*rows, strict=True))
    return Band(x=x, count=count, mean=mean, low=low, high=high)


def _finite(curve: Curve) -> tuple[list[float], list[float]]:
    if all(map(math.isfinite, curve[1])):
        return list(curve[0]), list(curve[1])
    pairs = [pair for pair in zip(*curve, strict=True) if math.isfinite(pair[1])]
    return [pair[0] for pair in pairs], [pair[1] for pair in pairs]


def _buckets(curves: Sequence[Curve], most: int) -> tuple[list[float], list[float]]:
    """The x of each bucket, and where each begins.

    Members that have their points at the same x are compared there. Else, buckets are so wide that
    each member has a point in most of those that it reaches.
    """
    own = [set(x) for x, _ in curves]
    shared = set().union(*own)
    if len(shared) <= most and len(shared) == max(map(len, own)):
        places = sorted(shared)
        return places, places
    low, high = min(shared), max(shared)
    width = (high - low) / most
    for x, xs in zip((curve[0] for curve in curves), own, strict=True):
        if len(xs) > 1:
            width = max(width, (x[-1] - x[0]) / (len(xs) - 1))
    count = max(1, min(most, math.ceil((high - low) / width))) if width > 0 else 1
    width = (high - low) / count
    edges = [low + n * width for n in range(count)]
    return [edge + width / 2 for edge in edges], edges


def _means(curve: Curve, edges: Sequence[float]) -> dict[int, float]:
    """The mean of a member in each bucket in which it has points."""
    x, y = curve
    bounds = [bisect.bisect_left(x, edge) for edge in edges] + [len(x)]
    return {
        n: math.fsum(y[a:b]) / (b - a)
        for n, (a, b) in enumerate(itertools.pairwise(bounds))
        if a < b
    }


def _width(count: int, statistic: Statistic) -> float:
    """Half the width of the band in standard deviations; NaN: it goes to the extremes."""
    if statistic == "std":
        return 1
    if statistic == "range":
        return math.nan
    quantile = 1 if statistic == "sem" else quantile_of_t(0.975, count - 1)
    return quantile / math.sqrt(count)


def _spread(
    values: Sequence[float], widths: Mapping[int, float]
) -> tuple[float, float, float, float]:
    """How many values, their mean, and the ends of the band."""
    count = len(values)
    mean = math.fsum(values) / count
    if count == 1:
        return 1, mean, math.nan, math.nan
    width = widths[count]
    if math.isnan(width):
        return count, mean, min(values), max(values)
    squares = math.fsum((value - mean) * (value - mean) for value in values)
    margin = width * math.sqrt(squares / (count - 1))
    return count, mean, mean - margin, mean + margin
