"""Curves drawn with braille characters, which have eight dots each."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Sequence

from sacred.records.sparkline import finite_float

__all__ = ["PlotLine", "Point", "finite_point", "plot_curves"]

#: The bits of the dots of a braille character: column → row from the top → bit.
_DOTS = ((0x01, 0x02, 0x04, 0x40), (0x08, 0x10, 0x20, 0x80))
_BRAILLE = 0x2800

Point = tuple[float, float]
#: Pieces of a line, each with the number of the curve that it belongs to (None: to no one).
PlotLine = list[tuple[str, "int | None"]]


def plot_curves(
    curves: Sequence[Iterable[tuple[object, object]]],
    width: int = 72,
    height: int = 12,
    log: bool = False,
    marks: str = "",
) -> list[PlotLine]:
    """Return the lines of a plot of several curves; none if there are no points to draw.

    Args:
        curves: pairs of step and value; pairs without two finite numbers are left out.
        width: the width of the lines in characters, including labels.
        height: the number of lines for the curves.
        log: whether values are on a logarithmic scale, without those that are not positive.
        marks: a character for each curve; if empty, braille dots, which only colours tell
            apart.

    >>> for line in plot_curves([[(0, 0), (1, 1), (2, 4), (3, 9)]], width=14, height=3):
    ...     print("".join(text for text, _ in line))
     9 ┤⠀⠀⠀⠀⠀⠀⠀⡠⠊
       │⠀⠀⠀⠀⠀⡠⠊⠀⠀
     0 ┤⣀⡠⠤⠔⠉⠀⠀⠀⠀
        0       3
    """
    known = [
        [p for p in map(finite_point, points) if p and (not log or p[1] > 0)] for points in curves
    ]
    everything = [point for points in known for point in points]
    if not everything:
        return []
    labels = [f"{y:.4g}" for y in (f(y for _, y in everything) for f in (max, min))]
    if log:
        known = [[(x, math.log10(y)) for x, y in points] for points in known]
        everything = [point for points in known for point in points]
    (left, right), (low, high) = (
        (min(values), max(values)) for values in zip(*everything, strict=True)
    )
    margin = max(map(len, labels)) + 2
    canvas = _Canvas(max(width - margin - 2, 8), height, marks)
    for number, points in enumerate(known):
        canvas.draw(number, points, (left, right), (low, high))
    return _add_axes(canvas, labels, margin, left, right)


def _add_axes(
    canvas: _Canvas, labels: Sequence[str], margin: int, first: float, last: float
) -> list[PlotLine]:
    tick, bar = ("+", "|") if canvas.marks else ("┤", "│")
    rows = canvas.rows()
    lines: list[PlotLine] = []
    for number, row in enumerate(rows):
        label = labels[0] if number == 0 else labels[1] if number == len(rows) - 1 else ""
        lines.append([(f"{label:>{margin - 1}} {tick if label else bar}", None), *row])
    left, right = f"{first:.6g}", f"{last:.6g}" if last > first else ""
    gap = max(canvas.width - len(left) - len(right), 1)
    lines.append([(f"{' ' * (margin + 1)}{left}{' ' * gap}{right}".rstrip(), None)])
    return lines


def finite_point(point: tuple[object, object]) -> Point | None:
    """Return step and value as floats, or None if one of them is not a finite number."""
    step, value = map(finite_float, point)
    return None if step is None or value is None else (step, value)


class _Canvas:
    """Dots of several curves, two by four in a character; or a character for each curve."""

    def __init__(self, width: int, height: int, marks: str) -> None:
        self.width = width
        self.height = height
        self.marks = marks
        self.across, self.down = (1, 1) if marks else (2, 4)
        self._cells = [[0] * width for _ in range(height)]
        self._owners: list[list[int | None]] = [[None] * width for _ in range(height)]

    def draw(
        self,
        number: int,
        points: Sequence[Point],
        across: tuple[float, float],
        up: tuple[float, float],
    ) -> None:
        """Draw a line from point to point; the ranges are those of the whole plot."""
        columns, rows = self.width * self.across, self.height * self.down

        def place(point: Point) -> tuple[int, int]:
            x, y = point
            return _scale(x, *across, columns - 1), rows - 1 - _scale(y, *up, rows - 1)

        before: tuple[int, int] | None = None
        for here in map(place, points):
            self._line(number, before or here, here)
            before = here

    def rows(self) -> list[PlotLine]:
        """The lines in pieces; neighbours of the same curve are one piece."""
        lines = []
        for cells, owners in zip(self._cells, self._owners, strict=True):
            pairs = zip(owners, map(self._character, cells, owners), strict=True)
            groups = itertools.groupby(pairs, key=lambda pair: pair[0])
            lines.append([("".join(text for _, text in group), owner) for owner, group in groups])
        return lines

    def _character(self, cell: int, owner: int | None) -> str:
        if self.marks:
            return " " if owner is None else self.marks[owner % len(self.marks)]
        return chr(_BRAILLE | cell)

    def _line(self, number: int, start: tuple[int, int], stop: tuple[int, int]) -> None:
        steps = max(abs(stop[0] - start[0]), abs(stop[1] - start[1]), 1)
        for step in range(steps + 1):
            part = step / steps
            column = round(start[0] + (stop[0] - start[0]) * part)
            row = round(start[1] + (stop[1] - start[1]) * part)
            dot = _DOTS[column % self.across][row % self.down]
            line, cell = row // self.down, column // self.across
            self._cells[line][cell] |= dot
            self._owners[line][cell] = number


def _scale(value: float, low: float, high: float, most: int) -> int:
    if high <= low:
        return most // 2
    return round((value / 2 - low / 2) / (high / 2 - low / 2) * most)  # halves cannot overflow
