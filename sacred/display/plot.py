"""Curves drawn with braille characters, eight dots each."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

__all__ = ["Point", "finite_point", "plot_lines"]

#: The bits of the dots of a braille character: column → row from the top → bit.
_DOTS = ((0x01, 0x02, 0x04, 0x40), (0x08, 0x10, 0x20, 0x80))
_BRAILLE = 0x2800

Point = tuple[float, float]


def plot_lines(
    points: Iterable[tuple[object, object]],
    width: int = 72,
    height: int = 12,
    log: bool = False,
    ascii_only: bool = False,
) -> list[str]:
    """Return the lines of a plot; none if there are no points to draw.

    Args:
        points: steps and values; those that are not finite numbers are left out.
        width: of the lines in characters, labels included.
        height: lines of the curve itself.
        log: draw values on a logarithmic scale; those that are not positive are left out.
        ascii_only: draw with ``*``.

    >>> for line in plot_lines([(0, 0), (1, 1), (2, 4), (3, 9)], width=14, height=3):
    ...     print(line)
     9 ┤⠀⠀⠀⠀⠀⠀⠀⡠⠊
       │⠀⠀⠀⠀⠀⡠⠊⠀⠀
     0 ┤⣀⡠⠤⠔⠉⠀⠀⠀⠀
        0       3
    """
    known = [point for point in map(finite_point, points) if point and (not log or point[1] > 0)]
    if not known:
        return []
    heights = [y for _, y in known]
    labels = [f"{y:.4g}" for y in (max(heights), min(heights))]
    if log:
        known = [(x, math.log10(y)) for x, y in known]
        heights = [y for _, y in known]
    low, high = min(heights), max(heights)
    margin = max(map(len, labels)) + 2
    canvas = _Canvas(max(width - margin - 2, 8), height, ascii_only)
    canvas.draw(known, low, high)
    return _add_axes(canvas, labels, margin, known[0][0], known[-1][0])


def _add_axes(
    canvas: _Canvas, labels: Sequence[str], margin: int, first: float, last: float
) -> list[str]:
    tick, bar = ("+", "|") if canvas.ascii_only else ("┤", "│")
    rows = canvas.rows()
    lines = []
    for number, row in enumerate(rows):
        label = labels[0] if number == 0 else labels[1] if number == len(rows) - 1 else ""
        lines.append(f"{label:>{margin - 1}} {tick if label else bar}{row}")
    left, right = f"{first:.6g}", f"{last:.6g}"
    gap = max(canvas.width - len(left) - len(right), 1)
    lines.append(f"{' ' * (margin + 1)}{left}{' ' * gap}{right}")
    return lines


def finite_point(point: tuple[object, object]) -> Point | None:
    """Return step and value as floats, or None if one of them is not a finite number."""
    x, y = point
    try:
        step, value = float(x), float(y)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return None
    return (step, value) if math.isfinite(step) and math.isfinite(value) else None


class _Canvas:
    """Dots, two by four in a character."""

    def __init__(self, width: int, height: int, ascii_only: bool) -> None:
        self.width = width
        self.height = height
        self.ascii_only = ascii_only
        self.across, self.down = (1, 1) if ascii_only else (2, 4)
        self._cells = [[0] * width for _ in range(height)]

    def draw(self, points: Sequence[Point], low: float, high: float) -> None:
        """A line from point to point."""
        columns, rows = self.width * self.across, self.height * self.down
        left, right = min(x for x, _ in points), max(x for x, _ in points)

        def place(point: Point) -> tuple[int, int]:
            x, y = point
            column = _scale(x, left, right, columns - 1)
            return column, rows - 1 - _scale(y, low, high, rows - 1)

        before: tuple[int, int] | None = None
        for here in map(place, points):
            self._line(before or here, here)
            before = here

    def rows(self) -> list[str]:
        """The lines."""
        if self.ascii_only:
            return ["".join("*" if cell else " " for cell in row) for row in self._cells]
        return ["".join(chr(_BRAILLE | cell) for cell in row) for row in self._cells]

    def _line(self, start: tuple[int, int], stop: tuple[int, int]) -> None:
        steps = max(abs(stop[0] - start[0]), abs(stop[1] - start[1]), 1)
        for step in range(steps + 1):
            part = step / steps
            column = round(start[0] + (stop[0] - start[0]) * part)
            row = round(start[1] + (stop[1] - start[1]) * part)
            dot = _DOTS[column % self.across][row % self.down]
            self._cells[row // self.down][column // self.across] |= dot


def _scale(value: float, low: float, high: float, most: int) -> int:
    if high <= low:
        return most // 2
    return round((value / 2 - low / 2) / (high / 2 - low / 2) * most)  # halves cannot overflow
