"""Reduction of many points to a few buckets with first, last and exact extreme values."""

from __future__ import annotations

import bisect
import itertools
import math
import operator
from collections.abc import Sequence

from sacred._base.frozen import Frozen

__all__ = ["Buckets", "between", "bucketed"]


class Buckets(Frozen):
    """Columns of the same length: for each bucket its x, and first, last, lowest, highest value.

    Args:
        x: the x of the first point of each bucket.
        first: the first value of each bucket.
        last: the last value of each bucket.
        low: the smallest value; NaN if there are only NaNs.
        high: the largest value.
        points: the number of all points.
        gaps: the positions of the buckets that have a NaN.
    """

    x: Sequence[float]
    first: Sequence[float]
    last: Sequence[float]
    low: Sequence[float]
    high: Sequence[float]
    points: int
    gaps: Sequence[int] = ()


def bucketed(
    x: Sequence[float],
    y: Sequence[float],
    count: int,
    start: float | None = None,
    end: float | None = None,
) -> Buckets:
    """Put points into buckets of equal width; if there are few, each gets its own.

    Args:
        x: the x of the points, in any order.
        y: the y of the points.
        count: the maximum number of buckets, at least 1.
        start: the smallest wanted x (default: all).
        end: the largest wanted x (default: all).

    >>> found = bucketed(range(6), [3, 1, 2, 9, 7, 8], 2)
    >>> found.x, found.first, found.last, found.low, found.high
    ([0, 3], [3, 9], [2, 8], [1, 7], [3, 9])
    """
    x, y = between(x, y, start, end)
    total = len(x)
    if total <= count:
        gaps = [n for n, value in enumerate(y) if value != value]
        return Buckets(x=x, first=y, last=y, low=y, high=y, points=total, gaps=gaps)
    bounds = _bounds(x, 0, total, count)
    parts = [(a, b) for a, b in itertools.pairwise(bounds) if a < b]
    values = [[value for value in y[a:b] if value == value] for a, b in parts]
    return Buckets(
        x=[x[a] for a, _ in parts],
        first=[y[a] for a, _ in parts],
        last=[y[b - 1] for _, b in parts],
        low=[min(part, default=math.nan) for part in values],
        high=[max(part, default=math.nan) for part in values],
        points=total,
        gaps=[n for n, (a, b) in enumerate(parts) if len(values[n]) < b - a],
    )


def between(
    x: Sequence[float], y: Sequence[float], start: float | None, end: float | None
) -> tuple[list[float], list[float]]:
    """Return points in the order of x, without those whose x is NaN.

    Args:
        x: the x of the points, in any order.
        y: the y of the points.
        start: the smallest wanted x (None: all).
        end: the largest wanted x (None: all).
    """
    x, y = _in_order(x, y)
    left = 0 if start is None else bisect.bisect_left(x, start)
    right = len(x) if end is None else bisect.bisect_right(x, end)
    return (x, y) if right - left == len(x) else (x[left:right], y[left:right])


def _in_order(x: Sequence[float], y: Sequence[float]) -> tuple[list[float], list[float]]:
    ascending = all(map(operator.le, x, itertools.islice(x, 1, None)))  # never so with a NaN
    if ascending and not (len(x) == 1 and math.isnan(x[0])):
        return list(x), list(y)
    pairs = list(zip(x, y, strict=True))
    if any(math.isnan(place) for place in x):
        pairs = [pair for pair in pairs if pair[0] == pair[0]]
    if any(a[0] > b[0] for a, b in itertools.pairwise(pairs)):
        pairs.sort(key=lambda pair: pair[0])
    return [pair[0] for pair in pairs], [pair[1] for pair in pairs]


def _bounds(x: Sequence[float], left: int, right: int, count: int) -> list[int]:
    first, last = x[left], x[right - 1]
    width = (last - first) / count
    if not math.isfinite(width) or width <= 0:
        # All at one place, or infinitely far: as many points in each.
        size = (right - left) / count
        return [left + round(n * size) for n in range(count)] + [right]
    inner = (bisect.bisect_left(x, first + n * width, left, right) for n in range(1, count))
    return [left, *inner, right]
