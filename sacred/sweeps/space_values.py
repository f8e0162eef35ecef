"""Functions that make the values of a search space in Python.

Some have the names of built-in functions, so use them as ``sweeps.int(1, 8)``::

    from sacred import sweeps

    @ex.search_space
    def space():
        lr = sweeps.loguniform(1e-5, 1e-1)
        layers = sweeps.int(1, 8)
        optimizer = sweeps.choice("adam", "sgd")
"""

from __future__ import annotations

from typing import Any

from sacred.sweeps.dimensions import Dimension, distribution_or_axis

__all__ = [
    "choice",
    "int",
    "linspace",
    "logint",
    "logspace",
    "loguniform",
    "normal",
    "range",
    "uniform",
]  # fmt: skip


def choice(*values: Any) -> Dimension:
    """One of the given values; a single list is taken as the list of values."""
    return distribution_or_axis("", "choice", values)


def uniform(low: float, high: float, step: float | None = None) -> Dimension:
    """A number between two bounds.

    Args:
        low: the lower bound.
        high: the upper bound.
        step: only `low` plus multiples of it.
    """
    return distribution_or_axis("", "uniform", (low, high), step)


def loguniform(low: float, high: float) -> Dimension:
    """A number between two bounds, with an evenly distributed logarithm.

    Args:
        low: the lower bound, above 0.
        high: the upper bound.
    """
    return distribution_or_axis("", "loguniform", (low, high))


def int(low: float, high: float, step: float | None = None) -> Dimension:
    """An integer between two bounds.

    Args:
        low: the lower bound.
        high: the upper bound.
        step: only `low` plus multiples of it.
    """
    return distribution_or_axis("", "int", (low, high), step)


def logint(low: float, high: float) -> Dimension:
    """An integer between two bounds, with an evenly distributed logarithm.

    Args:
        low: the lower bound, above 0.
        high: the upper bound.
    """
    return distribution_or_axis("", "logint", (low, high))


def normal(mean: float, deviation: float) -> Dimension:
    """A number from a normal distribution.

    Args:
        mean: its mean.
        deviation: its standard deviation, above 0.
    """
    return distribution_or_axis("", "normal", (mean, deviation))


def range(*bounds: Any) -> Dimension:
    """All integers of Python's `range` with these arguments."""
    return distribution_or_axis("", "range", bounds)


def linspace(start: float, stop: float, count: Any) -> Dimension:
    """Evenly spaced numbers.

    Args:
        start: the first one.
        stop: the last one.
        count: how many.

    >>> str(linspace(0, 1, 3))
    ': 0.0, 0.5, 1.0'
    """
    return distribution_or_axis("", "linspace", (start, stop, count))


def logspace(start: float, stop: float, count: Any) -> Dimension:
    """Powers of ten with evenly spaced exponents, as in numpy.

    Args:
        start: the exponent of the first one.
        stop: the exponent of the last one.
        count: how many.
    """
    return distribution_or_axis("", "logspace", (start, stop, count))
