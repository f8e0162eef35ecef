"""Round numbers for the marks of an axis."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterable

__all__ = ["axis_range", "ticks"]

_STEPS = (1, 2, 2.5, 5, 10)


def axis_range(values: Iterable[float], margin: float = 0.0) -> tuple[float, float]:
    """Return the smallest and largest value; if they are equal, a range around them.

    Args:
        values: finite numbers.
        margin: the share of the range that is added at both ends.

    >>> axis_range([3, 1, 2]), axis_range([4.0])
    ((1.0, 3.0), (2.0, 6.0))
    """
    known = list(values)
    low, high = min(known), max(known)
    if low < high:
        room = (high - low) * margin
        return (low - room, high + room) if math.isfinite(low - room + high) else (low, high)
    room = abs(low) / 2 or 1.0
    largest = sys.float_info.max
    return max(low - room, -largest), min(high + room, largest)


def ticks(low: float, high: float, most: int = 5, whole: bool = False) -> list[float]:
    """Return round numbers between two values, inclusive.

    Args:
        low: the smallest value.
        high: the largest.
        most: the maximum number of numbers.
        whole: whether only integers are allowed.

    >>> ticks(0.13, 0.97)
    [0.25, 0.5, 0.75]
    >>> ticks(0, 19, whole=True), ticks(0, 3, whole=True)
    ([0, 5, 10, 15], [0, 1, 2, 3])
    """
    span = high - low
    if not math.isfinite(span) or span <= 0:
        return [low, high] if low < high else [low]
    step = span / max(most - 1, 1)
    power = 10.0 ** math.floor(math.log10(step)) if step > sys.float_info.min else 0.0
    step = next((power * s for s in _STEPS if power * s >= step * (1 - 1e-9)), 0.0)
    if whole:
        step = max(1.0, math.ceil(step))
    if step <= 0 or low + step == low:
        return [low, high]
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    # Not by adding up: that would collect errors.
    found = [float(f"{number * step:.12g}") for number in range(first, last + 1)]
    return [int(t) for t in found] if whole else found
