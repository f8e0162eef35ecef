"""A small picture of a curve."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

__all__ = ["finite_float", "sparkline"]

_WIDTH, _HEIGHT = 120, 24


def finite_float(value: object) -> float | None:
    """Return the value as a finite float; None if it is not one, or is too large.

    >>> finite_float(3), finite_float("x"), finite_float(10**400), finite_float(math.inf)
    (3.0, None, None, None)
    """
    try:
        number = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def sparkline(values: Sequence[Any]) -> str:
    """Return a small curve as SVG; empty if there are fewer than two finite numbers.

    >>> sparkline([1]), sparkline([0, 1]).count("polyline")
    ('', 1)
    """
    found = [finite_float(value) for value in values if isinstance(value, int | float)]
    numbers = [number for number in found if number is not None]
    if len(numbers) < 2:
        return ""
    low, high = min(numbers), max(numbers)
    span = high / 2 - low / 2 or 1.0  # halves cannot overflow
    step = (_WIDTH - 2) / (len(numbers) - 1)
    points = " ".join(
        f"{1 + n * step:.1f},{_HEIGHT - 2 - (y / 2 - low / 2) / span * (_HEIGHT - 4):.1f}"
        for n, y in enumerate(numbers)
    )
    return (
        f'<svg width="{_WIDTH}" height="{_HEIGHT}" viewBox="0 0 {_WIDTH} {_HEIGHT}">'
        f'<polyline points="{points}" fill="none" stroke="#0072b2" stroke-width="1.5"/></svg>'
    )
