"""Curves of metrics as SVG, for pages that need no script and no network."""

from __future__ import annotations

import html
import math
import sys
from collections.abc import Iterable, Sequence
from typing import Any

from sacred._base.frozen import Frozen
from sacred.display.plot import Point, finite_point

__all__ = ["COLOURS", "Curve", "downsample", "draw_curves"]

#: Colours that most people can tell apart, on white and on black (Okabe and Ito).
COLOURS = ("#0072b2", "#e69f00", "#009e73", "#d55e00", "#cc79a7", "#56b4e9", "#b8a800", "#7a7a7a")

_WIDTH, _HEIGHT = 560, 240
_LEFT, _RIGHT, _TOP, _BOTTOM = 64, 12, 10, 26
#: How many points of a curve are drawn; more cannot be told apart.
_MAX_POINTS = 600


class Curve(Frozen):
    """A line of a plot.

    Args:
        label: of the run.
        points: steps and values.
        colour: of the line.
    """

    label: str
    points: Sequence[Point]
    colour: str


def draw_curves(lines: Sequence[Curve]) -> str:
    """Return a plot of some curves as SVG; empty if there is nothing to draw."""
    points = [point for line in lines for point in line.points]
    if not points:
        return ""
    left, right = _range(x for x, _ in points)
    low, high = _range(y for _, y in points)

    def place(point: Point) -> tuple[float, float]:
        across = (point[0] / 2 - left / 2) / (right / 2 - left / 2)  # halves cannot overflow
        up = (point[1] / 2 - low / 2) / (high / 2 - low / 2)
        return (
            _LEFT + across * (_WIDTH - _LEFT - _RIGHT),
            _HEIGHT - _BOTTOM - up * (_HEIGHT - _TOP - _BOTTOM),
        )

    parts = [f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img">']
    parts += _axes(left, right, low, high)
    for line in lines:
        parts.append(_line(line, [place(point) for point in line.points]))
    return "\n".join([*parts, "</svg>"])


def _line(line: Curve, places: Sequence[tuple[float, float]]) -> str:
    label = f"<title>{html.escape(line.label)}</title>"
    if len(places) == 1:
        x, y = places[0]
        return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{line.colour}">{label}</circle>'
    text = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    return f'<polyline points="{text}" stroke="{line.colour}">{label}</polyline>'


def _axes(left: float, right: float, low: float, high: float) -> list[str]:
    bottom = _HEIGHT - _BOTTOM
    parts = []
    for part in (0.0, 0.5, 1.0):
        y = bottom - part * (bottom - _TOP)
        value = low / 2 + (high / 2 - low / 2) * part + low / 2 + (high / 2 - low / 2) * part
        parts.append(f'<line x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>')
        parts.append(f'<text x="{_LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{value:.4g}</text>')
    for x, anchor, value in ((_LEFT, "start", left), (_WIDTH - _RIGHT, "end", right)):
        parts.append(f'<text x="{x}" y="{_HEIGHT - 8}" text-anchor="{anchor}">{value:.6g}</text>')
    return parts


def _range(values: Iterable[float]) -> tuple[float, float]:
    known = list(values)
    low, high = min(known), max(known)
    if low < high:
        return low, high
    # One value: in the middle, unless there is no number so far beyond it.
    room = abs(low) or 1.0
    largest = sys.float_info.max
    return max(low - room, -largest), min(high + room, largest)


def downsample(points: Iterable[tuple[Any, Any]], most: int = _MAX_POINTS) -> list[Point]:
    """Return at most `most` points that look like all of them: the extremes of each interval.

    Points that are not finite numbers are left out.

    >>> downsample([(0, 1), (1, float("nan")), (2, 3)])
    [(0.0, 1.0), (2.0, 3.0)]
    >>> len(downsample(((x, x % 7) for x in range(10_000)), most=100)) <= 100
    True
    """
    known = [point for point in map(finite_point, points) if point]
    if len(known) <= most:
        return known
    length = math.ceil(len(known) / (most // 2))
    kept = []
    for start in range(0, len(known), length):
        stretch = known[start : start + length]
        extremes = {min(stretch, key=_height), max(stretch, key=_height)}
        kept += sorted(extremes)
    return kept


def _height(point: Point) -> float:
    return point[1]
