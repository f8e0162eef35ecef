"""Curves of metrics as SVG, for pages that need no network."""

from __future__ import annotations

import html
import math
from collections.abc import Iterable, Sequence
from typing import Any

from sacred._base.frozen import Frozen
from sacred.display.axis import axis_range, ticks
from sacred.display.plot import Point, finite_point

__all__ = ["Curve", "LineStyle", "downsample", "draw_curves", "line_style"]

#: Colours that most people can tell apart, on white and on black (the first ones are of Okabe and
#: Ito).
_COLOURS = (
    "#0072b2",
    "#e69f00",
    "#009e73",
    "#d55e00",
    "#cc79a7",
    "#56b4e9",
    "#b8a800",
    "#7a7a7a",
    "#7e4fc4",
    "#8c5a3c",
)
#: When all colours have been used: the next ones are mixed with this grey level in this share,
#: and their lines are broken so.
_ROUNDS = ((0, 0.0, ""), (255, 0.35, "7 3"), (0, 0.35, "2 3"), (255, 0.55, "9 3 2 3"))

_WIDTH, _HEIGHT = 560, 260
_LEFT, _RIGHT, _TOP, _BOTTOM = 64, 12, 10, 40
#: How many points of a curve are drawn; more cannot be distinguished.
_MAX_POINTS = 600
#: As many names of runs as fit below a plot of single points.
_MAX_NAMES = 30


class LineStyle(Frozen):
    """How a curve is drawn: its colour, and the lengths of dashes and gaps (empty: solid)."""

    colour: str
    dashes: str


class Curve(Frozen):
    """A line of a plot.

    Args:
        number: the number of the run in the page.
        name: the name of the run.
        label: the text to show for the run when the pointer is on the line.
        points: steps and values.
    """

    number: int
    name: str
    label: str
    points: Sequence[Point]


def line_style(number: int) -> LineStyle:
    """Return the style of a run's curves; forty runs have different ones.

    >>> len({(line_style(n).colour, line_style(n).dashes) for n in range(40)})
    40
    """
    level, share, dashes = _ROUNDS[number // len(_COLOURS) % len(_ROUNDS)]
    colour = _COLOURS[number % len(_COLOURS)]
    parts = [int(colour[i : i + 2], 16) for i in (1, 3, 5)]
    mixed = (round(part + (level - part) * share) for part in parts)
    return LineStyle(colour="#" + "".join(f"{part:02x}" for part in mixed), dashes=dashes)


def draw_curves(lines: Sequence[Curve], noise: float | None = None) -> str:
    """Return a plot of some curves as SVG; empty if there is nothing to draw.

    Runs with one point each are placed side by side, because they have no curve.

    Args:
        lines: the curves.
        noise: the difference that seeds alone cause, drawn as a bar of that height; None if
            unknown.
    """
    lines = [line for line in lines if line.points]
    if not lines:
        return ""
    are_single = all(len(line.points) == 1 for line in lines)
    if are_single:
        lines = [_moved(line, float(n)) for n, line in enumerate(lines)]
    points = [point for line in lines for point in line.points]
    left, right = (-0.5, len(lines) - 0.5) if are_single else axis_range(x for x, _ in points)
    low, high = axis_range((y for _, y in points), margin=0.04)

    def place(x: float, y: float) -> Point:
        across = (x / 2 - left / 2) / (right / 2 - left / 2)  # halves cannot overflow
        up = (y / 2 - low / 2) / (high / 2 - low / 2)
        return (
            _LEFT + across * (_WIDTH - _LEFT - _RIGHT),
            _HEIGHT - _BOTTOM - up * (_HEIGHT - _TOP - _BOTTOM),
        )

    box = f"{_LEFT} {_WIDTH - _RIGHT} {_TOP} {_HEIGHT - _BOTTOM}"
    parts = [
        f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" data-box="{box}" '
        f'data-range="{left!r} {right!r} {low!r} {high!r}"'
        f"{' data-single' if are_single else ''}>"
    ]
    for value in ticks(low, high):
        parts.append(_horizontal(place(left, value)[1], f"{value:.6g}"))
    if are_single:
        parts += _names(lines, place(0, low)[0], place(1, low)[0])
    else:
        are_whole = all(x.is_integer() for x, _ in points) and right - left >= 1
        for value in ticks(left, right, most=7, whole=are_whole):
            parts.append(_vertical(place(value, low)[0], f"{value:.6g}"))
        parts.append(_text(_WIDTH - _RIGHT, _HEIGHT - 6, "end", "step"))
    parts += [_line(line, [place(*point) for point in line.points]) for line in lines]
    if noise is not None:
        parts.append(_noise_bar(noise, high / 2 - low / 2))
    return "\n".join([*parts, "</svg>"])


def _moved(line: Curve, x: float) -> Curve:
    return Curve(
        number=line.number, name=line.name, label=line.label, points=[(x, line.points[0][1])]
    )


def _line(line: Curve, places: Sequence[Point]) -> str:
    label = f"<title>{html.escape(line.label)}</title>"
    style = line_style(line.number)
    run = f'class="curve" data-run="{line.number}"'
    if len(places) == 1:
        x, y = places[0]
        return (
            f'<circle {run} cx="{x:.1f}" cy="{y:.1f}" r="4" fill="{style.colour}">{label}</circle>'
        )
    text = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    dashes = f' stroke-dasharray="{style.dashes}"' if style.dashes else ""
    return f'<polyline {run} points="{text}" stroke="{style.colour}"{dashes}>{label}</polyline>'


def _noise_bar(noise: float, half_range: float) -> str:
    room = _HEIGHT - _TOP - _BOTTOM
    height = min(noise / 2 / half_range, 1.0) * room
    x, y = _WIDTH - _RIGHT + 3, _TOP + (room - height) / 2
    title = f"<title>noise floor {noise:.3g}</title>"
    return f'<rect class="noise" x="{x}" y="{y:.1f}" width="6" height="{height:.1f}">{title}</rect>'


def _names(lines: Sequence[Curve], first: float, second: float) -> Iterable[str]:
    if len(lines) <= _MAX_NAMES:
        for n, line in enumerate(lines):
            x, y = first + n * (second - first), _HEIGHT - _BOTTOM + 16
            yield _text(x, y, "middle", html.escape(line.name[:12]))
    yield _text(_WIDTH - _RIGHT, _HEIGHT - 6, "end", "run")


def _horizontal(y: float, label: str) -> str:
    return (
        f'<line x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'
        f"{_text(_LEFT - 6, y + 4, 'end', label)}"
    )


def _vertical(x: float, label: str) -> str:
    bottom = _HEIGHT - _BOTTOM
    return (
        f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{bottom}" y2="{bottom + 4}"/>'
        f"{_text(x, bottom + 17, 'middle', label)}"
    )


def _text(x: float, y: float, anchor: str, text: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{text}</text>'


def downsample(points: Iterable[tuple[Any, Any]], most: int = _MAX_POINTS) -> list[Point]:
    """Return at most `most` points that look like all points: the extremes of each interval.

    Points that are not finite numbers are left out.

    Args:
        points: pairs of numbers, in the order of the first.
        most: the maximum number of points.

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
